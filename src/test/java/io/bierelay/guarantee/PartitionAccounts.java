package io.bierelay.guarantee;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.TopicPartition;

/**
 * What one instance says of one partition: how many records it received and what became of them.
 */
record PartitionAccounts(long received, long confirmed, long settledOtherwise, long inFlight) {

  private static final Pattern LINE =
      Pattern.compile(
          "bie_relay_(?:events_(?<kind>received|confirmed|quarantined|parked|dropped|skipped"
              + "|discarded)_total|lane_(?<flight>inflight))\\{(?<tags>[^}]*)\\} (?<value>\\S+)");
  private static final Pattern TOPIC = Pattern.compile("(?:^|,)topic=\"([^\"]+)\"");
  private static final Pattern PARTITION = Pattern.compile("(?:^|,)partition=\"(\\d+)\"");

  /** Reads a scrape in Prometheus' format; what is not there counts as zero. */
  static Map<TopicPartition, PartitionAccounts> parse(String scrape) {
    Map<TopicPartition, PartitionAccounts> accounts = new HashMap<>();
    scrape
        .lines()
        .filter(line -> line.startsWith("bie_relay_"))
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .forEach(
            line -> {
              Optional<TopicPartition> partition = partitionOf(line.group("tags"));
              String kind = line.group("flight") == null ? line.group("kind") : "inflight";
              long value = (long) Double.parseDouble(line.group("value"));
              partition.ifPresent(
                  tp -> accounts.merge(tp, of(kind, value), PartitionAccounts::plus));
            });
    return accounts;
  }

  /** Whether all that was received is accounted for. */
  boolean agree() {
    return received == confirmed + settledOtherwise + inFlight;
  }

  @Override
  public String toString() {
    return "received %d = confirmed %d + quarantined, parked, dropped, skipped, discarded %d + in flight %d"
        .formatted(received, confirmed, settledOtherwise, inFlight);
  }

  private PartitionAccounts plus(PartitionAccounts other) {
    return new PartitionAccounts(
        received + other.received,
        confirmed + other.confirmed,
        settledOtherwise + other.settledOtherwise,
        inFlight + other.inFlight);
  }

  private static PartitionAccounts of(String kind, long value) {
    return switch (kind) {
      case "received" -> new PartitionAccounts(value, 0, 0, 0);
      case "confirmed" -> new PartitionAccounts(0, value, 0, 0);
      case "inflight" -> new PartitionAccounts(0, 0, 0, value);
      default -> new PartitionAccounts(0, 0, value, 0);
    };
  }

  private static Optional<TopicPartition> partitionOf(String tags) {
    Matcher topic = TOPIC.matcher(tags);
    Matcher partition = PARTITION.matcher(tags);
    return topic.find() && partition.find()
        ? Optional.of(new TopicPartition(topic.group(1), Integer.parseInt(partition.group(1))))
        : Optional.empty();
  }
}
