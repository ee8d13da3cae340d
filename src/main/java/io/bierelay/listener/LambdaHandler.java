package io.bierelay.listener;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.SQSBatchResponse;
import com.amazonaws.services.lambda.runtime.events.SQSBatchResponse.BatchItemFailure;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import com.amazonaws.services.lambda.runtime.events.SQSEvent.SQSMessage;
import io.bierelay.launch.ModuleSettings;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The same core as an AWS Lambda function for SQS: reports exactly those messages as failed that
 * Kafka has not acknowledged, and is done before the function's time is over.
 *
 * <p>Set up once, in the function's init phase, and kept warm between invocations. Settings come
 * from the environment. Lambda calls it on one thread at a time, which waits here.
 */
public final class LambdaHandler implements RequestHandler<SQSEvent, SQSBatchResponse> {

  private static final Logger LOG = LoggerFactory.getLogger(LambdaHandler.class);

  /** Kept of the function's remaining time, for the answer's way back. */
  private static final Duration RESERVE = Duration.ofMillis(500);

  /** The init phase has ten seconds in all; what is not there by then is waited for later. */
  private static final Duration PREPARE_TIMEOUT = Duration.ofSeconds(5);

  /** SIGTERM leaves 300 ms at least. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(250);

  /**
   * Of {@code AWS_LAMBDA_INITIALIZATION_TYPE}: all instances begin as copies of this one. A
   * producer gets its id from Kafka as soon as it is made; two with the same id and the same
   * sequence numbers would have Kafka drop records as repeated that never were. So none is made
   * before the copy.
   */
  private static final String SNAP_START = "snap-start";

  private final Vertx vertx;
  private final io.vertx.core.Context loop;
  private final ChangeRelay relay;
  private final EntityOrder order = new EntityOrder();

  /**
   * Called by Lambda.
   *
   * @throws io.bierelay.settings.ConfigurationException with all problems at once
   */
  public LambdaHandler() {
    this(System.getenv());
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "close"));
  }

  LambdaHandler(Map<String, String> environment) {
    long begun = System.nanoTime();
    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(4)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    loop = vertx.getOrCreateContext();
    try {
      relay =
          onLoop(
              () ->
                  ModuleSettings.read(
                          vertx,
                          new FunctionModule(),
                          ListenerSettings.CORE,
                          List.of(),
                          environment)
                      .map(this::relay),
              Duration.ofSeconds(10));
    } catch (RuntimeException e) {
      vertx.close();
      throw e;
    }
    if (SNAP_START.equals(environment.get("AWS_LAMBDA_INITIALIZATION_TYPE"))) {
      LOG.info("set up for a snapshot, without connections");
      return;
    }
    try {
      onLoop(() -> Future.all(relay.prepare(), relay.prepareSchemas()), PREPARE_TIMEOUT);
    } catch (RuntimeException e) {
      LOG.warn("not ready yet, and tried again with each message: {}", e.getMessage());
    }
    LOG.info("set up in {} ms", (System.nanoTime() - begun) / 1_000_000);
  }

  private ChangeRelay relay(Settings settings) {
    return new ChangeRelay(vertx, settings);
  }

  @Override
  public SQSBatchResponse handleRequest(SQSEvent event, Context context) {
    List<SQSMessage> messages = event.getRecords() == null ? List.of() : event.getRecords();
    Set<String> done = ConcurrentHashMap.newKeySet();
    Duration time = Duration.ofMillis(context.getRemainingTimeInMillis()).minus(RESERVE);
    Deadline deadline = Deadline.in(time);
    try {
      onLoop(() -> all(messages, deadline, done), time);
    } catch (RuntimeException e) {
      LOG.warn("the time is over: what is not done is reported as failed");
    }
    List<BatchItemFailure> failures =
        messages.stream()
            .map(SQSMessage::getMessageId)
            .filter(id -> !done.contains(id))
            .map(BatchItemFailure::new)
            .toList();
    return new SQSBatchResponse(new ArrayList<>(failures));
  }

  private Future<Void> all(List<SQSMessage> messages, Deadline deadline, Set<String> done) {
    List<Future<Void>> all = new ArrayList<>();
    for (SQSMessage message : messages) {
      all.add(
          one(message, deadline)
              .onSuccess(outcome -> done.add(message.getMessageId()))
              .<Void>mapEmpty()
              .otherwiseEmpty());
    }
    return all.isEmpty() ? Future.succeededFuture() : Future.join(all).mapEmpty();
  }

  private Future<Outcome> one(SQSMessage message, Deadline deadline) {
    JsonObject event;
    try {
      event = EntityChange.event(message.getBody() == null ? "" : message.getBody());
    } catch (ChangeFailedException e) {
      tell(message, "-", e);
      return Future.failedFuture(e);
    }
    String key =
        event.getValue("entityId") instanceof String entityId ? entityId : message.getMessageId();
    return order
        .run(key, () -> relay.relay(event, Duration.ofMillis(deadline.leftMs())))
        .onSuccess(outcome -> tell(message, outcome))
        .onFailure(e -> tell(message, EntityChange.idOf(event), e));
  }

  private static void tell(SQSMessage message, Outcome outcome) {
    if (outcome instanceof Outcome.Ignored ignored) {
      LOG.info(
          "message {}: event type '{}' is ignored, listener.events has no entity for it",
          message.getMessageId(),
          ignored.eventType());
    } else {
      LOG.debug("message {}: {}", message.getMessageId(), outcome);
    }
  }

  private static void tell(SQSMessage message, String eventId, Throwable e) {
    LOG.warn(
        "message {} (event {}) failed: {}: {}",
        message.getMessageId(),
        eventId,
        e instanceof ChangeFailedException failed ? failed.reason().tag() : "internal",
        e.getMessage());
  }

  /** Lets what was sent be acknowledged, for a moment. */
  void close() {
    try {
      onLoop(() -> relay.close(CLOSE_TIMEOUT), CLOSE_TIMEOUT.plusMillis(250));
    } catch (RuntimeException e) {
      LOG.warn("not closed in time: {}", e.getMessage());
    }
    vertx.close();
  }

  private <T> T onLoop(Supplier<Future<T>> work, Duration time) {
    Promise<T> promise = Promise.promise();
    loop.runOnContext(
        v -> Future.<Void>succeededFuture().compose(x -> work.get()).onComplete(promise));
    try {
      return promise
          .future()
          .toCompletionStage()
          .toCompletableFuture()
          .get(Math.max(0, time.toMillis()), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("not done within " + time.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
