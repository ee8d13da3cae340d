package io.bierelay.ingest;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.shareddata.Shareable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/**
 * All consumers of this process: whichever of them is asked finds the one that a partition belongs
 * to. Thread-safe; what it asks of a consumer happens on that one's event loop, and is told on the
 * asker's.
 */
final class IngestPeers implements Shareable {

  private static final String LOCAL_MAP = "bie.ingest.peers";

  private final List<Peer> peers = new CopyOnWriteArrayList<>();
  private final PauseBook pauses = new PauseBook();

  /** One consumer with what it holds. */
  record Peer(Context context, Lanes lanes, LaneMoves moves) {}

  /** Those of this Vert.x. */
  static IngestPeers of(Vertx vertx) {
    return vertx
        .sharedData()
        .<String, IngestPeers>getLocalMap(LOCAL_MAP)
        .computeIfAbsent(LOCAL_MAP, key -> new IngestPeers());
  }

  void join(Peer peer) {
    peers.add(peer);
  }

  void leave(Peer peer) {
    peers.remove(peer);
  }

  /** Whether this one does what needs to be done once in a process. */
  boolean isFirst(Peer peer) {
    return peers.indexOf(peer) == 0;
  }

  /** What people said of partitions. */
  PauseBook pauses() {
    return pauses;
  }

  /** Each partition of this process, with its consumer. */
  Future<Map<TopicPartition, Peer>> owners() {
    Map<TopicPartition, Peer> owners = new HashMap<>();
    return Future.all(
            peers.stream()
                .map(
                    peer ->
                        on(peer, () -> Future.succeededFuture(peer.lanes().partitions()))
                            .onSuccess(own -> own.forEach(tp -> owners.put(tp, peer))))
                .toList())
        .map(owners);
  }

  /** The partitions of this process as they are shown. */
  Future<List<JsonObject>> rows() {
    List<Future<JsonArray>> answers =
        peers.stream()
            .map(peer -> on(peer, () -> Future.succeededFuture(peer.lanes().describe())))
            .toList();
    return Future.all(answers)
        .map(
            all ->
                answers.stream()
                    .flatMap(one -> one.result().stream())
                    .flatMap(row -> row instanceof JsonObject json ? Stream.of(json) : Stream.of())
                    .toList());
  }

  /** Has all consumers look at what people said. */
  Future<Void> applyPauses() {
    return Future.all(
            peers.stream()
                .map(
                    peer ->
                        on(
                            peer,
                            () -> {
                              peer.lanes().applyStops();
                              return Future.<Void>succeededFuture();
                            }))
                .toList())
        .mapEmpty();
  }

  /** Does something on a consumer's event loop. */
  <T> Future<T> on(Peer peer, Supplier<Future<T>> what) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    peer.context()
        .runOnContext(
            v -> {
              try {
                what.get().onComplete(answer::complete, answer::completeExceptionally);
              } catch (RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
    return Future.fromCompletionStage(answer, peer.context().owner().getOrCreateContext());
  }
}
