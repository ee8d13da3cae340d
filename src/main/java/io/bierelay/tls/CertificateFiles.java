package io.bierelay.tls;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.tls.Pem.Block;
import io.bierelay.tls.Pem.PemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads files of keys and certificates, in PEM, PKCS12 or JKS, and says in one line what is wrong
 * with one.
 *
 * <p>All methods block for the time of reading a small file, and throw {@link
 * ConfigurationException} with a message that names the file and the remedy.
 */
public final class CertificateFiles {

  private static final Pattern COMMON_NAME = Pattern.compile("(?:^|,)CN=((?:\\\\.|[^,\\\\])*)");

  private CertificateFiles() {}

  /** All certificates in a file, in their order, with duplicates, also those that have expired. */
  public static List<X509Certificate> all(StoreFile file) {
    byte[] content = file.read();
    List<X509Certificate> found =
        file.form().of(content) == StoreForm.PEM
            ? certificates(file, blocks(file, content))
            : trusted(file, open(file, content));
    if (found.isEmpty()) {
      throw file.problem("holds no certificate to trust; add the authority's certificate to it");
    }
    return found;
  }

  /** The certificates to trust; at least one of them has not expired. */
  public static List<X509Certificate> trusted(StoreFile file) {
    List<X509Certificate> found = all(file);
    if (found.stream().allMatch(CertificateFiles::isExpired)) {
      X509Certificate last =
          Collections.max(found, Comparator.comparing(X509Certificate::getNotAfter));
      throw file.problem(
          "holds only certificates that have expired (%s on %s); get the authority's new one"
              .formatted(nameOf(last), dayOf(last.getNotAfter().toInstant())));
    }
    return found;
  }

  /**
   * A key with its certificate, which has not expired.
   *
   * @param keyFile the key, when it is apart
   * @param keyPassword of the key within the file
   */
  public static Identity identity(
      StoreFile file, Optional<StoreFile> keyFile, Optional<String> keyPassword) {
    byte[] content = file.read();
    Identity identity =
        file.form().of(content) == StoreForm.PEM
            ? pem(file, keyFile, keyPassword, content)
            : stored(file, open(file, content), keyPassword);
    X509Certificate own = identity.certificate();
    if (isExpired(own)) {
      throw file.problem(
          "holds a certificate that has expired (%s on %s); get a new one and write it there"
              .formatted(nameOf(own), dayOf(own.getNotAfter().toInstant())));
    }
    return identity;
  }

  /** What a PEM file of certificates of our own says about them. */
  public static List<CertificateFact> facts(String server, Path file) {
    return all(StoreFile.named(file, Optional.empty())).stream()
        .map(one -> CertificateFact.of(server, CertificateFact.Kind.OWN, one, file.toString()))
        .toList();
  }

  /** Whether its time is over. */
  public static boolean isExpired(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant().isBefore(Instant.now());
  }

  /** Its subject's common name, else the whole subject. */
  public static String nameOf(X509Certificate certificate) {
    return commonName(certificate.getSubjectX500Principal().getName());
  }

  static String commonName(String distinguished) {
    Matcher name = COMMON_NAME.matcher(distinguished);
    if (name.find()) {
      return name.group(1);
    }
    return distinguished.isEmpty() ? "(no name)" : distinguished;
  }

  static String dayOf(Instant instant) {
    return instant.atZone(ZoneOffset.UTC).toLocalDate().toString();
  }

  private static List<Block> blocks(StoreFile file, byte[] content) {
    try {
      List<Block> blocks = Pem.parse(new String(content, StandardCharsets.ISO_8859_1));
      if (blocks.isEmpty()) {
        throw file.problem(
            "holds no -----BEGIN line, so it is no PEM; correct the path or the type");
      }
      return blocks;
    } catch (PemException e) {
      throw file.problem("is no clean PEM: " + e.getMessage());
    }
  }

