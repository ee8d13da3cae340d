package io.bierelay.ingest;

import io.bierelay.event.FleetBus;
import io.bierelay.event.PauseRule;
import io.bierelay.event.SubscriptionBus;
import io.bierelay.event.SubscriptionBus.Elsewhere;
import io.bierelay.event.SubscriptionBus.Partition;
import io.bierelay.event.SubscriptionBus.PauseReply;
import io.bierelay.event.SubscriptionBus.PauseRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has partitions stand still and go on, as people say; keeps what they said in the fleet's store
 * where there is one, and learns there what was said elsewhere. Event loop.
 */
final class PauseDesk {

  private static final Logger LOG = LoggerFactory.getLogger(PauseDesk.class);

  private final Vertx vertx;
  private final String group;
  private final IngestPeers peers;
  private final Whereabouts whereabouts;

  PauseDesk(Vertx vertx, String group, IngestPeers peers, Whereabouts whereabouts) {
    this.vertx = vertx;
    this.group = group;
    this.peers = peers;
    this.whereabouts = whereabouts;
  }

  /** Does what a person wants. */
  Future<PauseReply> pause(PauseRequest request, boolean paused) {
    boolean all = request.topic().equals(SubscriptionBus.ALL_TOPICS);
    if (!all) {
      whereabouts.typeOf(request.topic());
    } else if (request.partition() != SubscriptionBus.ALL_PARTITIONS) {
      throw new IllegalArgumentException("a partition of all topics is none; name the topic");
    }
    return peers
        .owners()
        .compose(
            owners -> {
              Set<TopicPartition> meant =
                  owners.keySet().stream()
                      .filter(tp -> all || tp.topic().equals(request.topic()))
                      .filter(
                          tp ->
                              request.partition() == SubscriptionBus.ALL_PARTITIONS
                                  || tp.partition() == request.partition())
                      .collect(Collectors.toSet());
              return meant.isEmpty() && request.partition() != SubscriptionBus.ALL_PARTITIONS
                  ? pauseElsewhere(request, paused)
                  : pauseHere(request, paused, meant);
            });
  }

  private Future<PauseReply> pauseHere(
      PauseRequest request, boolean paused, Set<TopicPartition> meant) {
    PauseRule rule = rule(request, paused);
    peers.pauses().learn(List.of(rule));
    LOG.warn("{} {} by {}", rule.key(), paused ? "is paused" : "goes on", rule.by());
    return peers
        .applyPauses()
        .compose(v -> keep(peers.pauses().notKept()))
        .compose(
            v -> Future.succeededFuture(new PauseReply(named(meant), true, "")),
            e -> notKept(request, meant, e));
  }

  /** It holds here and now; the person must know that it may not hold tomorrow. */
  private Future<PauseReply> notKept(
      PauseRequest request, Set<TopicPartition> meant, Throwable why) {
    String note =
        "holds in this process until it ends; "
            + (FleetWords.isNobody(why)
                ? "to survive a restart it needs a SubscriptionStateVerticle"
                : "it is kept as soon as the fleet's store is back: " + why.getMessage());
    return whereabouts
        .others(request.topic(), meant)
        .map(others -> note + onlyHere(request, others))
        .otherwise(note)
        .map(told -> new PauseReply(named(meant), false, told));
  }

  private static String onlyHere(PauseRequest request, List<Elsewhere> others) {
    if (others.isEmpty() || request.partition() != SubscriptionBus.ALL_PARTITIONS) {
      return "";
    }
    return "; it does not reach %d partitions that others own: %s"
        .formatted(
            others.size(),
            others.stream()
                .map(Elsewhere::owner)
                .distinct()
                .sorted()
                .collect(Collectors.joining(", ")));
  }

  /** The owner learns of it from the fleet's store; without one it must be asked itself. */
  private Future<PauseReply> pauseElsewhere(PauseRequest request, boolean paused) {
    TopicPartition partition = new TopicPartition(request.topic(), request.partition());
    return whereabouts
        .<PauseReply>notHere(partition)
        .recover(
            refusal -> {
              if (!(refusal instanceof ControlRefused refused)
                  || refused.code() != SubscriptionBus.CONFLICT) {
                return Future.failedFuture(refusal);
              }
              PauseRule rule = rule(request, paused);
              return keep(List.of(rule))
                  .map(v -> new PauseReply(List.of(), true, toldElsewhere(refused)))
                  .recover(e -> Future.failedFuture(refusal));
            });
  }

  private static String toldElsewhere(ControlRefused refused) {
    return String.valueOf(refused.getMessage()).replaceFirst("; ask there$", "")
        + "; whoever owns it learns of this from the fleet's store within 2 s";
  }

  private PauseRule rule(PauseRequest request, boolean paused) {
    return peers
        .pauses()
        .write(request.topic(), request.partition(), paused, request.who(), request.why());
  }

  private static List<Partition> named(Set<TopicPartition> partitions) {
    return partitions.stream()
        .map(tp -> new Partition(tp.topic(), tp.partition()))
        .sorted(Comparator.comparing(Partition::topic).thenComparing(Partition::partition))
        .toList();
  }

  /**
   * Learns what was said elsewhere, and has kept what was said here. Never fails: where nobody
   * keeps it, or whoever does is away, what is known holds.
   */
  Future<Void> exchange() {
    return keep(peers.pauses().notKept()).otherwiseEmpty();
  }

  private Future<Void> keep(List<PauseRule> rules) {
    JsonArray told = new JsonArray();
    rules.forEach(rule -> told.add(rule.toJson()));
    return vertx
        .eventBus()
        .<JsonObject>request(
            FleetBus.PAUSES,
            new JsonObject().put("group", group).put("rules", told),
            new DeliveryOptions().setLocalOnly(true).setSendTimeout(FleetBus.TIMEOUT_MS))
        .compose(
            answer -> {
              List<PauseRule> all =
                  answer.body().getJsonArray("rules", new JsonArray()).stream()
                      .map(one -> PauseRule.fromJson((JsonObject) one))
                      .toList();
              peers.pauses().areKept(all);
              return peers.pauses().learn(all) ? peers.applyPauses() : Future.succeededFuture();
            });
  }
}
