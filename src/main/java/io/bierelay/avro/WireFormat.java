package io.bierelay.avro;

import org.jspecify.annotations.Nullable;

/**
 * The registry's wire format: byte 0 is 0x00, bytes 1 to 4 are the schema's id in big-endian order,
 * then comes Avro binary.
 */
public final class WireFormat {

  /** How many bytes stand before Avro's. */
  public static final int HEADER_LENGTH = 5;

  private static final byte MAGIC = 0;

  private WireFormat() {}

  /**
   * The schema's id, 0 or above.
   *
   * @param value a Kafka record's value, null for a tombstone
   * @throws PoisonException {@code null-value}, {@code too-short} or {@code not-wire-format}
   */
  public static int schemaId(byte @Nullable [] value) {
    if (value == null) {
      throw new PoisonException(PoisonReason.NULL_VALUE, "the record has no value (a tombstone)");
    }
    if (value.length > 0 && value[0] != MAGIC) {
      throw new PoisonException(
          PoisonReason.NOT_WIRE_FORMAT,
          "the first byte is not 0x00, so the value was not written by a registry's serializer");
    }
    if (value.length < HEADER_LENGTH) {
      throw new PoisonException(
          PoisonReason.TOO_SHORT,
          "the value has %d bytes, the wire format's header alone has %d"
              .formatted(value.length, HEADER_LENGTH));
    }
    int id =
        (value[1] & 0xFF) << 24
            | (value[2] & 0xFF) << 16
            | (value[3] & 0xFF) << 8
            | (value[4] & 0xFF);
    if (id < 0) {
      throw new PoisonException(
          PoisonReason.NOT_WIRE_FORMAT, "the schema id is negative, which no registry hands out");
    }
    return id;
  }
}
