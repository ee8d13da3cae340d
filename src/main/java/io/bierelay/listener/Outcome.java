package io.bierelay.listener;

/** How a message ended that did not fail. */
sealed interface Outcome {

  /** Kafka has acknowledged the record. */
  record Sent(String topic, int partition, long offset) implements Outcome {}

  /** No entity is configured for its event type. */
  record Ignored(String eventType) implements Outcome {}
}
