package io.bierelay.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * An event's identity: a name-based UUID (version 5, RFC 9562, section 5.5) of where it stands in
 * Kafka.
 *
 * <p>The same record always gets the same id, whoever relays it and however often; a topic that was
 * deleted and created again has another topic id, so its records are others. The id is the message
 * id, the row's key, and the handle in logs.
 */
public final class EventId {

  /** The namespace of this project's ids; a constant for ever. */
  private static final UUID NAMESPACE = UUID.fromString("6f5d1c1e-0c0b-5b7e-9a55-b1e0c0de4a11");

  /** What the ids of one partition have in common is worked out once, not for each. */
  private static final ThreadLocal<Maker> MAKER = ThreadLocal.withInitial(Maker::new);

  private EventId() {}

  /**
   * @param topicId Kafka's id of the topic's incarnation, as text
   * @param topic the topic's name
   * @param partition the partition, 0 or above
   * @param offset the record's offset; a ledger's note may have -1
   */
  public static UUID of(String topicId, String topic, int partition, long offset) {
    return MAKER.get().make(topicId, topic, partition, offset);
  }

  /** Makes the ids of one thread. */
  private static final class Maker {

    private static final int MOST_DIGITS = 20;

    private final NameDigest digest = new NameDigest();
    private final byte[] digits = new byte[MOST_DIGITS];
    private String topicId = "";
    private String topic = "";
    private int partition = -1;

    UUID make(String ofTopicId, String ofTopic, int ofPartition, long offset) {
      if (ofPartition != partition || !ofTopic.equals(topic) || !ofTopicId.equals(topicId)) {
        begin(ofTopicId, ofTopic, ofPartition);
      }
      if (offset < 0) {
        byte[] text = Long.toString(offset).getBytes(UTF_8);
        digest.digest(text, 0, text.length);
      } else {
        int at = MOST_DIGITS;
        long left = offset;
        do {
          digits[--at] = (byte) ('0' + left % 10);
          left /= 10;
        } while (left > 0);
        digest.digest(digits, at, MOST_DIGITS);
      }
      long high = (digest.high() & ~0xF000L) | 0x5000L;
      long low = (digest.low() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
      return new UUID(high, low);
    }

    private void begin(String ofTopicId, String ofTopic, int ofPartition) {
      // If an error of the virtual machine ends this half-way, no partition may take it for its
      // own.
      partition = -1;
      byte[] name = (ofTopicId + '/' + ofTopic + '/' + ofPartition + '/').getBytes(UTF_8);
      digest.begin(
          ByteBuffer.allocate(Long.BYTES * 2 + name.length)
              .putLong(NAMESPACE.getMostSignificantBits())
              .putLong(NAMESPACE.getLeastSignificantBits())
              .put(name)
              .array());
      topicId = ofTopicId;
      topic = ofTopic;
      partition = ofPartition;
    }
  }
}
