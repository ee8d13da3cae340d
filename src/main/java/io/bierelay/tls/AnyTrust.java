package io.bierelay.tls;

import io.bierelay.tls.CertificateFact.Kind;
import java.net.Socket;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Believes any server, for those who want it so and are warned of it, and notes what it shows. */
final class AnyTrust extends X509ExtendedTrustManager {

  private final String server;

  AnyTrust(String server) {
    this.server = server;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) {
    CertificateBook.seen(CertificateFact.of(server, Kind.SERVER, chain[0], ""));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
    checkServerTrusted(chain, type);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
    checkServerTrusted(chain, type);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) {
    throw new UnsupportedOperationException("for clients only");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
    checkClientTrusted(chain, type);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
    checkClientTrusted(chain, type);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
