package io.bierelay.avro;

/** Why a record can never be decoded; few and constant, so fit for a metric's tag. */
public enum PoisonReason {
  /** The record has no value: a tombstone. */
  NULL_VALUE("null-value"),
  /** The schema's id is in a record header, and the value is not in the wire format. */
  SCHEMA_ID_IN_HEADER("schema-id-in-header"),
  /** The first byte is not the wire format's. */
  NOT_WIRE_FORMAT("not-wire-format"),
  /** The value is shorter than the wire format's header. */
  TOO_SHORT("too-short"),
  /** The registry does not know the schema id. */
  UNKNOWN_SCHEMA("unknown-schema"),
  /** The schema id stands for JSON Schema, Protobuf or another type. */
  SCHEMA_NOT_AVRO("schema-not-avro"),
  /** The registry's schema can't be parsed or compiled. */
  INVALID_SCHEMA("invalid-schema"),
  /** The bytes end before the schema does, or state a length beyond their end. */
  TRUNCATED("truncated"),
  /** Bytes are left after the schema's end. */
  TRAILING_BYTES("trailing-bytes"),
  /** The bytes stand for no value of their schema. */
  INVALID_VALUE("invalid-value"),
  /** Records, arrays and maps are nested deeper than {@code avro.max.depth}. */
  TOO_DEEP("too-deep"),
  /** The JSON would be longer than {@code avro.json.max.size}, or a number absurdly long. */
  TOO_LARGE("too-large"),
  /** The value is to be JSON text, and is not. */
  INVALID_JSON("invalid-json"),
  /**
   * The configured deserializer can't read the value, or returned what can't be written as JSON.
   */
  DESERIALIZER_FAILED("deserializer-failed");

  private final String tag;

  PoisonReason(String tag) {
    this.tag = tag;
  }

  /** The constant as it stands in metrics and in the headers of dead letters. */
  public String tag() {
    return tag;
  }
}
