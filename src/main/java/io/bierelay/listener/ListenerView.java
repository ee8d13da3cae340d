package io.bierelay.listener;

import io.bierelay.metrics.EventRate;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The queue as a person wants to see it. Used on the verticle's context. */
final class ListenerView {

  private static final Logger LOG = LoggerFactory.getLogger(ListenerView.class);

  private final SqsQueue queue;
  private final EventRate rate = new EventRate();
  private OptionalLong depth = OptionalLong.empty();
  private @Nullable String lastFailure;
  private @Nullable Instant lastFailureAt;

  ListenerView(SqsQueue queue) {
    this.queue = queue;
  }

  /** Asks how many messages wait; where that is not permitted, it stays unknown. */
  void ask() {
    queue
        .depth()
        .onSuccess(found -> depth = OptionalLong.of(found))
        .onFailure(
            e -> {
              depth = OptionalLong.empty();
              LOG.debug("the queue's depth is not known: {}", queue.describe(e));
            });
  }

  /** A message is done with. */
  void ended() {
    rate.add(1);
  }

  /** A message could not be relayed; it comes again. */
  void failed(String why) {
    lastFailure = why;
    lastFailureAt = Instant.now();
  }

  /**
   * One object.
   *
   * @param reason why it does not go on; empty if it does
   */
  JsonObject describe(String url, String state, String reason, int inFlight) {
    return new JsonObject()
        .put("kind", "sqs")
        .put("queue", url)
        .put("state", state)
        .put("reason", reason)
        .put("messages", depth.isPresent() ? depth.getAsLong() : null)
        .put("inFlight", inFlight)
        .put("rate1", rate.oneMinute())
        .put("rate5", rate.fiveMinutes())
        .put("lastFailure", lastFailure)
        .put("lastFailureAt", lastFailureAt == null ? null : lastFailureAt.toString());
  }
}
