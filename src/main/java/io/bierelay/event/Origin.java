package io.bierelay.event;

/**
 * Where an event stands in Kafka.
 *
 * @param partition 0 or above
 * @param offset 0 or above
 */
public record Origin(String topic, int partition, long offset) {

  @Override
  public String toString() {
    return topic + "-" + partition + "@" + offset;
  }
}
