package io.bierelay.tls;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells people why a TLS connection was not made. */
public final class TlsFailure {

  private static final Pattern ALERT =
      Pattern.compile("fatal alert: ([a-z_]+)", Pattern.CASE_INSENSITIVE);

  private TlsFailure() {}

  /**
   * The cause and the remedy, if TLS is to blame.
   *
   * @return half a sentence about the server, such as "its certificate expired"; empty if TLS has
   *     no part in it
   */
  public static Optional<String> explain(Throwable failure, TlsSettings tls) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SeenTrust.RefusedServerException refused) {
        return Optional.of(String.valueOf(refused.getMessage()));
      }
    }
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String said = String.valueOf(t.getMessage());
      Matcher alert = ALERT.matcher(said);
      if (alert.find()) {
        return Optional.of(explainAlert(alert.group(1).toLowerCase(Locale.ROOT), tls));
      }
      if (said.contains("not an SSL/TLS record") || said.contains("unrecognized SSL message")) {
        return Optional.of(
            "it does not speak TLS at this port; check the port, or whether TLS is wanted");
      }
      // The second when it answers with an older version, instead of refusing ours.
      if (said.contains("appropriate protocol")
          || said.contains("server selected protocol version")) {
        return Optional.of("it speaks no version of TLS that is still safe; 1.2 is the least");
      }
    }
    // Vert.x says no more than that to who upgrades a connection, as PostgreSQL's client does.
    return String.valueOf(failure.getMessage()).equals("SSL handshake failed")
        ? CertificateBook.refusal(tls.server())
            .or(() -> Optional.of("the TLS handshake failed; check %s.*".formatted(tls.prefix())))
        : Optional.empty();
  }

  private static String explainAlert(String alert, TlsSettings tls) {
    String own = tls.keyStoreLocation().key();
    return switch (alert) {
      case "certificate_required" -> "it wants a client certificate; set %s".formatted(own);
      case "bad_certificate", "handshake_failure" ->
          "it refused the handshake (%s): it wants another client certificate, or one at all; set or check %s"
              .formatted(alert, own);
      case "certificate_expired" ->
          "it says that our client certificate has expired; renew what is in " + own;
      case "certificate_revoked" ->
          "it says that our client certificate was revoked; renew what is in " + own;
      case "unknown_ca", "certificate_unknown", "unsupported_certificate", "access_denied" ->
          "it does not accept our client certificate (%s); check that its authority is trusted there, and %s"
              .formatted(alert, own);
      case "protocol_version" -> "it speaks no version of TLS that is still safe; 1.2 is the least";
      default -> "it broke off the handshake (%s); check %s.*".formatted(alert, tls.prefix());
    };
  }
}
