package io.bierelay.check;

import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import org.jspecify.annotations.Nullable;

/** Says of a TLS handshake what both sides showed, and why it failed. */
final class TlsDiagnosis {

  private static final Duration SOON = Duration.ofDays(30);
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  private final TlsHandshake handshake;
  private final Endpoint endpoint;
  private final Instant now;

  TlsDiagnosis(TlsHandshake handshake, Endpoint endpoint, Instant now) {
    this.handshake = handshake;
    this.endpoint = endpoint;
    this.now = now;
  }

  /** Of a handshake that went well: who the server is, who says so, until when. */
  String summary() {
    X509Certificate own = handshake.shown().isEmpty() ? null : handshake.shown().get(0);
    X509Certificate sent = handshake.sent();
    return handshake.protocol()
        + (own == null ? "" : ", " + describe(own))
        + (sent == null ? "" : "; our certificate: " + describe(sent))
        + (handshake.asked() && sent == null
            ? "; it asked for a certificate, and we have none"
            : "");
  }

  /** What works today and ends soon; empty if nothing does. */
  Optional<Problem> ending() {
    List<X509Certificate> all = new ArrayList<>(handshake.shown());
    X509Certificate sent = handshake.sent();
    if (sent != null) {
      all.add(sent);
    }
    return all.stream()
        .filter(one -> one.getNotAfter().toInstant().isBefore(now.plus(SOON)))
        .findFirst()
        .map(
            one ->
                new Problem(
                    "%s expires on %s".formatted(name(one), date(one.getNotAfter())),
                    one.equals(sent)
                        ? "renew the certificate in " + endpoint.remedies().keys()
                        : "tell those who run the server"));
  }

  /**
   * Of one that failed.
   *
   * @param plaintext whether the port answers the protocol without TLS
   */
  Problem problem(boolean plaintext) {
    Exception failure = handshake.failure();
    if (plaintext) {
      return new Problem(
          "the port speaks %s without TLS".formatted(endpoint.greeting().protocol()),
          endpoint.remedies().usePlaintext());
    }
    List<String> causes = new ArrayList<>();
    List<String> remedies = new ArrayList<>();
    blameServer(failure, causes, remedies);
    if (causes.isEmpty()) {
      blameClient(causes, remedies);
    }
    if (causes.isEmpty()) {
      causes.add("the TLS handshake failed: " + innermost(failure));
      remedies.add(
          "check that %s is a TLS port, and which versions and ciphers it takes"
              .formatted(endpoint.address()));
    }
    return new Problem(String.join("; ", causes), String.join("; ", remedies));
  }

  /** All that is wrong with the server's certificate: mending one thing must not show the next. */
  private void blameServer(
      @Nullable Exception failure, List<String> causes, List<String> remedies) {
    if (handshake.shown().isEmpty() || !handshake.protocol().isEmpty()) {
      return;
    }
    for (X509Certificate one : handshake.shown()) {
      if (one.getNotAfter().toInstant().isBefore(now)) {
        causes.add(
            "the server's certificate %s expired on %s"
                .formatted(name(one), date(one.getNotAfter())));
        remedies.add("those who run the server must renew it; is this machine's clock right?");
      } else if (one.getNotBefore().toInstant().isAfter(now)) {
        causes.add(
            "the server's certificate %s is valid only from %s"
                .formatted(name(one), date(one.getNotBefore())));
        remedies.add("is this machine's clock right?");
      }
    }
    X509Certificate own = handshake.shown().get(0);
    String said = innermost(failure);
    boolean unknown =
        said.contains("unable to find valid certification path") || said.contains("trustAnchors");
    if (unknown) {
      X509Certificate last = handshake.shown().get(handshake.shown().size() - 1);
      causes.add(
          "the server's certificate %s is signed by an authority that we don't trust: %s"
              .formatted(name(own), last.getIssuerX500Principal().getName()));
      remedies.add(
          "add that authority's certificate to %s (./dev/truststore makes one)"
              .formatted(endpoint.remedies().trust()));
    }
    if (said.contains("No subject alternative") || said.contains("No name matching")) {
      causes.add(
          "the server's certificate is not for host '%s' but for %s"
              .formatted(endpoint.host(), names(own)));
      remedies.add(
          "use one of these names in %s, or have the server's certificate issued for this one"
              .formatted(endpoint.remedies().address()));
    }
    if (causes.isEmpty() && !isCertificates(failure)) {
      return; // It was the server that refused, by an alert or by hanging up.
    }
    if (causes.isEmpty()) {
      causes.add("the server's certificate %s is refused: %s".formatted(name(own), said));
      remedies.add("check " + endpoint.remedies().trust());
    }
  }

  /** Whether we refused what the server showed. */
  private static boolean isCertificates(@Nullable Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof GeneralSecurityException) {
        return true;
      }
    }
    return false;
  }

  private void blameClient(List<String> causes, List<String> remedies) {
    if (!handshake.asked()) {
      return;
    }
    X509Certificate sent = handshake.sent();
    if (sent != null) {
      boolean expired = sent.getNotAfter().toInstant().isBefore(now);
      causes.add(
          expired
              ? "our certificate %s expired on %s".formatted(name(sent), date(sent.getNotAfter()))
              : "the server refused our certificate %s (%s)"
                  .formatted(describe(sent), innermost(handshake.failure())));
      remedies.add("give one that it takes in " + endpoint.remedies().keys() + issuers());
      return;
    }
    causes.add(
        "the server closed the connection during the handshake: it wants a client certificate");
    remedies.add("set " + endpoint.remedies().keys() + issuers());
  }

  private String issuers() {
    return handshake.acceptedIssuers().isEmpty()
        ? ""
        : "; it takes those that are signed by " + String.join(" or ", handshake.acceptedIssuers());
  }

  private String describe(X509Certificate one) {
    return "%s, signed by %s, until %s (%d days)"
        .formatted(
            name(one),
            common(one.getIssuerX500Principal().getName()),
            date(one.getNotAfter()),
            Duration.between(now, one.getNotAfter().toInstant()).toDays());
  }

  private static String name(X509Certificate one) {
    return "'" + common(one.getSubjectX500Principal().getName()) + "'";
  }

  /** The common name, where there is one. */
  private static String common(String distinguished) {
    try {
      return new LdapName(distinguished)
          .getRdns().stream()
              .filter(rdn -> rdn.getType().toUpperCase(Locale.ROOT).equals("CN"))
              .map(rdn -> String.valueOf(rdn.getValue()))
              .reduce((first, second) -> second)
              .orElse(distinguished);
    } catch (InvalidNameException e) {
      return distinguished;
    }
  }

  private static String names(X509Certificate one) {
    List<String> names = new ArrayList<>();
    try {
      Collection<List<?>> alternatives = one.getSubjectAlternativeNames();
      if (alternatives != null) {
        for (List<?> each : alternatives) {
          if (each.get(0) instanceof Integer type && (type == DNS_NAME || type == IP_ADDRESS)) {
            names.add(String.valueOf(each.get(1)));
          }
        }
      }
    } catch (CertificateParsingException e) {
      return "names that can't be read";
    }
    return names.isEmpty() ? name(one) : String.join(", ", names);
  }

  private static LocalDate date(Date date) {
    return date.toInstant().atZone(ZoneOffset.UTC).toLocalDate();
  }

  private static String innermost(@Nullable Throwable failure) {
    Throwable e = failure;
    while (e != null && e.getCause() != null) {
      e = e.getCause();
    }
    return e == null ? "" : String.valueOf(e.getMessage());
  }
}
