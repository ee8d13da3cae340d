package io.bierelay.guarantee;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** The guarantees that scenarios expect. */
final class Guarantees {

  /** As {@code ingest.batches.in.flight} × {@code ingest.batch.records} are by default. */
  private static final int IN_FLIGHT = 4 * 200;

  /** {@code kafka.commit.interval}, and what a poll and a commit take besides, in seconds. */
  private static final double COMMIT_SECONDS = 0.2 + 0.3;

  private static final int SHOWN = 5;

  private Guarantees() {}

  /** Each record is where it should be: a queue at its exchange, or the dead letters. */
  static Guarantee nothingLost() {
    return evidence ->
        describe(evidence, "lost", one -> one.lost().cardinality(), PartitionLedger::lost);
  }

  /** Nothing came out that was not put in, nor at another place, nor under another id. */
  static Guarantee nothingInvented() {
    return evidence -> {
      List<String> broken =
          new ArrayList<>(
              describe(
                  evidence,
                  "unexpected",
                  one -> one.unexpected().cardinality(),
                  PartitionLedger::unexpected));
      List<String> strangers = evidence.ledger().strangers();
      if (!strangers.isEmpty()) {
        broken.add(
            "%d messages with an id that is not their record's, such as %s"
                .formatted(strangers.size(), strangers.subList(0, Math.min(2, strangers.size()))));
      }
      return broken;
    };
  }

  /** Nothing was parked: a queue was bound, or the policy is to wait for one. */
  static Guarantee nothingParked() {
    return evidence -> describe(evidence, "parked", PartitionLedger::parked, one -> new BitSet());
  }

  /** Within each partition, the first publications are in the order of the offsets. */
  static Guarantee orderPerPartition() {
    return evidence ->
        describe(evidence, "out of order", PartitionLedger::outOfOrder, one -> new BitSet());
  }

  /** Each record was published once. */
  static Guarantee noDuplicates() {
    return evidence ->
        describe(evidence, "published twice", PartitionLedger::repeated, one -> new BitSet());
  }

  /**
   * Each partition repeats at most one window per fault: what was in flight, and what was confirmed
   * within a commit interval at the fastest pace that was seen.
   */
  static Guarantee duplicatesBounded() {
    return duplicatesBounded(0);
  }

  /**
   * As the above, where commits may fail for longer.
   *
   * @param more records that may be uncommitted besides, per partition and fault
   */
  static Guarantee duplicatesBounded(int more) {
    return evidence -> {
      double peak = evidence.windows().peakRate(evidence.watch().samples());
      long window = IN_FLIGHT + more + (long) Math.ceil(peak * COMMIT_SECONDS);
      long bound = evidence.faults() * window;
      return evidence.ledger().all().stream()
          .filter(one -> one.repeated() > bound)
          .map(
              one ->
                  "%s was repeated %d times, more than %d faults allow with a window of %d"
                      .formatted(one, one.repeated(), evidence.faults(), window))
          .limit(SHOWN)
          .toList();
    };
  }

  /** On every instance, what was received is accounted for, at any time and at the end. */
  static Guarantee accountsAgree() {
    return evidence -> {
      List<String> broken = new ArrayList<>();
      evidence.watch().violations().forEach(v -> broken.add("accounts while running: " + v));
      evidence.unsettled().forEach(u -> broken.add("accounts when quiet: " + u));
      return broken.size() > SHOWN ? broken.subList(0, SHOWN) : broken;
    };
  }

  /** Between the faults at least half as many are confirmed per second as before the first one. */
  static Guarantee keepsGoing() {
    return evidence -> {
      double calm = evidence.windows().calmRate(evidence.watch().samples());
      double between = evidence.windows().rateBetween(evidence.watch().samples());
      if (calm <= 0) {
        return List.of("nothing was confirmed before the first fault");
      }
      return between >= calm / 2
          ? List.of()
          : List.of("%.0f events/s between the faults, %.0f without any".formatted(between, calm));
    };
  }

  /** Some were parked: otherwise the scenario shows nothing of it. */
  static Guarantee somethingParked() {
    return evidence ->
        evidence.ledger().all().stream().anyMatch(one -> one.parked() > 0)
            ? List.of()
            : List.of("nothing was parked");
  }

  /** No instance ever had more memory than that at once. */
  static Guarantee memoryBelow(int mebibytes) {
    return evidence ->
        evidence.watch().peakKiB() <= mebibytes * 1024L
            ? List.of()
            : List.of(
                "an instance had %d MiB, more than %d"
                    .formatted(evidence.watch().peakKiB() / 1024, mebibytes));
  }

  /** After each return of a server, notifications go on so soon. */
  static Guarantee recoversWithin(Duration limit) {
    return evidence ->
        evidence.recoveries().stream()
            .filter(one -> one.compareTo(limit) > 0)
            .map(one -> "took %.1f s to recover".formatted(one.toMillis() / 1e3))
            .toList();
  }

  private static List<String> describe(
      Evidence evidence,
      String what,
      ToLongFunction<PartitionLedger> count,
      Function<PartitionLedger, BitSet> which) {
    return evidence.ledger().all().stream()
        .filter(one -> count.applyAsLong(one) > 0)
        .limit(SHOWN)
        .map(
            one -> {
              BitSet offsets = which.apply(one);
              String from =
                  offsets.isEmpty()
                      ? ""
                      : ", from offset %d to %d of %d"
                          .formatted(offsets.nextSetBit(0), offsets.length() - 1, one.end());
              return "%s: %d %s%s".formatted(one, count.applyAsLong(one), what, from);
            })
        .toList();
  }
}
