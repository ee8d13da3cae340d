package io.bierelay.tls;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The files of one kind of server, as the settings name them at this moment.
 *
 * @param trust the authorities; without it, Java's own
 * @param identity the client's certificate
 * @param key its key, when it is apart
 * @param keyPassword the key's, if it differs from the store's
 */
record TlsFiles(
    Optional<StoreFile> trust,
    Optional<StoreFile> identity,
    Optional<StoreFile> key,
    Optional<String> keyPassword) {

  /** What the files hold. */
  record Loaded(List<X509Certificate> trusted, Optional<Identity> identity) {}

  /** Passwords are read anew from the files that they came from. */
  static TlsFiles of(TlsSettings tls, Settings settings) {
    return new TlsFiles(
        tls.trustFile(settings),
        tls.identityFile(settings),
        tls.keyFile(settings),
        settings.findCurrent(tls.keyPassword()));
  }

  /**
   * Reads all of them.
   *
   * @throws ConfigurationException with all that is wrong
   */
  Loaded load() {
    List<String> problems = new ArrayList<>();
    List<X509Certificate> trusted = List.of();
    Optional<Identity> own = Optional.empty();
    try {
      trusted = trust.map(CertificateFiles::trusted).orElse(List.of());
    } catch (ConfigurationException e) {
      problems.addAll(e.problems());
    }
    try {
      own = identity.map(file -> CertificateFiles.identity(file, key, keyPassword));
    } catch (ConfigurationException e) {
      problems.addAll(e.problems());
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return new Loaded(trusted, own);
  }

  /**
   * Tells contents apart, passwords included. The content and not the time of change: Kubernetes
   * swaps a link, others restore a backup.
   *
   * @throws ConfigurationException if a file can't be read
   */
  String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Optional<StoreFile> file : List.of(trust, identity, key)) {
        digest.update((byte) 0);
        file.map(StoreFile::read).ifPresent(digest::update);
        file.flatMap(StoreFile::password)
            .ifPresent(password -> digest.update(password.getBytes(StandardCharsets.UTF_8)));
      }
      digest.update((byte) 0);
      keyPassword.ifPresent(password -> digest.update(password.getBytes(StandardCharsets.UTF_8)));
      return Base64.getEncoder().encodeToString(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("each Java has SHA-256", e);
    }
  }
}
