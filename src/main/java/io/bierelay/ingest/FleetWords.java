package io.bierelay.ingest;

import io.bierelay.event.FleetBus;
import io.bierelay.status.ProcessIdentity;
import io.bierelay.status.VerticleStatus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What the processes of the group say of their own partitions: this one's consumers at first hand,
 * the others over the clustered event bus where there is one, and through the fleet's store where
 * somebody keeps it. One event loop.
 */
final class FleetWords {

  /** Whoever is silent for longer has ended, or is in trouble; each speaks every second or two. */
  static final Duration SILENCE = Duration.ofSeconds(6);

  private static final Duration FORGET = Duration.ofMinutes(10);

  private final Vertx vertx;
  private final String group;
  private final IngestPeers peers;

  /** By verticle instance, the newest that came over the clustered bus. */
  private final Map<String, Map<TopicPartition, Word>> heard = new HashMap<>();

  /** By process, when it spoke last, in whatever way. */
  private final Map<String, Instant> lastWord = new HashMap<>();

  private @Nullable MessageConsumer<JsonObject> clustered;

  /**
   * One partition's row.
   *
   * @param at when it was said
   */
  record Word(JsonObject row, Instant at) {

    String instance() {
      return owner().getString("instance", "");
    }

    String clientId() {
      return owner().getString("clientId", "");
    }

    private JsonObject owner() {
      return row.getJsonObject("owner", new JsonObject());
    }
  }

  /**
   * All words.
   *
   * @param words by partition, those of each process that claims it
   * @param trouble why the others' could not be had; empty if they could, or nobody keeps them
   * @param kept whether anybody keeps them, or there is a clustered bus
   */
  record Said(Map<TopicPartition, List<Word>> words, String trouble, boolean kept) {}

  FleetWords(Vertx vertx, String group, IngestPeers peers) {
    this.vertx = vertx;
    this.group = group;
    this.peers = peers;
  }

  /** Begins to listen. */
  void open() {
    if (vertx.isClustered()) {
      clustered =
          vertx.eventBus().consumer(VerticleStatus.ADDRESS, message -> heard(message.body()));
    }
  }

  /** Listens no more. */
  void close() {
    if (clustered != null) {
      clustered.unregister();
    }
  }

  /** When a process spoke last; empty if it never did, or long ago. */
  Optional<Instant> lastWordOf(String instance) {
    return Optional.ofNullable(lastWord.get(instance));
  }

  /** Collects what all say. */
  Future<Said> collect() {
    Instant now = Instant.now();
    lastWord.values().removeIf(at -> at.isBefore(now.minus(FORGET)));
    heard
        .values()
        .removeIf(one -> one.values().stream().anyMatch(w -> w.at().isBefore(now.minus(FORGET))));
    Map<TopicPartition, List<Word>> words = new HashMap<>();
    heard.values().forEach(one -> one.forEach((tp, word) -> put(words, tp, word)));
    return peers
        .rows()
        .onSuccess(rows -> rows.forEach(row -> put(words, new Word(row, now))))
        .compose(rows -> stored(words));
  }

  private Future<Said> stored(Map<TopicPartition, List<Word>> words) {
    return vertx
        .eventBus()
        .<JsonObject>request(
            FleetBus.INSTANCES,
            new JsonObject().put("group", group),
            new DeliveryOptions().setLocalOnly(true).setSendTimeout(FleetBus.TIMEOUT_MS))
        .map(
            answer -> {
              answer.body().getJsonArray("instances", new JsonArray()).stream()
                  .map(JsonObject.class::cast)
                  .forEach(instance -> addAll(instance, words));
              return new Said(words, "", true);
            })
        .recover(
            e ->
                Future.succeededFuture(
                    isNobody(e)
                        ? new Said(words, "", vertx.isClustered())
                        : new Said(words, String.valueOf(e.getMessage()), true)));
  }

  static boolean isNobody(Throwable e) {
    return e instanceof ReplyException reply && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  private void addAll(JsonObject instance, Map<TopicPartition, List<Word>> words) {
    Instant at = Instant.parse(instance.getString("at"));
    instance.getJsonArray("subscriptions", new JsonArray()).stream()
        .map(JsonObject.class::cast)
        .filter(row -> row.containsKey("partition"))
        .forEach(row -> put(words, new Word(row, at)));
  }

  private void heard(JsonObject status) {
    Map<TopicPartition, Word> rows = new HashMap<>();
    String instance = "";
    Instant now = Instant.now();
    for (Object one : VerticleStatus.fromJson(status).subscriptions()) {
      if (one instanceof JsonObject row && row.containsKey("partition")) {
        Word word = new Word(row, now);
        instance = word.instance();
        rows.put(partitionOf(row), word);
        spoke(word);
      }
    }
    if (!instance.isEmpty() && !instance.equals(ProcessIdentity.own().instance())) {
      heard.put(status.getString("instance"), rows);
    }
  }

  private void put(Map<TopicPartition, List<Word>> words, Word word) {
    put(words, partitionOf(word.row()), word);
  }

  private void put(Map<TopicPartition, List<Word>> words, TopicPartition partition, Word word) {
    words.computeIfAbsent(partition, tp -> new ArrayList<>()).add(word);
    spoke(word);
  }

  private void spoke(Word word) {
    lastWord.merge(word.instance(), word.at(), (a, b) -> a.isAfter(b) ? a : b);
  }

  private static TopicPartition partitionOf(JsonObject row) {
    return new TopicPartition(row.getString("topic"), row.getInteger("partition"));
  }
}
