package io.bierelay.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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

  private static final byte[] NAMESPACE_BYTES =
      ByteBuffer.allocate(16)
          .putLong(NAMESPACE.getMostSignificantBits())
          .putLong(NAMESPACE.getLeastSignificantBits())
          .array();

  /** To look the algorithm up takes longer than to use it; a digest begins anew by itself. */
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

  /** Makes the ids of one thread: its digest, and what the ids of one partition have in common. */
  private static final class Maker {

    private static final int MOST_DIGITS = 20;

    private final MessageDigest sha1 = sha1();
    private final byte[] digits = new byte[MOST_DIGITS];
    private final byte[] hash = new byte[sha1.getDigestLength()];
    private final ByteBuffer hashed = ByteBuffer.wrap(hash);
    private String topicId = "";
    private String topic = "";
    private int partition = -1;
    private byte[] prefix = {};

    UUID make(String ofTopicId, String ofTopic, int ofPartition, long offset) {
      if (ofPartition != partition || !ofTopic.equals(topic) || !ofTopicId.equals(topicId)) {
        prefix = (ofTopicId + '/' + ofTopic + '/' + ofPartition + '/').getBytes(UTF_8);
        topicId = ofTopicId;
        topic = ofTopic;
        partition = ofPartition;
      }
      // What an error of the virtual machine left behind here once would falsify every later id.
      sha1.reset();
      sha1.update(NAMESPACE_BYTES);
      sha1.update(prefix);
      if (offset < 0) {
        sha1.update(Long.toString(offset).getBytes(UTF_8));
      } else {
        int at = MOST_DIGITS;
        long left = offset;
        do {
          digits[--at] = (byte) ('0' + left % 10);
          left /= 10;
        } while (left > 0);
        sha1.update(digits, at, MOST_DIGITS - at);
      }
      try {
        sha1.digest(hash, 0, hash.length);
      } catch (DigestException e) {
        throw new IllegalStateException("the array has the digest's length", e);
      }
      long high = (hashed.getLong(0) & ~0xF000L) | 0x5000L;
      long low = (hashed.getLong(8) & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
      return new UUID(high, low);
    }
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