  private static List<X509Certificate> certificates(StoreFile file, List<Block> blocks) {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Block block : blocks) {
      if (block.isCertificate()) {
        try {
          certificates.add(
              (X509Certificate)
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(block.der())));
        } catch (CertificateException e) {
          throw file.problem(
              "holds a certificate, in line %d, that can't be decoded; get the file again"
                  .formatted(block.line()));
        }
      }
    }
    return certificates;
  }

  private static Identity pem(
      StoreFile file, Optional<StoreFile> keyFile, Optional<String> keyPassword, byte[] content) {
    List<Block> blocks = blocks(file, content);
    StoreFile holder = keyFile.orElse(file);
    List<Block> keys =
        (keyFile.isPresent() ? blocks(holder, holder.read()) : blocks)
            .stream().filter(Block::isPrivateKey).toList();
    if (keys.size() != 1) {
      throw holder.problem(
          "holds %s; it must hold exactly one"
              .formatted(keys.isEmpty() ? "no private key" : keys.size() + " private keys"));
    }
    List<X509Certificate> certificates = certificates(file, blocks);
    if (certificates.isEmpty()) {
      throw file.problem("holds no certificate; add the client's certificate to it");
    }
    try {
      PrivateKey key = PrivateKeys.decode(keys.get(0), keyPassword.or(file::password));
      return new Identity(key, chain(file, key, certificates));
    } catch (PrivateKeys.PasswordException e) {
      throw holder.problem(
          "holds a key, and %s; check %s".formatted(e.getMessage(), holder.passwordKey()));
    } catch (GeneralSecurityException e) {
      throw holder.problem(
          "holds a key that can't be used, in line %d: %s"
              .formatted(keys.get(0).line(), e.getMessage()));
    }
  }

  /** The key's own certificate first, then who signed it, whatever their order in the file. */
  private static List<X509Certificate> chain(
      StoreFile file, PrivateKey key, List<X509Certificate> certificates) {
    X509Certificate next =
        certificates.stream()
            .filter(certificate -> PrivateKeys.match(key, certificate.getPublicKey()))
            .max(Comparator.comparing(X509Certificate::getNotAfter))
            .orElseThrow(
                () ->
                    file.problem(
                        "holds the certificate of %s, which does not belong to the private key; take both from the same issue"
                            .formatted(nameOf(certificates.get(0)))));
    List<X509Certificate> chain = new ArrayList<>();
    List<X509Certificate> rest = new ArrayList<>(certificates);
    while (next != null) {
      X509Certificate last = next;
      chain.add(last);
      rest.remove(last);
      next =
          rest.stream()
              .filter(c -> c.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
              .findFirst()
              .orElse(null);
    }
    return chain;
  }

  private static KeyStore open(StoreFile file, byte[] content) {
    String form = file.form().of(content).name();
    try {
      KeyStore store = KeyStore.getInstance(form);
      store.load(new ByteArrayInputStream(content), file.password().orElse("").toCharArray());
      return store;
    } catch (IOException e) {
      if (e.getCause() instanceof UnrecoverableKeyException) {
        throw file.problem(
            file.password().isPresent()
                ? "is not opened by its password%s; check %s"
                    .formatted(
                        PrivateKeys.isAscii(file.password().get())
                            ? ""
                            : ", which has characters that are not ASCII (Java takes no others here)",
                        file.passwordKey())
                : "has a password; set " + file.passwordKey());
      }
      throw file.problem(
          "is no %s file, or is damaged; check the path and the type".formatted(form));
    } catch (GeneralSecurityException e) {
      throw file.problem(
          "can't be opened as %s (%s); check the path and the type"
              .formatted(form, e.getMessage()));
    }
  }

  private static List<X509Certificate> trusted(StoreFile file, KeyStore store) {
    try {
      List<X509Certificate> trusted = new ArrayList<>();
      for (String alias : Collections.list(store.aliases())) {
        if (store.isCertificateEntry(alias)
            && store.getCertificate(alias) instanceof X509Certificate certificate) {
          trusted.add(certificate);
        }
      }
      return trusted;
    } catch (GeneralSecurityException e) {
      throw file.problem("can't be used (%s); make it again".formatted(e.getMessage()));
    }
  }

  /** Of several keys, the one that lasts longest: old and new may share a store for a while. */
  private static Identity stored(StoreFile file, KeyStore store, Optional<String> keyPassword) {
    List<Identity> found = new ArrayList<>();
    try {
      for (String alias : Collections.list(store.aliases())) {
        if (store.isKeyEntry(alias)) {
          char[] password = keyPassword.or(file::password).orElse("").toCharArray();
          Key key = store.getKey(alias, password);
          Certificate[] chain = store.getCertificateChain(alias);
          if (key instanceof PrivateKey own && chain != null && chain.length > 0) {
            List<X509Certificate> certificates = new ArrayList<>();
            for (Certificate certificate : chain) {
              certificates.add((X509Certificate) certificate);
            }
            found.add(new Identity(own, chain(file, own, certificates)));
          }
        }
      }
    } catch (UnrecoverableKeyException e) {
      throw file.problem(
          "holds a key that its password does not open; check %s".formatted(file.passwordKey()));
    } catch (GeneralSecurityException e) {
      throw file.problem("can't be used (%s); make it again".formatted(e.getMessage()));
    }
    return found.stream()
        .max(Comparator.comparing(identity -> identity.certificate().getNotAfter()))
        .orElseThrow(
            () ->
                file.problem("holds no private key with its certificate; is it the trust store?"));
  }
}
