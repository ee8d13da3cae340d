package io.bierelay.check;

import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * What a client of ours brings to a TLS handshake.
 *
 * @param trust decides on the server's certificate
 * @param keys the client's certificate; null for none
 * @param verifyHost whether the server's certificate must carry its host's name
 */
public record TlsMaterial(
    X509ExtendedTrustManager trust, @Nullable X509ExtendedKeyManager keys, boolean verifyHost) {

  /**
   * Of stores.
   *
   * @param trust null for Java's own
   * @param keys null for none
   * @param keyPassword of the key within the store; null for none
   */
  public static TlsMaterial of(
      @Nullable KeyStore trust,
      @Nullable KeyStore keys,
      char @Nullable [] keyPassword,
      boolean verifyHost)
      throws GeneralSecurityException {
    KeyManagerFactory factory = null;
    if (keys != null) {
      factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(keys, keyPassword);
    }
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(trust);
    return of(trusted, factory, verifyHost);
  }

  /**
   * Of factories.
   *
   * @param trust null for Java's own
   * @param keys null for none
   */
  public static TlsMaterial of(
      @Nullable TrustManagerFactory trust, @Nullable KeyManagerFactory keys, boolean verifyHost)
      throws GeneralSecurityException {
    if (trust == null) {
      return of((KeyStore) null, null, null, verifyHost).withKeys(keys);
    }
    for (TrustManager one : trust.getTrustManagers()) {
      if (one instanceof X509ExtendedTrustManager x509) {
        return new TlsMaterial(x509, null, verifyHost).withKeys(keys);
      }
    }
    throw new GeneralSecurityException("no trust manager for X.509 certificates");
  }

  private TlsMaterial withKeys(@Nullable KeyManagerFactory factory) {
    if (factory != null) {
      for (KeyManager one : factory.getKeyManagers()) {
        if (one instanceof X509ExtendedKeyManager x509) {
          return new TlsMaterial(trust, x509, verifyHost);
        }
      }
    }
    return this;
  }
}
