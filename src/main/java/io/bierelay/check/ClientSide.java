package io.bierelay.check;

import io.bierelay.tls.TlsMaterial.Generation;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
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
public record ClientSide(
    X509ExtendedTrustManager trust, @Nullable X509ExtendedKeyManager keys, boolean verifyHost) {

  /** As connections with these keys and certificates are opened. */
  public static ClientSide of(Generation generation) {
    return new ClientSide(
        generation.trust(), generation.keys().orElse(null), generation.verifiesHost());
  }

  /** As clients that are told nothing of certificates: with Java's own authorities. */
  public static ClientSide javas() throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager trust) {
        return new ClientSide(trust, null, true);
      }
    }
    throw new GeneralSecurityException("this Java has no trust manager for X.509");
  }

  /** The same, for a server whose certificate is not verified because a person wants it so. */
  public static ClientSide unverified(Generation generation) {
    return new ClientSide(generation.anyTrust(), generation.keys().orElse(null), false);
  }
}
