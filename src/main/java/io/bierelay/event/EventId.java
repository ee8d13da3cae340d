package io.bierelay.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
  private static final ThreadLocal<MessageDigest> SHA1 = ThreadLocal.withInitial(EventId::sha1);

  private EventId() {}

  /**
   * @param topicId Kafka's id of the topic's incarnation, as text
   * @param topic the topic's name
   * @param partition the partition, 0 or above
   * @param offset the record's offset, 0 or above
   */
  public static UUID of(String topicId, String topic, int partition, long offset) {
    MessageDigest sha1 = SHA1.get();
    // What an error of the virtual machine left behind here once would falsify every later id.
    sha1.reset();
    sha1.update(NAMESPACE_BYTES);
    String name = topicId + '/' + topic + '/' + partition + '/' + offset;
    ByteBuffer hash = ByteBuffer.wrap(sha1.digest(name.getBytes(StandardCharsets.UTF_8)));
    long high = (hash.getLong() & ~0xF000L) | 0x5000L;
    long low = (hash.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low);
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
