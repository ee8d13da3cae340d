package io.bierelay.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Forms of a file of keys or certificates. */
public enum StoreForm {
  /** By the file's content. */
  AUTO,
  /** Text, with -----BEGIN lines. */
  PEM,
  /** Binary, usually with a password. */
  PKCS12,
  /** Java's own former form. */
  JKS;

  private static final byte[] JKS_MAGIC = {(byte) 0xFE, (byte) 0xED, (byte) 0xFE, (byte) 0xED};

  /** The form of a file, by its content unless this one says it; of one that can't be read: PEM. */
  public StoreForm of(Path file) {
    try {
      return this == AUTO ? of(Files.readAllBytes(file)) : this;
    } catch (IOException e) {
      return PEM; // Whoever opens it will say what is wrong.
    }
  }

  /** The form of what a file holds, unless this one says it. */
  StoreForm of(byte[] content) {
    if (this != AUTO) {
      return this;
    }
    if (content.length >= JKS_MAGIC.length && Arrays.equals(content, 0, 4, JKS_MAGIC, 0, 4)) {
      return JKS;
    }
    // PKCS12 is one DER sequence. Any text, also one that is no PEM, is explained as PEM.
    boolean der = content.length > 1 && content[0] == 0x30 && (content[1] & 0x80) != 0;
    return der && !new String(content, StandardCharsets.US_ASCII).contains("-----BEGIN")
        ? PKCS12
        : PEM;
  }
}
