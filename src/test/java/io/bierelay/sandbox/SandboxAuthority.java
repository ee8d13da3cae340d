package io.bierelay.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Object;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority of one's own, which issues what servers and clients of a sandbox show.
 */
public final class SandboxAuthority {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Duration LONG = Duration.ofDays(365);

  private final KeyPair keys = keys("EC");
  private final X509Certificate certificate;

  /** One that is valid for a year. */
  public SandboxAuthority(String name) {
    this(name, LONG);
  }

  /**
   * @param left how long it is valid from now on; negative if it has expired
   */
  public SandboxAuthority(String name, Duration left) {
    X500Principal self = new X500Principal("CN=" + name);
    certificate = sign(self, keys, self, keys, left, true, List.of());
  }

  /** Its own certificate. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** Issues a certificate for a server of this machine, for localhost and 127.0.0.1. */
  public Issued server(String name) {
    return issue("CN=" + name, LONG, "localhost", "127.0.0.1");
  }

  /** Issues one for a client. */
  public Issued client(String name) {
    return issue("CN=" + name, LONG);
  }

  /**
   * Issues a certificate.
   *
   * @param subject a distinguished name
   * @param left how long it is valid from now on; negative if it has expired
   * @param names host names and addresses that it is for
   */
  public Issued issue(String subject, Duration left, String... names) {
    return issue("EC", subject, left, names);
  }

  /** As {@link #issue(String, Duration, String...)}, for a key of some algorithm. */
  public Issued issue(String algorithm, String subject, Duration left, String... names) {
    KeyPair own = keys(algorithm);
    X509Certificate issued =
        sign(
            new X500Principal(subject),
            own,
            certificate.getSubjectX500Principal(),
            keys,
            left,
            false,
            Arrays.asList(names));
    return new Issued(own.getPrivate(), issued, certificate);
  }

  /** Writes the authority's certificate as PEM. */
  public Path pem(Path file) {
    return write(file, pem());
  }

  /** The authority's certificate as PEM. */
  public String pem() {
    return pemOf(certificate);
  }

  /** Writes a PKCS12 trust store. */
  public Path pkcs12(Path file, String password) {
    return store(
        file, "PKCS12", password, store -> store.setCertificateEntry("authority", certificate));
  }

  /** A key with its certificate and the authority's. */
  public record Issued(PrivateKey key, X509Certificate certificate, X509Certificate authority) {

    /** Writes certificate, authority's certificate and key into one PEM file. */
    public Path pem(Path file) {
      return write(file, pemOf(certificate) + pemOf(authority) + pemOf(key));
    }

    /** Writes the certificate and the authority's as PEM. */
    public Path chainPem(Path file) {
      return write(file, pemOf(certificate) + pemOf(authority));
    }

    /** Writes the key as PEM, in PKCS8. */
    public Path keyPem(Path file) {
      return write(file, pemOf(key));
    }

    /** Writes the key in PKCS8, without PEM. */
    public Path keyDer(Path file) {
      try {
        return closed(Files.write(file, key.getEncoded()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The key as PEM in the form that openssl used before PKCS8. */
    public String traditionalKeyPem() {
      try {
        if (key instanceof ECPrivateKey curve) {
          ASN1Object sec1 =
              new org.bouncycastle.asn1.sec.ECPrivateKey(
                  256,
                  curve.getS(),
                  SubjectPublicKeyInfo.getInstance(certificate.getPublicKey().getEncoded())
                      .getPublicKeyData(),
                  SECObjectIdentifiers.secp256r1);
          return pemOf("EC PRIVATE KEY", sec1.getEncoded());
        }
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
          writer.writeObject(key);
        }
        return text.toString();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The key as PEM, encrypted. */
    public String encryptedKeyPem(String password) {
      StringWriter text = new StringWriter();
      try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
        var encryptor =
            new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                .setProvider(new BouncyCastleProvider())
                .setPRF(PKCS8Generator.PRF_HMACSHA256)
                .setPassword(password.toCharArray())
                .build();
        writer.writeObject(new JcaPKCS8Generator(key, encryptor));
      } catch (IOException | OperatorCreationException e) {
        throw new IllegalStateException(e);
      }
      return text.toString();
    }

    /** Writes a PKCS12 key store. */
    public Path pkcs12(Path file, String password) {
      return store(file, "PKCS12", password);
    }

    /** Writes a key store of some type. */
    public Path store(Path file, String type, String password) {
      Certificate[] chain = {certificate, authority};
      return SandboxAuthority.store(
          file,
          type,
          password,
          store -> store.setKeyEntry("own", key, password.toCharArray(), chain));
    }
  }

  private interface Filling {
    void fill(KeyStore store) throws GeneralSecurityException;
  }

  private static Path store(Path file, String type, String password, Filling filling) {
    try (OutputStream out = Files.newOutputStream(file)) {
      KeyStore store = KeyStore.getInstance(type);
      store.load(null, null);
      filling.fill(store);
      store.store(out, password.toCharArray());
      return closed(file);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("no store in " + file, e);
    }
  }

  private static Path write(Path file, String text) {
    try {
      return closed(Files.writeString(file, text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path closed(Path file) throws IOException {
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** As PEM. */
  public static String pemOf(X509Certificate certificate) {
    try {
      return pemOf("CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As PEM, in PKCS8. */
  public static String pemOf(PrivateKey key) {
    return pemOf("PRIVATE KEY", key.getEncoded());
  }

  private static String pemOf(String label, byte[] der) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(label, text);
  }

  private static KeyPair keys(String algorithm) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (algorithm.equals("EC")) {
        generator.initialize(new ECGenParameterSpec("secp256r1"));
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509Certificate sign(
      X500Principal subject,
      KeyPair own,
      X500Principal issuer,
      KeyPair by,
      Duration left,
      boolean authority,
      List<String> names) {
    Instant end = Instant.now().plus(left);
    Instant begin = (left.isNegative() ? end : Instant.now()).minus(Duration.ofDays(1));
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            new BigInteger(120, RANDOM),
            Date.from(begin),
            Date.from(end),
            subject,
            own.getPublic());
    try {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      if (!names.isEmpty()) {
        GeneralName[] all =
            names.stream()
                .map(
                    name ->
                        new GeneralName(
                            name.matches("[0-9.]+") ? GeneralName.iPAddress : GeneralName.dNSName,
                            name))
                .toArray(GeneralName[]::new);
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(all));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by.getPrivate())));
    } catch (IOException | OperatorCreationException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
