package io.bierelay.event;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How whoever administers meets whoever holds the Kafka subscriptions: requests on the event bus of
 * this process. A failed reply has one of the codes below, and a message for a person.
 *
 * <p>What is asked of a partition reaches it wherever in this process it is. One that another
 * process owns is not touched: the failure, or the answer, names the owner.
 */
public final class SubscriptionBus {

  /**
   * All partitions of the consumer group. Request: an empty object.
   *
   * <p>Answer: {@code subscriptions}, one object per partition; {@code degraded}, a list of what
   * could not be had and why. At most a second old.
   */
  public static final String GROUP = "bie.subscriptions.group";

  /** {@link PauseRequest}, answered by {@link PauseReply}. */
  public static final String PAUSE = "bie.subscriptions.pause";

  /** {@link PauseRequest}, answered by {@link PauseReply}. */
  public static final String RESUME = "bie.subscriptions.resume";

  /** {@link SeekRequest}, answered by {@link SeekReply}. */
  public static final String SEEK = "bie.subscriptions.seek";

  /** Failure code: the request is not one. */
  public static final int BAD_REQUEST = 400;

  /** Failure code: no such topic or partition. */
  public static final int NOT_FOUND = 404;

  /** Failure code: not here, or not now; the message names the owner or the reason. */
  public static final int CONFLICT = 409;

  /** Failure code: the offset is not there; the message has the valid range. */
  public static final int OUT_OF_RANGE = 422;

  /** Failure code: a server that is needed is away; ask again. */
  public static final int UNAVAILABLE = 503;

  /** How long an answer may take, in milliseconds. */
  public static final long TIMEOUT_MS = 30_000;

  /** In a request: every topic. */
  public static final String ALL_TOPICS = "*";

  /** In a request: every partition. */
  public static final int ALL_PARTITIONS = -1;

  private SubscriptionBus() {}

  /** Where a seek goes. */
  public enum Position {
    /** The first record that is still there. */
    EARLIEST,
    /** The end: what is there already is skipped. */
    LATEST,
    /** A given offset. */
    OFFSET,
    /** The first record of that time or later; the end if there is none. */
    TIMESTAMP
  }

  /** A topic's partition. */
  public record Partition(String topic, int partition) {

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject().put("topic", topic).put("partition", partition);
    }

    /** The inverse of {@link #toJson}. */
    public static Partition fromJson(JsonObject json) {
      return new Partition(json.getString("topic"), json.getInteger("partition"));
    }

