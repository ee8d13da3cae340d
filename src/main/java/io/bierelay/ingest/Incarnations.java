package io.bierelay.ingest;

import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a topic was deleted and created again while its partitions were assigned. Event
 * loop.
 *
 * <p>Offsets then begin again, and Kafka's client does not tell: it goes on at the old position if
 * the new topic has come as far, and skips what is before it. Only the topic's id differs.
 */
final class Incarnations {

  private static final Logger LOG = LoggerFactory.getLogger(Incarnations.class);

  /** A new id may take a moment to reach the broker that is asked. */
  private static final int ATTEMPTS = 3;

  private static final long ATTEMPT_MS = 1_000;

  private final Vertx vertx;
  private final Restarts restarts;
  private final Map<TopicPartition, String> suspects = new HashMap<>();
  private @Nullable TopicIds topicIds;

  /** What is done about it. */
  interface Restarts {
    /** Whether the lane still is its partition's. */
    boolean isCurrent(Lane lane);

    /** The partition is read from its beginning, as another topic's. */
    void isAnotherTopic(Lane lane, String topicId);

    /** The partition is read from this offset, with a new lane. */
    void restart(Lane lane, long offset);
  }

  Incarnations(Vertx vertx, Restarts restarts) {
    this.vertx = vertx;
    this.restarts = restarts;
  }

  /** Whom to ask from now on. */
  void attach(TopicIds ids) {
    topicIds = ids;
    suspects.clear();
  }

  /** The partition has a new lane. */
  void forget(TopicPartition partition) {
    suspects.remove(partition);
  }

  /**
   * Compares with what Kafka tells. What differs once may come from a broker that is behind; what
   * differs twice is another topic.
   */
  void compare(List<Lane> lanes, Map<String, String> current) {
    for (Lane lane : lanes) {
      String now = current.get(lane.partition().topic());
      String own = lane.topicId();
      if (now == null || own == null || now.equals(own)) {
        suspects.remove(lane.partition());
      } else if (now.equals(suspects.put(lane.partition(), now))) {
        suspects.remove(lane.partition());
        restarts.isAnotherTopic(lane, now);
      }
    }
  }

  /** A partition's offsets went back: either it is another topic, or its log became shorter. */
  void lookInto(Lane lane, long offset) {
    lookInto(lane, offset, 1);
  }

  private void lookInto(Lane lane, long offset, int attempt) {
    TopicIds ids = topicIds;
    if (ids == null || !restarts.isCurrent(lane)) {
      return;
    }
    TopicPartition partition = lane.partition();
    ids.forget(partition.topic());
    ids.idOf(partition.topic())
        .onComplete(
            id -> {
              if (id.succeeded() && !id.result().equals(lane.topicId())) {
                restarts.isAnotherTopic(lane, id.result());
              } else if (id.succeeded() && attempt >= ATTEMPTS) {
                LOG.warn(
                    "the log of {} has become shorter: what Kafka has lost and then written anew"
                        + " has the ids of what it had before, and may be taken for it",
                    partition);
                restarts.restart(lane, offset);
              } else {
                // Without an answer it is asked for as long as it takes: the lane is held
                // meanwhile.
                int next = id.succeeded() ? attempt + 1 : attempt;
                vertx.setTimer(ATTEMPT_MS, timer -> lookInto(lane, offset, next));
              }
            });
  }
}
