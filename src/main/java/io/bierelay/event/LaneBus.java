package io.bierelay.event;

import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;

/**
 * How ingest and notify meet on the event bus.
 *
 * <p>A lane first <em>opens</em> itself at any notifier: a request to {@link #OPEN} with {@link
 * OpenRequest}. The answer, {@link OpenReply}, names the address of the one instance that now
 * serves this lane, and a session. Batches then go to that address as requests; the answer comes
 * after the broker confirmed every item, as a {@link BatchReply} that tells what became of those
 * that took another way, in the order of sending. When a request fails, the session is over:
 * everything sent in it fails or is refused, and the lane opens itself anew and sends again from
 * its head. That keeps the order with several batches in flight and several notifiers.
 *
 * <p>Between processes a message can be lost, and a process can end without a word. So the batches
 * of a session are numbered, and one behind a gap is refused; a notifier says every second that it
 * is {@link #ALIVE}, and whoever has not heard of it for a while gives its sessions up.
 */
public final class LaneBus {

  /** Where any notifier answers {@link OpenRequest}. */
  public static final String OPEN = "bie.lane.open";

  private static final String CODEC = "bie.batch";

  /** Failure code of a reply: something is away or slow; the lane waits and tries again. */
  public static final int TRANSIENT = 1;

  /** Failure code of a reply: no queue takes the notification; the lane waits for a binding. */
  public static final int UNROUTABLE = 2;

  /** Failure code of a reply: the batch belongs to a session that is over. */
  public static final int STALE_SESSION = 3;

  /** Failure code of a reply: the broker refused a notification; the lane waits and tries again. */
  public static final int REFUSED = 4;

  /** Failure code of a reply: an item can never be published, and the policy is to hold it. */
  public static final int POISON_HELD = 5;

  /**
   * Failure code of a reply: another connection still holds the partition's lock; the lane waits
   * and asks again soon.
   */
  public static final int LOCKED = 6;

  /**
   * Where a notifier tells all lanes that the broker takes nothing at the moment: {@link Blocked}.
   */
  public static final String BLOCKED = "bie.lane.blocked";

  /** Where a lane tells all notifiers that it needs none any more: {@link CloseNotice}. */
  public static final String CLOSE = "bie.lane.close";

  /**
   * Where each notifier tells every {@link #ALIVE_MS}, and when asked, that it is: {@link Alive}.
   */
  public static final String ALIVE = "bie.lane.alive";

  /** Where whoever has just come asks all notifiers to say that they are; an empty object. */
  public static final String WHO_IS_THERE = "bie.lane.who";

  /**
   * Behind a notifier's address: where it tells which batches of a session it has not answered.
   * Request: {@code session}. Answer: {@code sequences}, a list.
   */
  public static final String UNDER_WAY = ".under-way";

  /** Between two such words of a notifier, in milliseconds. */
  public static final long ALIVE_MS = 1_000;

  private LaneBus() {}

  /**
   * Asks a notifier to serve a lane.
   *
   * @param epoch which assignment of the partition it is; for diagnosis
   * @param topicId the incarnation of the topic that the lane reads
   * @param committed what the group had committed when the lane began; -1 if nothing is known
   * @param reset whether what was published before is of no account: offsets begin again, or a
   *     person wants them published once more
   */
  public record OpenRequest(
      String topic,
      int partition,
      long epoch,
      String eventType,
      String topicId,
      long committed,
      boolean reset) {

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject()
          .put("topic", topic)
          .put("partition", partition)
          .put("epoch", epoch)
          .put("eventType", eventType)
          .put("topicId", topicId)
          .put("committed", committed)
          .put("reset", reset);
    }