    @Override
    public String toString() {
      return topic + "-" + partition;
    }
  }

  /**
   * Publishes no more of what it names, or goes on.
   *
   * @param topic {@link #ALL_TOPICS} for all
   * @param partition {@link #ALL_PARTITIONS} for all
   * @param who wants it, for those who see it
   * @param why in a few words; may be empty
   */
  public record PauseRequest(String topic, int partition, String who, String why) {

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject()
          .put("topic", topic)
          .put("partition", partition)
          .put("who", who)
          .put("why", why);
    }

    /**
     * The inverse of {@link #toJson}.
     *
     * @throws IllegalArgumentException if it says no topic
     */
    public static PauseRequest fromJson(JsonObject json) {
      return new PauseRequest(
          topicOf(json), partitionOf(json), json.getString("who", ""), json.getString("why", ""));
    }
  }

  /**
   * What was done.
   *
   * @param partitions of this process to which it applies, whether or not they were so before
   * @param durable whether it survives a restart, and applies to all processes of the group
   * @param note what else a person should know; may be empty
   */
  public record PauseReply(List<Partition> partitions, boolean durable, String note) {

    /** For the event bus; with {@code ok: true}. */
    public JsonObject toJson() {
      JsonArray list = new JsonArray();
      partitions.forEach(one -> list.add(one.toJson()));
      return new JsonObject()
          .put("ok", true)
          .put("partitions", list)
          .put("durable", durable)
          .put("note", note);
    }

    /** The inverse of {@link #toJson}. */
    public static PauseReply fromJson(JsonObject json) {
      return new PauseReply(
          json.getJsonArray("partitions").stream()
              .map(one -> Partition.fromJson((JsonObject) one))
              .toList(),
          json.getBoolean("durable"),
          json.getString("note", ""));
    }
  }

  /**
   * Reads partitions from another position: what is behind it is published again, under the same
   * message ids.
   *
   * @param partition {@link #ALL_PARTITIONS} for all of the topic that this process owns
   * @param offset with {@link Position#OFFSET}; else -1
   * @param timestamp with {@link Position#TIMESTAMP}; else null
   * @param dryRun only tells what would happen
   */
  public record SeekRequest(
      String topic,
      int partition,
      Position to,
      long offset,
      @Nullable Instant timestamp,
      boolean dryRun,
      String who,
      String why) {

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject()
          .put("topic", topic)
          .put("partition", partition)
          .put("to", to.name().toLowerCase(Locale.ROOT))
          .put("offset", offset)
          .put("timestamp", timestamp == null ? null : timestamp.toString())
          .put("dryRun", dryRun)
          .put("who", who)
          .put("why", why);
    }

    /**
     * The inverse of {@link #toJson}.
     *
     * @throws IllegalArgumentException saying what is missing or wrong
     */
    public static SeekRequest fromJson(JsonObject json) {
      Position to = positionOf(json);
      Long offset = json.getLong("offset");
      if (to == Position.OFFSET && offset == null) {
        throw new IllegalArgumentException("to is 'offset', so 'offset' must be given");
      }
      return new SeekRequest(
          topicOf(json),
          partitionOf(json),
          to,
          offset == null ? -1 : offset,
          timestampOf(json, to),
          json.getBoolean("dryRun", false),
          json.getString("who", ""),
          json.getString("why", ""));
    }

    private static Position positionOf(JsonObject json) {
      String to = json.getString("to");
      try {
        return Position.valueOf(String.valueOf(to).toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "'to' is '%s'; give earliest, latest, offset or timestamp".formatted(to), e);
      }
    }

    private static @Nullable Instant timestampOf(JsonObject json, Position to) {
      String text = json.getString("timestamp");
      if (to != Position.TIMESTAMP) {
        return null;
      }
      try {
        return Instant.parse(String.valueOf(text));
      } catch (DateTimeParseException e) {
        throw new IllegalArgumentException(
            "'timestamp' is '%s'; give an instant such as 2026-11-22T09:30:00Z".formatted(text), e);
      }
    }
  }

  /**
   * What was done, or would be.
   *
   * @param exchange where the topic's events go
   * @param partitions those of this process
   * @param elsewhere those of the topic that this process does not own, each with its owner; they
   *     are not touched
   */
  public record SeekReply(
      boolean dryRun, String exchange, List<Move> partitions, List<Elsewhere> elsewhere) {

    /** How many offsets are published again, over all partitions. */
    public long events() {
      return partitions.stream().mapToLong(Move::events).sum();
    }

    /** How many offsets are never published, over all partitions. */
    public long skipped() {
      return partitions.stream().mapToLong(Move::skipped).sum();
    }

    /** For the event bus; with {@code ok: true}. */
    public JsonObject toJson() {
      JsonArray moves = new JsonArray();
      partitions.forEach(one -> moves.add(one.toJson()));
      JsonArray others = new JsonArray();
      elsewhere.forEach(one -> others.add(one.toJson()));
      return new JsonObject()
          .put("ok", true)
          .put("dryRun", dryRun)
          .put("events", events())
          .put("skipped", skipped())
          .put("exchange", exchange)
          .put("partitions", moves)
          .put("elsewhere", others);
    }

    /** The inverse of {@link #toJson}. */
    public static SeekReply fromJson(JsonObject json) {
      return new SeekReply(
          json.getBoolean("dryRun"),
          json.getString("exchange"),
          json.getJsonArray("partitions").stream()
              .map(one -> Move.fromJson((JsonObject) one))
              .toList(),
          json.getJsonArray("elsewhere", new JsonArray()).stream()
              .map(one -> Elsewhere.fromJson((JsonObject) one))
              .toList());
    }
  }

  /**
   * One partition's way.
   *
   * @param from the first offset that was not finished
   * @param to the first offset that is read next
   */
  public record Move(String topic, int partition, long from, long to) {

    /**
     * How many offsets are published again. A compacted topic, or one with transactions, has fewer
     * events than offsets.
     */
    public long events() {
      return Math.max(0, from - to);
    }

    /** How many offsets are never published. */
    public long skipped() {
      return Math.max(0, to - from);
    }

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject()
          .put("topic", topic)
          .put("partition", partition)
          .put("from", from)
          .put("to", to)
          .put("events", events())
          .put("skipped", skipped());
    }

    /** The inverse of {@link #toJson}. */
    public static Move fromJson(JsonObject json) {
      return new Move(
          json.getString("topic"),
          json.getInteger("partition"),
          json.getLong("from"),
          json.getLong("to"));
    }
  }

  /**
   * A partition that this process does not own.
   *
   * @param owner for a person
   */
  public record Elsewhere(String topic, int partition, String owner) {

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject().put("topic", topic).put("partition", partition).put("owner", owner);
    }

    /** The inverse of {@link #toJson}. */
    public static Elsewhere fromJson(JsonObject json) {
      return new Elsewhere(
          json.getString("topic"), json.getInteger("partition"), json.getString("owner"));
    }
  }

  private static String topicOf(JsonObject json) {
    String topic = json.getString("topic");
    if (topic == null || topic.isEmpty()) {
      throw new IllegalArgumentException("'topic' must be given");
    }
    return topic;
  }

  private static int partitionOf(JsonObject json) {
    Integer partition = json.getInteger("partition", ALL_PARTITIONS);
    if (partition < ALL_PARTITIONS) {
      throw new IllegalArgumentException(
          "'partition' is %d; give its number, or leave it out for all".formatted(partition));
    }
    return partition;
  }
}
