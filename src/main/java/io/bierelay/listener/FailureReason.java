package io.bierelay.listener;

import java.util.Locale;

/** Why a message failed, for metrics and logs, and what that means for the messages behind it. */
enum FailureReason {
  /** The body is no change of an entity. */
  BAD_MESSAGE(Reach.MESSAGE),
  /** The API says that there is no such entity. */
  ENTITY_NOT_FOUND(Reach.MESSAGE),
  /** The API's answer is no entity: too large, no object, an unexpected status. */
  API_ANSWER(Reach.MESSAGE),
  /** The API did not answer, or is in trouble, as often as it was asked. */
  API_AWAY(Reach.OTHERS),
  /** The API does not let us in. */
  API_REFUSED(Reach.OTHERS),
  /** The API failed so often lately that it is left alone for a while. */
  CIRCUIT_OPEN(Reach.OTHERS),
  /** The registry has no schema for the topic. */
  SCHEMA_MISSING(Reach.MESSAGE),
  /** The registry's schema is of no use: no Avro, no record. */
  SCHEMA_UNUSABLE(Reach.MESSAGE),
  /** The registry did not answer. */
  REGISTRY_AWAY(Reach.OTHERS),
  /** Event and entity don't fit the schema. */
  RECORD_MISMATCH(Reach.MESSAGE),
  /** The record is larger than Kafka takes. */
  RECORD_TOO_LARGE(Reach.MESSAGE),
  /** The topic is not there and can't be created as configured. */
  TOPIC(Reach.KAFKA),
  /** Kafka did not acknowledge in time, or refuses us. */
  KAFKA_AWAY(Reach.KAFKA),
  /** The message's time is over. */
  TIMEOUT(Reach.OTHERS),
  /** A mistake of ours. */
  INTERNAL(Reach.MESSAGE);

  /** Whom a failure concerns. */
  enum Reach {
    /** This message alone. */
    MESSAGE,
    /** Probably those behind it as well. */
    OTHERS,
    /** All, until Kafka is there as needed; which can be found out without a message. */
    KAFKA
  }

  private final Reach reach;

  FailureReason(Reach reach) {
    this.reach = reach;
  }

  Reach reach() {
    return reach;
  }

  /** As the metric's tag has it. */
  String tag() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
