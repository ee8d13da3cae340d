package io.bierelay.ingest;

import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

/**
 * What the group has committed of a partition.
 *
 * @param offset -1 if nothing
 * @param topicId the incarnation of the topic that the offset belongs to; empty if the commit did
 *     not say
 */
record Committed(long offset, String topicId) {

  static final Committed NOTHING = new Committed(-1, "");

  static Committed of(@Nullable OffsetAndMetadata offset) {
    return offset == null ? NOTHING : new Committed(offset.offset(), offset.metadata());
  }

  /** Whether it belongs to another incarnation of the topic, and so means nothing. */
  boolean isOfAnother(String currentTopicId) {
    return !topicId.isEmpty() && !topicId.equals(currentTopicId);
  }
}
