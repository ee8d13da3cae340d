package io.bierelay.admin;

import io.bierelay.admin.Check.Condition;
import io.bierelay.launch.LaunchFacts.Expected;
import io.bierelay.status.VerticleStatus;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Holds the latest that each verticle instance said of itself against what was deployed.
 *
 * <p>Used on the admin verticle's context only. Time is taken from a monotonic clock, so that a
 * corrected wall clock makes nobody silent.
 */
final class StatusBoard {

  private final List<Expected> expected;
  private final Duration silenceLimit;
  private final LongSupplier nanoClock;
  private final Instant begin = Instant.now();
  private final Map<Key, Entry> entries = new LinkedHashMap<>();
  private final Map<String, Set<String>> everSeen = new LinkedHashMap<>();
  private String drained = "";
  private Instant drainedSince = begin;

  /**
   * @param expected what the launcher deploys
   * @param nanoClock monotonic, in nanoseconds, as {@link System#nanoTime}
   */
  StatusBoard(List<Expected> expected, Duration silenceLimit, LongSupplier nanoClock) {
    this.expected = List.copyOf(expected);
    this.silenceLimit = silenceLimit;
    this.nanoClock = nanoClock;
  }

  /** Somebody has this process give up its work: what is stopped or gone is so on purpose. */
  void drain(String reason) {
    drained = reason;
    drainedSince = Instant.now();
  }

  /** It did not come to that. */
  void undrain() {
    drained = "";
  }

  private record Key(String verticle, String instance) {}

  private record Entry(VerticleStatus status, long atNanos) {}

  /** Takes the newest word of one instance. */
  void accept(VerticleStatus status) {
    entries.put(
        new Key(status.verticle(), status.instance()), new Entry(status, nanoClock.getAsLong()));
    Set<String> seen = everSeen.computeIfAbsent(status.verticle(), name -> new HashSet<>());
    // A verticle that is redeployed again and again must not make this grow: what matters is only
    // whether as many as were expected have ever been there.
    if (seen.size() < expectedOf(status.verticle())) {
      seen.add(status.instance());
    }
  }

  /** Whether every expected instance has reported at least once; never becomes false again. */
  boolean isStarted() {
    return expected.stream()
        .allMatch(one -> everSeen.getOrDefault(one.verticle(), Set.of()).size() >= one.instances());
  }

  /** One check for each instance that is there or should be, the most urgent first. */
  List<Check> checks() {
    forgetReplaced();
    List<Check> checks = new ArrayList<>();
    entries.values().forEach(entry -> checks.add(check(entry)));
    for (Expected one : expected) {
      long there =
          entries.keySet().stream().filter(k -> k.verticle().equals(one.verticle())).count();
      for (long i = there; i < one.instances(); i++) {
        checks.add(missing(one.verticle()));
      }
    }
    checks.sort(
        Comparator.comparing(Check::condition)
            .thenComparing(Check::name)
            .thenComparing(check -> String.valueOf(check.instance())));
    return checks;
  }

  /** All that is consumed, each object with its verticle and the age of the information. */
  JsonArray subscriptions() {
    forgetReplaced();
    JsonArray merged = new JsonArray();
    entries.values().stream()
        .sorted(Comparator.comparing((Entry entry) -> entry.status().verticle()))
        .forEach(entry -> addSubscriptions(entry, merged));
    return merged;
  }

  private void addSubscriptions(Entry entry, JsonArray into) {
    JsonArray own = entry.status().subscriptions();
    for (int i = 0; i < own.size(); i++) {
      JsonObject one = own.getJsonObject(i).copy();
      one.put("verticle", entry.status().verticle());
      one.put("ageMs", silence(entry).toMillis());
      into.add(one);
    }
  }

  private Check missing(String verticle) {
    return drained.isEmpty()
        ? new Check(verticle, null, Condition.MISSING, "not deployed yet", begin)
        : new Check(verticle, null, Condition.DRAINED, drained, drainedSince);
  }

  private Check check(Entry entry) {
    VerticleStatus status = entry.status();
    if (status.state() == State.STOPPING && !drained.isEmpty()) {
      return new Check(
          status.verticle(), status.instance(), Condition.DRAINED, drained, drainedSince);
    }
    Condition condition = Condition.of(status.state());
    String reason = status.reason();
    Instant since = status.since();
    // What has failed says no more, and its reason is worth more than its silence.
    if (condition != Condition.FAILED && isSilent(entry)) {
      Duration silence = silence(entry);
      reason =
          "no report for %d s (last: %s%s); its thread is blocked or it has ended"
              .formatted(
                  silence.toSeconds(),
                  condition,
                  status.reason().isEmpty() ? "" : ", " + status.reason());
      condition = Condition.SILENT;
      since = Instant.now().minus(silence);
    }
    return new Check(status.verticle(), status.instance(), condition, reason, since);
  }

  /**
   * A silent instance that said goodbye, or whose place others have taken, is gone and not in
   * trouble; without this, redeploying a verticle would leave readiness down for ever.
   */
  private void forgetReplaced() {
    entries
        .values()
        .removeIf(
            entry ->
                isSilent(entry)
                    && (entry.status().state() == State.STOPPING || isReplaced(entry.status())));
  }

  private boolean isReplaced(VerticleStatus status) {
    long alive =
        entries.values().stream()
            .filter(entry -> entry.status().verticle().equals(status.verticle()))
            .filter(entry -> !isSilent(entry))
            .count();
    return alive >= Math.max(1, expectedOf(status.verticle()));
  }

  private int expectedOf(String verticle) {
    return expected.stream()
        .filter(one -> one.verticle().equals(verticle))
        .mapToInt(Expected::instances)
        .sum();
  }

  private boolean isSilent(Entry entry) {
    return silence(entry).compareTo(silenceLimit) > 0;
  }

  private Duration silence(Entry entry) {
    long nanos = nanoClock.getAsLong() - entry.atNanos();
    return Duration.ofMillis(TimeUnit.NANOSECONDS.toMillis(nanos));
  }
}
