package io.bierelay.guarantee;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks every running instance several times a second for its metrics, and keeps what follows from
 * them: how many notifications were confirmed by when, whether the accounts agree, how much memory
 * was used at most.
 */
final class ProgressWatch implements AutoCloseable {

  private static final long INTERVAL_MILLIS = 400;

  /**
   * A scrape takes milliseconds and reads one counter after the other, so under load one may be
   * taken in the middle of an update. For a partition to disagree at every scrape of so long a time
   * by that alone is as good as impossible.
   */
  private static final long DISAGREE_NANOS = TimeUnit.SECONDS.toNanos(8);

  private static final int DISAGREE_SCRAPES = 12;

  /** At that moment so many were confirmed in all, by all instances that ever were. */
  record Sample(long nanos, long confirmed) {}

  private record Key(Member member, TopicPartition partition) {}

  private static final class Disagreement {
    final long since = System.nanoTime();
    int scrapes;
  }

  private final Fleet fleet;
  private final Map<Member, Map<TopicPartition, PartitionAccounts>> last = new LinkedHashMap<>();
  private final Map<Key, Disagreement> disagreements = new HashMap<>();
  private final Map<String, String> violations = new LinkedHashMap<>();
  private final List<Sample> samples = new ArrayList<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "guarantee-watch");
            thread.setDaemon(true);
            return thread;
          });
  private long peakKiB;

  ProgressWatch(Fleet fleet) {
    this.fleet = fleet;
    var unused =
        clock.scheduleWithFixedDelay(
            this::sample, INTERVAL_MILLIS, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Asks now; returns how many were confirmed of topics whose names begin so. */
  synchronized long confirmedNow(String topicPrefix) {
    sample();
    return last.values().stream()
        .flatMap(partitions -> partitions.entrySet().stream())
        .filter(entry -> entry.getKey().topic().startsWith(topicPrefix))
        .mapToLong(entry -> entry.getValue().confirmed())
        .sum();
  }

  /** All samples so far, in the order of time. */
  synchronized List<Sample> samples() {
    return List.copyOf(samples);
  }

  /** Partitions whose accounts did not agree at any scrape of seconds. */
  synchronized List<String> violations() {
    return List.copyOf(violations.values());
  }

  /** The most memory that one instance had at once, in KiB. */
  synchronized long peakKiB() {
    return peakKiB;
  }

  /**
   * Asks now, and tells what does not agree or is in flight, when nothing should be. Empty when all
   * is settled.
   */
  synchronized List<String> unsettled() {
    List<String> unsettled = new ArrayList<>();
    for (Member member : fleet.live()) {
      var accounts = member.accounts();
      if (accounts.isEmpty()) {
        unsettled.add(member.name() + " does not answer");
        continue;
      }
      accounts
          .get()
          .forEach(
              (partition, one) -> {
                if (!one.agree() || one.inFlight() != 0) {
                  unsettled.add("%s, %s: %s".formatted(member.name(), partition, one));
                }
              });
    }
    return unsettled;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  private synchronized void sample() {
    for (Member member : fleet.live()) {
      member
          .accounts()
          .ifPresent(
              accounts -> {
                last.put(member, accounts);
                accounts.forEach((partition, one) -> audit(member, partition, one));
              });
      peakKiB = Math.max(peakKiB, member.process().peakMemoryKiB());
    }
    long confirmed =
        last.values().stream()
            .flatMap(partitions -> partitions.values().stream())
            .mapToLong(PartitionAccounts::confirmed)
            .sum();
    samples.add(new Sample(System.nanoTime(), confirmed));
  }

  private void audit(Member member, TopicPartition partition, PartitionAccounts one) {
    Key key = new Key(member, partition);
    if (one.agree()) {
      disagreements.remove(key);
      return;
    }
    Disagreement disagreement = disagreements.computeIfAbsent(key, k -> new Disagreement());
    disagreement.scrapes++;
    if (disagreement.scrapes >= DISAGREE_SCRAPES
        && System.nanoTime() - disagreement.since > DISAGREE_NANOS) {
      violations.putIfAbsent(
          member.name() + partition,
          "%s, %s, for %d scrapes: %s"
              .formatted(member.name(), partition, disagreement.scrapes, one));
    }
  }
}
