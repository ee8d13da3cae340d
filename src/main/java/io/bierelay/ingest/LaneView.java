package io.bierelay.ingest;

import io.bierelay.ingest.LaneConsumer.PartitionSnapshot;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * The lanes as a person wants to see them: where each partition stands, and why it does not go on.
 *
 * @param committed the offsets that Kafka has stored
 * @param snapshots where the consumer stands
 * @param blocked by the notifier's address, why its broker takes nothing at the moment
 */
record LaneView(
    Map<TopicPartition, Long> committed,
    Map<TopicPartition, PartitionSnapshot> snapshots,
    Map<String, String> blocked) {

  /** A confirm takes milliseconds; what takes this long is worth a word. */
  private static final long SLOW_MS = 3_000;

  /** One object per lane: those that don't go on come first. */
  JsonArray describe(Collection<Lane> lanes) {
    JsonArray array = new JsonArray();
    lanes.stream()
        .sorted(
            Comparator.comparing((Lane lane) -> reason(lane).isEmpty())
                .thenComparing(lane -> lane.partition().topic())
                .thenComparing(lane -> lane.partition().partition()))
        .forEach(lane -> array.add(describe(lane)));
    return array;
  }

  /** Why a lane does not go on; empty when it does. */
  String reason(Lane lane) {
    String own = lane.condition().reason();
    if (!own.isEmpty() || lane.oldestMs() < SLOW_MS) {
      return own;
    }
    String why = blocked.getOrDefault(lane.notifier(), "");
    return why.isEmpty()
        ? "RabbitMQ has not confirmed what was sent %d s ago".formatted(lane.oldestMs() / 1_000)
        : why;
  }

  /**
   * From the committed offset to the end: what would be received again and what is still to come;
   * -1 if it is not known.
   */
  long lag(Lane lane) {
    PartitionSnapshot snapshot = snapshots.get(lane.partition());
    if (snapshot == null || snapshot.endOffset() < 0) {
      return -1;
    }
    long done = committedOf(lane);
    long from = done >= 0 ? done : snapshot.position() - lane.inFlight();
    return from < 0 ? -1 : Math.max(0, snapshot.endOffset() - from);
  }

  private long committedOf(Lane lane) {
    return committed.getOrDefault(lane.partition(), -1L);
  }

  private Instant since(Lane lane) {
    boolean silentlySlow = lane.condition().reason().isEmpty() && lane.oldestMs() >= SLOW_MS;
    return silentlySlow ? Instant.now().minusMillis(lane.oldestMs()) : lane.condition().since();
  }

  private JsonObject describe(Lane lane) {
    TopicPartition partition = lane.partition();
    PartitionSnapshot snapshot = snapshots.get(partition);
    long committedOffset = committedOf(lane);
    // The snapshot is up to a second old; what is committed since was certainly fetched.
    long position = Math.max(snapshot == null ? -1 : snapshot.position(), committedOffset);
    long endOffset =
        snapshot == null || snapshot.endOffset() < 0
            ? -1
            : Math.max(snapshot.endOffset(), position);
    String reason = reason(lane);
    String state = lane.isDraining() ? "draining" : reason.isEmpty() ? "running" : "held";
    return new JsonObject()
        .put("topic", partition.topic())
        .put("partition", partition.partition())
        .put("eventType", lane.type().name())
        .put("exchange", lane.type().exchange())
        .put("state", state)
        .put("reason", reason)
        .put("since", since(lane).toString())
        .put("epoch", lane.epoch())
        .put("position", position)
        .put("committed", committedOffset)
        .put("endOffset", endOffset)
        .put("lag", lag(lane))
        .put("inFlight", lane.inFlight())
        .put("accounts", lane.accounts())
        .put("lastError", lane.condition().lastError())
        .put("ledger", lane.memory().ledger())
        .put("lock", lane.memory().lock())
        .put("ledgerDoubt", lane.memory().doubt());
  }
}
