package io.bierelay.check;

import io.bierelay.tls.TlsMaterial.Generation;
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

  /** The same, for a server whose certificate is not verified because a person wants it so. */
  public static ClientSide unverified(Generation generation) {
    return new ClientSide(generation.anyTrust(), generation.keys().orElse(null), false);
  }
}
