package io.bierelay.ingest;

import io.bierelay.event.PauseRule;
import io.bierelay.event.SubscriptionBus;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/**
 * What people said of partitions, for all consumers of this process: so it outlives a rebalance.
 * Thread-safe.
 */
final class PauseBook {

  private final Map<String, PauseRule> rules = new HashMap<>();

  /** Of each rule that others keep as well, when it was said. */
  private Map<String, Long> kept = Map.of();

  /** What decides whether a partition stands still; empty if it does not. */
  synchronized Optional<PauseRule> pauseOf(TopicPartition partition) {
    if (rules.isEmpty()) {
      return Optional.empty();
    }
    String topic = partition.topic();
    return Stream.of(
            PauseRule.key(SubscriptionBus.ALL_TOPICS, SubscriptionBus.ALL_PARTITIONS),
            PauseRule.key(topic, SubscriptionBus.ALL_PARTITIONS),
            PauseRule.key(topic, partition.partition()))
        .map(rules::get)
        .filter(Objects::nonNull)
        .max(Comparator.comparingLong(PauseRule::at))
        .filter(PauseRule::paused);
  }

  /** A rule of now: later than all that is known, even if another machine's clock is ahead. */
  synchronized PauseRule write(
      String topic, int partition, boolean paused, String who, String why) {
    long newest = rules.values().stream().mapToLong(PauseRule::at).max().orElse(0);
    long at = Math.max(Instant.now().toEpochMilli(), newest + 1);
    return new PauseRule(topic, partition, paused, who, why, at);
  }

  /**
   * Takes rules in; of those that say something of the same, the newest stays.
   *
   * @return whether anything was new
   */
  synchronized boolean learn(Collection<PauseRule> others) {
    boolean any = false;
    for (PauseRule rule : others) {
      PauseRule own = rules.get(rule.key());
      if (own == null || own.at() < rule.at()) {
        rules.put(rule.key(), rule);
        any = true;
      }
    }
    return any;
  }

  /** Exactly these are kept elsewhere. */
  synchronized void areKept(Collection<PauseRule> all) {
    Map<String, Long> times = new HashMap<>();
    all.forEach(rule -> times.put(rule.key(), rule.at()));
    kept = times;
  }

  /** Those that nobody else keeps yet. */
  synchronized List<PauseRule> notKept() {
    return rules.values().stream()
        .filter(rule -> kept.getOrDefault(rule.key(), -1L) < rule.at())
        .toList();
  }
}
