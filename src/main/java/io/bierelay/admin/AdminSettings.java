package io.bierelay.admin;

import io.bierelay.settings.Setting;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Where the admin endpoint listens, to whom it answers, and when it takes silence for trouble. */
public final class AdminSettings {

  /** The address to listen on. */
  public static final Setting<String> HOST =
      Setting.text("admin.host", "127.0.0.1")
          .within("an address of this machine", host -> !host.isBlank())
          .saying(
              "The address on which health, metrics and the page are served; 0.0.0.0, all"
                  + " addresses, is for containers, and needs admin.credentials.files or"
                  + " admin.insecure.role.");

  /** The port to listen on. */
  public static final Setting<Integer> PORT =
      Setting.integer("admin.port", 8080, 0, 65535)
          .saying("The admin endpoint's port; 0 takes any free one, which the log then names.");

  /** Names by which it is called, beside its address. */
  public static final Setting<List<String>> HOSTS =
      Setting.list("admin.hosts", List.of())
          .saying(
              "Names (without port) that a request's Host header may have besides the address"
                  + " itself and localhost; checked on a loopback address, and elsewhere if this is"
                  + " not empty.");

  /** After how long without a word a verticle counts as not ready. */
  public static final Setting<Duration> SILENCE_LIMIT =
      Setting.duration(
              "admin.silence.limit",
              Duration.ofSeconds(5),
              Duration.ofSeconds(2),
              Duration.ofMinutes(5))
          .saying(
              "How long a verticle, which reports every second, may be silent before readiness is"
                  + " refused and names it.");

  /** How old an event may get before readiness is refused. */
  public static final Setting<Duration> OLDEST_EVENT_LIMIT =
      Setting.duration(
              "admin.oldest.event.limit",
              Duration.ofMinutes(15),
              Duration.ofSeconds(1),
              Duration.ofDays(365))
          .saying(
              "How old the oldest unfinished event of a partition or queue may be that does not"
                  + " move and is not paused on purpose, before readiness is refused and names it.");

  /** Files that say who may do what. */
  public static final Setting<List<String>> CREDENTIALS =
      Setting.list("admin.credentials.files", List.of())
          .saying(
              "Files with a line for each token or password, hashed (bie-relay credential makes"
                  + " them); read again when they change. Without any, whoever reaches the endpoint"
                  + " may do everything on a loopback address, and admin.insecure.role elsewhere.");

  /** What anybody may do on an address that others reach. */
  public static final Setting<Insecure> INSECURE_ROLE =
      Setting.choice("admin.insecure.role", Insecure.NONE)
          .saying(
              "What anybody may do without credentials, when there are no files of them and"
                  + " admin.host is not a loopback address; with none it does not start then.");

  /** What is answered without credentials in any case. */
  public static final Setting<List<String>> OPEN =
      Setting.list("admin.open", List.of("health", "metrics"))
          .within(
              "any of health and metrics", open -> Set.of("health", "metrics").containsAll(open))
          .saying("What is answered without credentials also where credentials are needed.");

  /** How many wrong credentials in a row lock an address out. */
  public static final Setting<Integer> LOCKOUT_FAILURES =
      Setting.integer("admin.lockout.failures", 5, 1, 1000)
          .saying(
              "After how many wrong credentials in a row from one address nothing more is checked"
                  + " from there for a second, and twice as long after each further one.");

  /** How long an address is locked out at most. */
  public static final Setting<Duration> LOCKOUT_MAX =
      Setting.duration(
              "admin.lockout.max",
              Duration.ofMinutes(15),
              Duration.ofSeconds(1),
              Duration.ofHours(24))
          .saying("How long an address is locked out at most.");

  /** How many connections are open at once. */
  public static final Setting<Integer> CONNECTIONS =
      Setting.integer("admin.connections.max", 1000, 10, 100_000)
          .saying(
              "How many connections may be open at once; a further one takes the place of the one"
                  + " that has been idle longest.");

  /** How many read the stream at once. */
  public static final Setting<Integer> STREAM_READERS =
      Setting.integer("admin.stream.readers", 500, 1, 10_000)
          .saying("How many may read the live stream at once; a further one is answered 503.");

  /** The certificate, if TLS is wanted. */
  public static final Setting<String> TLS_CERTIFICATE =
      Setting.text("admin.tls.certificate.location")
          .saying("PEM file with the certificate chain; with it, the endpoint speaks TLS only.");

  /** Its key. */
  public static final Setting<String> TLS_KEY =
      Setting.text("admin.tls.key.location").saying("PEM file with the certificate's private key.");

  /** When a certificate's end is worth a warning. */
  public static final Setting<Duration> CERTIFICATE_WARN =
      Setting.duration(
              "admin.certificate.warn", Duration.ofDays(30), Duration.ZERO, Duration.ofDays(365))
          .saying(
              "Readiness warns of a certificate, ours or a server's, that expires within this time;"
                  + " it stays ready.");

  /** All settings of the admin endpoint. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          HOST,
          PORT,
          HOSTS,
          SILENCE_LIMIT,
          OLDEST_EVENT_LIMIT,
          CREDENTIALS,
          INSECURE_ROLE,
          OPEN,
          LOCKOUT_FAILURES,
          LOCKOUT_MAX,
          CONNECTIONS,
          STREAM_READERS,
          TLS_CERTIFICATE,
          TLS_KEY,
          CERTIFICATE_WARN);

  private AdminSettings() {}

  /** What anybody may do on an address that others reach. */
  public enum Insecure {
    /** Nothing: credentials are needed. */
    NONE,
    /** Look. */
    VIEWER,
    /** Everything. */
    OPERATOR
  }
}
