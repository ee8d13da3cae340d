package io.bierelay.tls;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A private key with its certificate and those that signed it.
 *
 * @param chain the key's own certificate first
 */
public record Identity(PrivateKey key, List<X509Certificate> chain) {

  /** Makes the list immutable. */
  public Identity {
    chain = List.copyOf(chain);
  }

  /** The key's own certificate. */
  public X509Certificate certificate() {
    return chain.get(0);
  }

  /** Leaves the key out. */
  @Override
  public String toString() {
    return certificate().getSubjectX500Principal().getName();
  }
}
