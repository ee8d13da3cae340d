package io.bierelay.tls;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits PEM text (RFC 7468) into its blocks, and is strict about what stands between them.
 *
 * <p>The RFC lets a reader skip any text outside of a block; then a certificate whose first line
 * was damaged would silently be missing. Only what tools write as comments is skipped here.
 */
final class Pem {

  private static final Pattern BEGIN = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----");

  /** What openssl and keytool write around blocks; indented lines go with them. */
  private static final Pattern COMMENT =
      Pattern.compile(
          "|#.*|\\s.*|(subject|issuer)\\s*=.*|Bag Attributes.*|Key Attributes.*|Certificate:");

  private Pem() {}

  /**
   * One block.
   *
   * @param label such as {@code CERTIFICATE}
   * @param line where it begins, from 1 on
   * @param legacyEncrypted encrypted in the way that RFC 1421 headers tell
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed over once; never compared, never a key.
  record Block(String label, byte[] der, int line, boolean legacyEncrypted) {
    boolean isCertificate() {
      return label.equals("CERTIFICATE")
          || label.equals("X509 CERTIFICATE")
          || label.equals("TRUSTED CERTIFICATE");
    }

    boolean isPrivateKey() {
      return label.endsWith("PRIVATE KEY");
    }
  }

  /** What is wrong with a text, and where; the message never quotes it. */
  static final class PemException extends Exception {

    private static final long serialVersionUID = 1L;

    PemException(String message) {
      super(message);
    }
  }

  /** All blocks in their order. */
  static List<Block> parse(String text) throws PemException {
    List<Block> blocks = new ArrayList<>();
    String[] lines = text.split("\r\n|\n|\r", -1);
    int at = 0;
    while (at < lines.length) {
      String line = at == 0 && lines[0].startsWith("\uFEFF") ? lines[0].substring(1) : lines[at];
      Matcher begin = BEGIN.matcher(line.strip());
      if (begin.matches()) {
        int end = endOf(lines, at, begin.group(1));
        blocks.add(block(lines, at, end, begin.group(1)));
        at = end + 1;
      } else if (COMMENT.matcher(line).matches()) {
        at++;
      } else {
        throw new PemException(
            "line %d is neither part of a certificate or key nor a comment; remove it, or mend the"
                    .formatted(at + 1)
                + " -----BEGIN line that it belongs to");
      }
    }
    return blocks;
  }

  private static int endOf(String[] lines, int begin, String label) throws PemException {
    for (int i = begin + 1; i < lines.length; i++) {
      String line = lines[i].strip();
      if (line.equals("-----END " + label + "-----")) {
        return i;
      }
      if (line.startsWith("-----")) {
        break;
      }
    }
    throw new PemException(
        "the block '%s' that begins in line %d does not end; the file is cut off or damaged: get it again"
            .formatted(label, begin + 1));
  }

  private static Block block(String[] lines, int begin, int end, String label) throws PemException {
    StringBuilder base64 = new StringBuilder();
    boolean encrypted = false;
    for (int i = begin + 1; i < end; i++) {
      String line = lines[i].strip();
      if (line.contains(":")) {
        encrypted |= line.startsWith("Proc-Type:") && line.contains("ENCRYPTED");
      } else {
        base64.append(line);
      }
    }
    try {
      return new Block(label, Base64.getDecoder().decode(base64.toString()), begin + 1, encrypted);
    } catch (IllegalArgumentException e) {
      throw new PemException(
          "the block '%s' that begins in line %d is not base64; the file is damaged: get it again"
              .formatted(label, begin + 1));
    }
  }
}
