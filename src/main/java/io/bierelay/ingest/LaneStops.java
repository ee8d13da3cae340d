package io.bierelay.ingest;

import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** Which lanes of one consumer stand still: those that people paused, and those being moved. */
final class LaneStops {

  private final PauseBook pauses;
  private final Set<TopicPartition> moving = new HashSet<>();

  LaneStops(PauseBook pauses) {
    this.pauses = pauses;
  }

  PauseBook pauses() {
    return pauses;
  }

  /** Has a lane stand still, or go on, as things are. Event loop. */
  void apply(Lane lane) {
    lane.stand(moving.contains(lane.partition()) || pauses.pauseOf(lane.partition()).isPresent());
  }

  /**
   * A lane stands still, to be moved.
   *
   * @return false if it is being moved already
   */
  boolean beginMove(Lane lane) {
    boolean first = moving.add(lane.partition());
    apply(lane);
    return first;
  }

  /** It is moved, or won't be. The caller applies it to the lane that is there now. */
  void endMove(TopicPartition partition) {
    moving.remove(partition);
  }
}
