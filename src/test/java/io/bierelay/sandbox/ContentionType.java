package io.bierelay.sandbox;

import java.util.Locale;

/** The five kinds of contention event as BIE, and not this project, defines them. */
public enum ContentionType {
  /** A contention was added to a claim. */
  ASSOCIATED("ASSOCIATED_TO_CLAIM", "ContentionAssociatedToClaim"),
  /** A contention changed. */
  UPDATED("UPDATED", "ContentionUpdated"),
  /** A contention got a classification. */
  CLASSIFIED("CLASSIFIED", "ContentionClassified"),
  /** Work on a contention ended. */
  COMPLETED("COMPLETED", "ContentionCompleted"),
  /** A contention was taken off its claim. */
  DELETED("DELETED", "ContentionDeleted");

  /** The infix of the sandbox's topics. */
  public static final String INFIX = "TST";

  private final String topicEvent;
  private final String recordName;

  ContentionType(String topicEvent, String recordName) {
    this.topicEvent = topicEvent;
    this.recordName = recordName;
  }

  /** The topic's name in the style of the specification's examples. */
  public String topic() {
    return INFIX + "_CONTENTION_BIE_CONTENTION_" + topicEvent + "_V02";
  }

  /** The topic's name in the later style. */
  public String catalogTopic() {
    return "BIA_SERVICES_BIE_CATALOG_" + INFIX + "_CONTENTION_" + topicEvent + "_V02";
  }

  /** The registry's subject of the topic's values. */
  public String subject() {
    return topic() + "-value";
  }

  /** The Avro record's name. */
  public String recordName() {
    return recordName;
  }

  /** The exchange whose name every client knows. */
  public String exchange() {
    return "bie-events-" + eventType();
  }

  /** What the database calls it. */
  public String eventType() {
    return "contention-" + name().toLowerCase(Locale.ROOT);
  }
}
