package io.bierelay.ingest;

import io.bierelay.event.EventType;
import io.bierelay.event.SubscriptionBus;
import io.bierelay.event.SubscriptionBus.Elsewhere;
import io.bierelay.event.SubscriptionBus.Move;
import io.bierelay.event.SubscriptionBus.SeekReply;
import io.bierelay.event.SubscriptionBus.SeekRequest;
import io.bierelay.ingest.IngestPeers.Peer;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * Has partitions of this process read from elsewhere, as people want, or tells what that would
 * mean. Event loop.
 *
 * <p>Every target is looked up and checked before the first partition moves.
 */
final class SeekDesk {

  private final IngestPeers peers;
  private final Whereabouts whereabouts;
  private final Supplier<Optional<KafkaOffsets>> offsets;

  /**
   * @param offsets empty while Kafka's client is not open
   */
  SeekDesk(IngestPeers peers, Whereabouts whereabouts, Supplier<Optional<KafkaOffsets>> offsets) {
    this.peers = peers;
    this.whereabouts = whereabouts;
    this.offsets = offsets;
  }

  /** Does it, or tells. */
  Future<SeekReply> seek(SeekRequest request) {
    EventType type = whereabouts.typeOf(request.topic());
    return peers
        .owners()
        .compose(
            owners -> {
              Map<TopicPartition, Peer> meant = meant(request, owners);
              return meant.isEmpty() ? notHere(request) : seek(request, type, meant);
            });
  }

  private static Map<TopicPartition, Peer> meant(
      SeekRequest request, Map<TopicPartition, Peer> owners) {
    Map<TopicPartition, Peer> meant =
        new TreeMap<>(Comparator.comparingInt(TopicPartition::partition));
    owners.forEach(
        (partition, peer) -> {
          boolean named =
              request.partition() == SubscriptionBus.ALL_PARTITIONS
                  || request.partition() == partition.partition();
          if (named && partition.topic().equals(request.topic())) {
            meant.put(partition, peer);
          }
        });
    return meant;
  }

  private Future<SeekReply> notHere(SeekRequest request) {
    if (request.partition() != SubscriptionBus.ALL_PARTITIONS) {
      return whereabouts.notHere(new TopicPartition(request.topic(), request.partition()));
    }
    return whereabouts
        .others(request.topic(), Set.of())
        .compose(
            others ->
                Future.failedFuture(
                    others.isEmpty()
                        ? ControlRefused.notFound(
                            "topic '%s' does not exist".formatted(request.topic()))
                        : ControlRefused.conflict(
                            "this process owns no partition of '%s'; ask %s"
                                .formatted(request.topic(), owners(others)))));
  }

  private static String owners(List<Elsewhere> others) {
    return others.stream()
        .map(Elsewhere::owner)
        .distinct()
        .sorted()
        .collect(Collectors.joining(", or "));
  }

  private Future<SeekReply> seek(
      SeekRequest request, EventType type, Map<TopicPartition, Peer> meant) {
    Optional<KafkaOffsets> asked = offsets.get();
    if (asked.isEmpty()) {
      return Future.failedFuture(ControlRefused.unavailable("Kafka is away; see the status"));
    }
    Future<List<Elsewhere>> others =
        request.partition() == SubscriptionBus.ALL_PARTITIONS
            ? whereabouts.others(request.topic(), meant.keySet()).otherwise(List.of())
            : Future.succeededFuture(List.of());
    return targets(request, asked.get(), meant)
        .compose(targets -> moves(request, meant, targets))
        .compose(
            moves ->
                others.map(
                    elsewhere ->
                        new SeekReply(request.dryRun(), type.exchange(), moves, elsewhere)));
  }

  private static Future<Map<TopicPartition, Long>> targets(
      SeekRequest request, KafkaOffsets offsets, Map<TopicPartition, Peer> meant) {
    Future<Map<TopicPartition, Long>> first = offsets.beginnings(meant.keySet());
    Future<Map<TopicPartition, Long>> ends = offsets.ends(meant.keySet());
    Instant moment = request.timestamp();
    Future<Map<TopicPartition, Long>> at =
        moment == null
            ? Future.succeededFuture(Map.of())
            : offsets.at(meant.keySet(), moment.toEpochMilli());
    return Future.all(first, ends, at)
        .map(
            v -> {
              Map<TopicPartition, Long> targets = new TreeMap<>(order());
              for (TopicPartition tp : meant.keySet()) {
                Long begin = first.result().get(tp);
                Long end = ends.result().get(tp);
                if (begin == null || end == null) {
                  throw ControlRefused.unavailable(
                      "Kafka does not tell where %s begins and ends".formatted(tp));
                }
                targets.put(tp, target(request, tp, begin, end, at.result().getOrDefault(tp, -1L)));
              }
              return targets;
            });
  }

  private static Comparator<TopicPartition> order() {
    return Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);
  }

  private static long target(
      SeekRequest request, TopicPartition partition, long begin, long end, long at) {
    return switch (request.to()) {
      case EARLIEST -> begin;
      case LATEST -> end;
      case TIMESTAMP -> at < 0 ? end : at;
      case OFFSET -> {
        if (request.offset() < begin || request.offset() > end) {
          throw new ControlRefused(
              SubscriptionBus.OUT_OF_RANGE,
              "offset %d is not in %s; valid are %d to %d, which is its end"
                  .formatted(request.offset(), partition, begin, end));
        }
        yield request.offset();
      }
    };
  }

  private Future<List<Move>> moves(
      SeekRequest request, Map<TopicPartition, Peer> meant, Map<TopicPartition, Long> targets) {
    String who = request.why().isEmpty() ? request.who() : request.who() + ": " + request.why();
    List<Future<Move>> asked = new ArrayList<>();
    targets.forEach(
        (partition, to) -> {
          Peer peer = Objects.requireNonNull(meant.get(partition));
          asked.add(
              peers.on(
                  peer,
                  () ->
                      request.dryRun()
                          ? peer.moves().plan(partition, to)
                          : peer.moves().move(partition, to, who)));
        });
    return Future.join(asked)
        .map(v -> asked.stream().map(Future::result).toList())
        .recover(e -> Future.failedFuture(partly(asked, e)));
  }

  /** Some may have moved: whoever asked must know which. */
  private static Throwable partly(List<Future<Move>> asked, Throwable first) {
    List<String> moved =
        asked.stream()
            .filter(Future::succeeded)
            .map(Future::result)
            .map(move -> move.topic() + "-" + move.partition())
            .toList();
    if (moved.isEmpty()) {
      return first;
    }
    int code =
        first instanceof ControlRefused refused ? refused.code() : SubscriptionBus.UNAVAILABLE;
    return new ControlRefused(
        code, "%s; moved before that: %s".formatted(first.getMessage(), String.join(", ", moved)));
  }
}
