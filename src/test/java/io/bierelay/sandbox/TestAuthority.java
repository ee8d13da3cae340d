package io.bierelay.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority for tests, which issues certificates for servers and clients, good and bad ones. */
public final class TestAuthority {

  /** Of all stores that it writes. */
  public static final String PASSWORD = "store-password";

  private static final AtomicLong SERIAL = new AtomicLong(System.nanoTime());

  private final KeyPair keys = newKeys();
  private final X500Principal name;
  private final X509Certificate certificate;

  /** With that common name. */
  public TestAuthority(String commonName) {
    this(commonName, Duration.ofDays(365));
  }

  /** Valid for so long from now on; negative for one that is over. */
  public TestAuthority(String commonName, Duration valid) {
    name = new X500Principal("CN=" + commonName);
    certificate = sign(name, keys, valid, true);
  }

  /** Its own certificate. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** A PKCS12 store with a new key and a certificate for it. */
  public Path issue(Path file, String commonName, Duration valid, String... hosts) {
    KeyPair own = newKeys();
    X509Certificate issued = sign(new X500Principal("CN=" + commonName), own, valid, false, hosts);
    return write(
        file,
        store ->
            store.setKeyEntry(
                "own",
                own.getPrivate(),
                PASSWORD.toCharArray(),
                new Certificate[] {issued, certificate}));
  }

  /** A PKCS12 store that trusts this authority. */
  public Path trust(Path file) {
    return write(file, store -> store.setCertificateEntry("ca", certificate));
  }

  /** Its certificate as text. */
  public String pem() {
    return pem(certificate);
  }

  private static String pem(X509Certificate one) {
    try {
      return "-----BEGIN CERTIFICATE-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(one.getEncoded())
          + "\n-----END CERTIFICATE-----\n";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Filling {
    void fill(KeyStore store) throws GeneralSecurityException;
  }

  private static Path write(Path file, Filling filling) {
    try (OutputStream out = Files.newOutputStream(file)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      filling.fill(store);
      store.store(out, PASSWORD.toCharArray());
      return file;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509Certificate sign(
      X500Principal subject, KeyPair own, Duration valid, boolean ca, String... hosts) {
    Instant end = Instant.now().plus(valid);
    Instant start = end.minus(Duration.ofDays(400));
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              name,
              BigInteger.valueOf(SERIAL.incrementAndGet()),
              Date.from(start),
              Date.from(end),
              subject,
              own.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
      if (hosts.length > 0) {
        GeneralName[] names = new GeneralName[hosts.length];
        for (int i = 0; i < hosts.length; i++) {
          boolean address = hosts[i].matches("[0-9.]+");
          names[i] =
              new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, hosts[i]);
        }
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
