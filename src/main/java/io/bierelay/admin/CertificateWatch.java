package io.bierelay.admin;

import io.bierelay.metrics.Meters;
import io.bierelay.settings.Settings;
import io.bierelay.tls.CertificateBook;
import io.bierelay.tls.CertificateFact;
import io.bierelay.tls.CertificateFiles;
import io.micrometer.core.instrument.Gauge;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Looks every few seconds at all certificates that this process uses, has changed files read, and
 * tells how long each is valid and what a person should know.
 *
 * <p>Belongs to the admin verticle's context; files are read on worker threads.
 */
final class CertificateWatch {

  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private static final String VALID = "valid";
  private static final String ENDS_SOON = "ends soon";
  private static final String EXPIRED = "expired";

  private final Vertx vertx;
  private final Settings settings;
  private final Duration warnBefore;
  private final Optional<Path> own;
  private final Map<List<String>, Gauge> gauges = new HashMap<>();

  /** Read by whoever scrapes, on its thread. */
  private volatile List<CertificateFact> facts = List.of();

  private List<String> problems = List.of();
  private Runnable renewed = () -> {};
  private String ownSeen = "";
  private long timer = -1;

  CertificateWatch(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.settings = settings;
    this.warnBefore = settings.get(AdminSettings.CERTIFICATE_WARN);
    this.own = settings.find(AdminSettings.TLS_CERTIFICATE).map(Path::of);
  }

  /** What a look gave; the fingerprint is that of the endpoint's own files, if they can be used. */
  private record Look(List<CertificateFact> facts, List<String> problems, String fingerprint) {}

  /**
   * Looks for the first time, and from then on.
   *
   * @param renewed called when the endpoint's own certificate was replaced
   */
  Future<Void> start(Runnable renewed) {
    this.renewed = renewed;
    timer = vertx.setPeriodic(INTERVAL.toMillis(), id -> look());
    return look();
  }

  void close() {
    if (timer >= 0) {
      vertx.cancelTimer(timer);
    }
    gauges.values().forEach(Meters.registry()::remove);
    gauges.clear();
  }

  /** What does not hinder the work yet, one line each. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>(problems);
    for (CertificateFact fact : facts) {
      double days = fact.daysLeft();
      if (!state(fact).equals(VALID)) {
        warnings.add(
            "%s: the certificate '%s' (%s, %s) %s on %s; renew it"
                .formatted(
                    fact.server(),
                    fact.name(),
                    kind(fact),
                    fact.source(),
                    days < 0 ? "expired" : "expires",
                    fact.notAfter()));
      }
    }
    return warnings;
  }

  /** All certificates, the one that expires first at the head. */
  JsonArray describe() {
    JsonArray list = new JsonArray();
    for (CertificateFact fact : facts) {
      list.add(
          new JsonObject()
              .put("server", fact.server())
              .put("kind", kind(fact))
              .put("name", fact.name())
              .put("source", fact.source())
              .put("notAfter", fact.notAfter().toString())
              .put("daysLeft", Math.floor(fact.daysLeft() * 10) / 10)
              .put("state", state(fact)));
    }
    return list;
  }

  private String state(CertificateFact fact) {
    double days = fact.daysLeft();
    return days < 0 ? EXPIRED : days * 86_400 < warnBefore.toSeconds() ? ENDS_SOON : VALID;
  }

  private Future<Void> look() {
    return vertx.executeBlocking(this::read, false).onSuccess(this::take).mapEmpty();
  }

  private Look read() {
    CertificateBook.refresh();
    List<CertificateFact> all = new ArrayList<>(CertificateBook.facts());
    List<String> wrong = new ArrayList<>(CertificateBook.problems());
    String fingerprint = "";
    if (own.isPresent()) {
      List<String> unfit = AccessRules.certificateProblems(settings);
      wrong.addAll(unfit);
      if (unfit.isEmpty()) {
        List<CertificateFact> chain = CertificateFiles.facts("admin endpoint", own.get());
        all.addAll(chain);
        fingerprint = chain.toString();
      }
    }
    return new Look(List.copyOf(all), wrong, fingerprint);
  }

  private void take(Look look) {
    if (!look.fingerprint().isEmpty() && !look.fingerprint().equals(ownSeen)) {
      if (!ownSeen.isEmpty()) {
        renewed.run();
      }
      ownSeen = look.fingerprint();
    }
    facts = look.facts();
    problems = look.problems();
    Map<List<String>, Gauge> gone = new HashMap<>(gauges);
    for (CertificateFact fact : facts) {
      List<String> tags = tags(fact);
      gone.remove(tags);
      gauges.computeIfAbsent(
          tags,
          added ->
              AdminMetrics.CERTIFICATE_DAYS.gauge(
                  Meters.registry(), () -> daysLeft(added), added.toArray(String[]::new)));
    }
    gone.forEach(
        (tags, gauge) -> {
          Meters.registry().remove(gauge);
          gauges.remove(tags);
        });
  }

  /** Of several with the same name, the one that expires first. */
  private double daysLeft(List<String> tags) {
    return facts.stream()
        .filter(fact -> tags(fact).equals(tags))
        .mapToDouble(CertificateFact::daysLeft)
        .min()
        .orElse(Double.NaN);
  }

  private static List<String> tags(CertificateFact fact) {
    return List.of(fact.server(), kind(fact), fact.name());
  }

  private static String kind(CertificateFact fact) {
    return fact.kind().name().toLowerCase(Locale.ROOT);
  }
}
