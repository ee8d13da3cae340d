package io.bierelay.tls;

import io.bierelay.tls.CertificateFact.Kind;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Verifies servers by Java's rules, notes the certificates that they show, and says of those that
 * it refuses what is wrong and what to do.
 */
final class SeenTrust extends X509ExtendedTrustManager {

  private final TlsSettings tls;
  private final X509ExtendedTrustManager rules;
  private final boolean anyHost;

  SeenTrust(TlsSettings tls, X509ExtendedTrustManager rules, boolean anyHost) {
    this.tls = tls;
    this.rules = rules;
    this.anyHost = anyHost;
  }

  /** A server's certificate was refused; the message is for people. */
  static final class RefusedServerException extends CertificateException {

    private static final long serialVersionUID = 1L;

    RefusedServerException(String message, CertificateException cause) {
      super(message, cause);
    }
  }

  private interface Verification {
    void run() throws CertificateException;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    SSLSession session = socket instanceof SSLSocket ssl ? ssl.getHandshakeSession() : null;
    verify(chain, session, () -> rules.checkServerTrusted(chain, type, socket));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    SSLSession session = engine.getHandshakeSession();
    verify(chain, session, () -> rules.checkServerTrusted(chain, type, engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    verify(chain, null, () -> rules.checkServerTrusted(chain, type));
  }

  private void verify(
      X509Certificate[] chain, @Nullable SSLSession session, Verification verification)
      throws CertificateException {
    String host = session == null ? null : session.getPeerHost();
    int port = session == null ? 0 : session.getPeerPort();
    try {
      verification.run();
    } catch (CertificateException e) {
      String why = explain(chain, host, e);
      CertificateBook.refused(tls.server(), why);
      throw new RefusedServerException(why, e);
    }
    String source = host == null ? "" : port > 0 ? host + ":" + port : host;
    CertificateBook.seen(CertificateFact.of(tls.server(), Kind.SERVER, chain[0], source));
  }

  private String explain(
      X509Certificate[] chain, @Nullable String host, CertificateException cause) {
    String name = CertificateFiles.nameOf(chain[0]);
    for (X509Certificate one : chain) {
      if (CertificateFiles.isExpired(one)) {
        return "its certificate '%s' expired on %s; it has to be renewed at the server"
            .formatted(
                CertificateFiles.nameOf(one),
                CertificateFiles.dayOf(one.getNotAfter().toInstant()));
      }
    }
    String said = String.valueOf(cause.getMessage());
    if (!anyHost && (said.contains("subject alternative") || said.startsWith("No name matching"))) {
      return "its certificate '%s' is for %s and not for '%s'; connect by one of these names, or have the certificate issued for this one"
          .formatted(name, names(chain[0]), host);
    }
    if (said.contains("certification path") || said.contains("trust anchor")) {
      String issuer =
          CertificateFiles.commonName(chain[chain.length - 1].getIssuerX500Principal().getName());
      return "its certificate '%s' is signed by '%s', which is not trusted; if it should be, add that authority's certificate to %s"
          .formatted(name, issuer, tls.trustLocation().key());
    }
    return "its certificate '%s' is refused (%s); check %s"
        .formatted(name, said, tls.trustLocation().key());
  }

  private static List<String> names(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream().map(name -> String.valueOf(name.get(1))).toList();
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    rules.checkClientTrusted(chain, type, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    rules.checkClientTrusted(chain, type, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    rules.checkClientTrusted(chain, type);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return rules.getAcceptedIssuers();
  }
}
