package io.bierelay.tls;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

/**
 * A certificate that is in use, for people.
 *
 * @param server the kind of server that it is used with, such as {@code RabbitMQ}
 * @param name its subject's common name
 * @param source the file that it is from, or the host that showed it
 */
public record CertificateFact(
    String server, Kind kind, String name, String source, Instant notAfter) {

  /** Whose certificate it is. */
  public enum Kind {
    /** The one that we show. */
    OWN,
    /** An authority's that we trust. */
    TRUSTED,
    /** The one that a server showed us. */
    SERVER
  }

  static CertificateFact of(String server, Kind kind, X509Certificate certificate, String source) {
    return new CertificateFact(
        server,
        kind,
        CertificateFiles.nameOf(certificate),
        source,
        certificate.getNotAfter().toInstant());
  }

  /** Whole and parts of days until it expires; negative afterwards. */
  public double daysLeft() {
    return Duration.between(Instant.now(), notAfter).toSeconds() / 86_400.0;
  }
}