    /** The inverse of {@link #toJson}. */
    public static OpenRequest fromJson(JsonObject json) {
      return new OpenRequest(
          json.getString("topic"),
          json.getInteger("partition"),
          json.getLong("epoch"),
          json.getString("eventType"),
          json.getString("topicId", ""),
          json.getLong("committed", -1L),
          json.getBoolean("reset", false));
    }
  }

  /**
   * A notifier serves the lane.
   *
   * @param address where this session's batches go
   * @param session to be stated in each batch
   * @param resume what the broker remembers of the partition
   */
  public record OpenReply(String address, long session, Resume resume) {

    /** Where nothing is remembered. */
    public OpenReply(String address, long session) {
      this(address, session, Resume.NOTHING);
    }

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject()
          .put("address", address)
          .put("session", session)
          .put("resume", resume.toJson());
    }

    /** The inverse of {@link #toJson}. */
    public static OpenReply fromJson(JsonObject json) {
      return new OpenReply(
          json.getString("address"),
          json.getLong("session"),
          Resume.fromJson(json.getJsonObject("resume", new JsonObject())));
    }
  }

  /**
   * What the broker remembers of a partition.
   *
   * @param offset everything before it is published already; -1 if nothing is known
   * @param ledger the queue that remembers; empty without one
   * @param lock the queue that keeps other owners out; empty without one
   * @param doubt why what was published before is not known, though it should be; empty if it is
   */
  public record Resume(long offset, String ledger, String lock, String doubt) {

    /** Nothing is remembered, and nothing was meant to be. */
    public static final Resume NOTHING = new Resume(-1, "", "", "");

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject()
          .put("offset", offset)
          .put("ledger", ledger)
          .put("lock", lock)
          .put("doubt", doubt);
    }

    /** The inverse of {@link #toJson}. */
    public static Resume fromJson(JsonObject json) {
      return new Resume(
          json.getLong("offset", -1L),
          json.getString("ledger", ""),
          json.getString("lock", ""),
          json.getString("doubt", ""));
    }
  }

  /**
   * A lane needs its notifier no more, or turns to another one.
   *
   * @param session as in {@link OpenReply}
   * @param committed whether Kafka has stored the position behind all that was confirmed
   */
  public record CloseNotice(String topic, int partition, long session, boolean committed) {

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject()
          .put("topic", topic)
          .put("partition", partition)
          .put("session", session)
          .put("committed", committed);
    }

    /** The inverse of {@link #toJson}. */
    public static CloseNotice fromJson(JsonObject json) {
      return new CloseNotice(
          json.getString("topic"),
          json.getInteger("partition"),
          json.getLong("session"),
          json.getBoolean("committed"));
    }
  }

  /**
   * The broker of one notifier takes nothing for the moment, or takes again; published when that
   * changes and about once a second while it lasts.
   *
   * @param address of the notifier, as in {@link OpenReply}
   * @param reason for a person; empty when it takes again
   */
  public record Blocked(String address, String reason) {

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject().put("address", address).put("reason", reason);
    }

    /** The inverse of {@link #toJson}. */
    public static Blocked fromJson(JsonObject json) {
      return new Blocked(json.getString("address"), json.getString("reason"));
    }
  }

  /**
   * A notifier is there, or about to end.
   *
   * @param address of the notifier, as in {@link OpenReply}
   * @param leaving whether it takes no more: what it has is confirmed still
   */
  public record Alive(String address, boolean leaving) {

    /** For the event bus. */
    public JsonObject toJson() {
      return new JsonObject().put("address", address).put("leaving", leaving);
    }

    /** The inverse of {@link #toJson}. */
    public static Alive fromJson(JsonObject json) {
      return new Alive(json.getString("address"), json.getBoolean("leaving", false));
    }
  }

  /** Makes the bus able to carry batches; every verticle that sends or takes them calls it. */
  public static void register(EventBus bus) {
    try {
      bus.registerCodec(new NotificationBatchCodec(CODEC));
    } catch (IllegalStateException alreadyRegistered) {
      // Another verticle of this process was first; codecs are stateless, so its is as good.
    }
  }

  /**
   * How a batch is sent.
   *
   * @param timeoutMs how long the answer may take
   */
  public static DeliveryOptions batchOptions(long timeoutMs) {
    return new DeliveryOptions().setCodecName(CODEC).setSendTimeout(timeoutMs);
  }
}
