import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes a PKCS12 trust store of PEM files; run by dev/truststore, needs nothing but a JDK. */
final class Truststore {

  private static final String USAGE =
      """
      Usage: dev/truststore CA.pem... -o trust.p12 [--password-file FILE] [--keep-expired]

      Builds a PKCS12 trust store from PEM files, each with one certificate or many, and prints
      what is in it. Text between the certificates is skipped, a certificate that comes twice is
      taken once, and one that has expired is reported and left out.

        -o FILE               the store to write; one that is there is replaced
        --password-file FILE  file whose first line is the store's password; without it the
                              variable TRUSTSTORE_PASSWORD is taken. Never an argument: those
                              are shown to everybody on the machine
        --keep-expired        put expired certificates in all the same
        -h, --help            shows this

      Exit codes: 0 written; 1 a file can't be used; 2 the command line is wrong
      """;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  private static final Duration SOON = Duration.ofDays(30);

  private final List<Path> files = new ArrayList<>();
  private Path out;
  private Path passwordFile;
  private boolean keepExpired;
  private final Map<String, X509Certificate> found = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  /** The command line is wrong. */
  private static final class WrongUsage extends Exception {
    WrongUsage(String message) {
      super(message);
    }
  }

  public static void main(String[] args) {
    System.exit(new Truststore().run(args));
  }

  private int run(String[] args) {
    try {
      if (!read(args)) {
        System.out.print(USAGE);
        return 0;
      }
      char[] password = password();
      for (Path file : files) {
        take(file);
      }
      if (found.isEmpty() && problems.isEmpty()) {
        problems.add("no certificate is left: the store would trust nobody");
      }
      if (!problems.isEmpty()) {
        problems.forEach(problem -> System.err.println("truststore: " + problem));
        return 1;
      }
      write(password);
      return 0;
    } catch (WrongUsage e) {
      System.err.println("truststore: " + e.getMessage());
      System.err.print(USAGE);
      return 2;
    } catch (IOException | GeneralSecurityException e) {
      System.err.println("truststore: " + out + ": can't be written: " + e.getMessage());
      return 1;
    }
  }

  private boolean read(String[] args) throws WrongUsage {
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "-h", "--help" -> {
          return false;
        }
        case "-o" -> out = Path.of(value(args, ++i, "-o"));
        case "--password-file" -> passwordFile = Path.of(value(args, ++i, "--password-file"));
        case "--keep-expired" -> keepExpired = true;
        default -> {
          if (args[i].startsWith("-")) {
            throw new WrongUsage("unknown option " + args[i]);
          }
          files.add(Path.of(args[i]));
        }
      }
    }
    if (files.isEmpty()) {
      throw new WrongUsage("no PEM file is given");
    }
    if (out == null) {
      throw new WrongUsage("-o is missing: where to write the store");
    }
    return true;
  }

  private static String value(String[] args, int index, String option) throws WrongUsage {
    if (index >= args.length) {
      throw new WrongUsage(option + " needs a file");
    }
    return args[index];
  }

  private char[] password() throws WrongUsage {
    String password = System.getenv("TRUSTSTORE_PASSWORD");
    if (passwordFile != null) {
      try {
        password = Files.readString(passwordFile).lines().findFirst().orElse("");
      } catch (IOException e) {
        throw new WrongUsage("--password-file " + passwordFile + ": can't be read");
      }
    }
    if (password == null || password.length() < 6) {
      throw new WrongUsage(
          "the store needs a password of at least 6 characters: --password-file, or the variable"
              + " TRUSTSTORE_PASSWORD");
    }
    return password.toCharArray();
  }

  private void take(Path file) {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      problems.add(file + ": can't be read; correct the path or its permissions");
      return;
    }
    Matcher blocks = BLOCK.matcher(text);
    int number = 0;
    while (blocks.find()) {
      if (blocks.group(1).endsWith("PRIVATE KEY")) {
        System.out.println(file + ": holds a private key, which is left out: keep it elsewhere");
      } else if (blocks.group(1).endsWith("CERTIFICATE")) {
        number++;
        take(file, number, blocks.group(2));
      }
    }
    if (number == 0) {
      problems.add(
          file
              + (text.isBlank()
                  ? ": is empty"
                  : ": holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")
              + "; convert DER with: openssl x509 -inform der -in FILE");
    }
  }

  private void take(Path file, int number, String base64) {
    String where = "%s: certificate %d".formatted(file, number);
    X509Certificate one;
    try {
      byte[] der = Base64.getMimeDecoder().decode(base64);
      one =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException | IllegalArgumentException e) {
      problems.add(where + ": is damaged; get the file anew");
      return;
    }
    String print = fingerprint(one);
    Instant end = one.getNotAfter().toInstant();
    if (found.containsKey(print)) {
      System.out.printf("%s: %s comes twice, taken once%n", where, name(one));
    } else if (end.isBefore(Instant.now()) && !keepExpired) {
      System.out.printf("%s: %s expired on %s, left out%n", where, name(one), date(end));
    } else {
      found.put(print, one);
      if (one.getBasicConstraints() < 0) {
        System.out.printf("%s: %s is no authority: it is trusted by itself%n", where, name(one));
      }
    }
  }

  private void write(char[] password) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int number = 0;
    System.out.println(out + ":");
    for (Map.Entry<String, X509Certificate> each : found.entrySet()) {
      X509Certificate one = each.getValue();
      Instant end = one.getNotAfter().toInstant();
      store.setCertificateEntry("ca-" + ++number, one);
      System.out.printf(
          "  ca-%d  %s%n        signed by %s%n        until %s%s%n        SHA-256 %s%n",
          number,
          name(one),
          one.getIssuerX500Principal().getName(),
          date(end),
          end.isBefore(Instant.now())
              ? " (EXPIRED)"
              : end.isBefore(Instant.now().plus(SOON)) ? " (soon)" : "",
          each.getKey());
    }
    Path absolute = out.toAbsolutePath();
    Path fresh = Files.createTempFile(absolute.getParent(), ".truststore", ".p12");
    try {
      try (OutputStream to = Files.newOutputStream(fresh)) {
        store.store(to, password);
      }
      Files.move(fresh, absolute, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
    System.out.printf("%d certificate%s%n", number, number == 1 ? "" : "s");
  }

  private static String name(X509Certificate one) {
    return one.getSubjectX500Principal().getName();
  }

  private static LocalDate date(Instant when) {
    return when.atZone(ZoneOffset.UTC).toLocalDate();
  }

  private static String fingerprint(X509Certificate one) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(one.getEncoded());
      return HexFormat.ofDelimiter(":").withUpperCase().formatHex(digest);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
