package io.bierelay.listener;

import io.bierelay.http.BoundedExchange;
import io.bierelay.http.BoundedExchange.Answer;
import io.bierelay.http.RetryAfterHeader;
import io.bierelay.metrics.Meters;
import io.bierelay.retry.Backoff;
import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.Counter;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.circuitbreaker.OpenCircuitException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Fetches entities from their APIs: tries again what may get better, and leaves an API alone that
 * is down.
 *
 * <p>Follows no redirect, which could take the token elsewhere. Used on one event loop.
 */
final class EntityApi {

  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

  private final Vertx vertx;
  private final HttpClient client;
  private final ApiToken token;
  private final long timeoutMs;
  private final long maxSize;
  private final int attempts;
  private final Duration retryMax;
  private final Duration retryAfterMax;
  private final CircuitBreakerOptions breakerOptions;
  private final Map<String, CircuitBreaker> breakers = new HashMap<>();
  private final Counter retries = ListenerMetrics.RETRIES.counter(Meters.registry());

  /** Connects to nothing yet. */
  EntityApi(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.token = new ApiToken(vertx, settings);
    this.timeoutMs = settings.get(ListenerSettings.API_TIMEOUT).toMillis();
    this.maxSize = settings.get(ListenerSettings.API_RESPONSE_MAX);
    this.attempts = settings.get(ListenerSettings.API_ATTEMPTS);
    this.retryMax = settings.get(ListenerSettings.API_RETRY_MAX);
    this.retryAfterMax = settings.get(ListenerSettings.API_RETRY_AFTER_MAX);
    // Each attempt has a time-out of its own, which also ends its request.
    this.breakerOptions =
        new CircuitBreakerOptions()
            .setTimeout(-1)
            .setMaxFailures(settings.get(ListenerSettings.BREAKER_FAILURES))
            .setResetTimeout(settings.get(ListenerSettings.BREAKER_RESET).toMillis());
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions().setConnectTimeout((int) timeoutMs).setVerifyHost(true),
            new PoolOptions().setHttp1MaxSize(settings.get(ListenerSettings.CONCURRENCY)));
  }

  /** What may be better at the next attempt. */
  private static final class AgainException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Duration pause;

    AgainException(String message, Duration pause) {
      super(message, null, false, false);
      this.pause = pause;
    }
  }

  /** One entity to ask for, and until when. */
  private record Question(
      EntityRoute route, UUID id, Optional<String> correlationId, Deadline deadline) {}

  /**
   * The entity as its API has it now.
   *
   * @return fails with {@link EntityNotFoundException}, or {@link ChangeFailedException}
   */
  Future<JsonObject> fetch(
      EntityRoute route, UUID id, Optional<String> correlationId, Deadline deadline) {
    return attempt(
        new Question(route, id, correlationId, deadline), 1, new Backoff(FIRST_PAUSE, retryMax));
  }

  /** Closes connections; what is being asked fails. */
  Future<Void> close() {
    breakers.values().forEach(CircuitBreaker::close);
    return client.close();
  }

  private Future<JsonObject> attempt(Question question, int asked, Backoff backoff) {
    return token
        .of(question.route())
        .compose(value -> breaker(question.route()).execute(() -> once(question, value)))
        .compose(answer -> judge(question, answer))
        .recover(e -> again(question, asked, backoff, e));
  }

  private Future<JsonObject> again(
      Question question, int asked, Backoff backoff, Throwable failure) {
    if (failure instanceof OpenCircuitException) {
      return Future.failedFuture(
          new ChangeFailedException(
              FailureReason.CIRCUIT_OPEN,
              "the API at %s failed too often and is left alone for a moment"
                  .formatted(question.route().url())));
    }
    if (!(failure instanceof AgainException again)) {
      return Future.failedFuture(failure);
    }
    long pause = Math.max(again.pause.toMillis(), backoff.nextMs());
    if (asked >= attempts || pause >= question.deadline().leftMs()) {
      return Future.failedFuture(
          new ChangeFailedException(
              FailureReason.API_AWAY,
              "GET %s %s, asked %d times; is the API up, is listener.api.url right?"
                  .formatted(address(question), again.getMessage(), asked)));
    }
    retries.increment();
    Promise<Void> paused = Promise.promise();
    vertx.setTimer(pause, id -> paused.complete());
    return paused.future().compose(v -> attempt(question, asked + 1, backoff));
  }

  /** Fails with what counts against the API; other answers say that it is there. */
  private Future<Answer> once(Question question, @Nullable String authorization) {
    RequestOptions options =
        new RequestOptions()
            .setAbsoluteURI(address(question))
            .setFollowRedirects(false)
            .putHeader("Accept", "application/json");
    if (authorization != null) {
      options.putHeader("Authorization", authorization);
    }
    question.correlationId().ifPresent(id -> options.putHeader("x-correlation-id", id));
    long within = question.deadline().leftMs(timeoutMs);
    return BoundedExchange.run(vertx, client, options, null, within, maxSize)
        .transform(
            done ->
                done.failed()
                    ? Future.failedFuture(away(done.cause(), within))
                    : isTrouble(done.result().status())
                        ? Future.failedFuture(trouble(done.result()))
                        : Future.succeededFuture(done.result()));
  }

  private static boolean isTrouble(int status) {
    return status == 408 || status == 429 || status >= 500;
  }

  private AgainException trouble(Answer answer) {
    return new AgainException(
        "answered " + answer.status(),
        RetryAfterHeader.parse(answer.retryAfter(), Instant.now(), retryAfterMax));
  }

  private RuntimeException away(Throwable cause, long within) {
    if (cause instanceof BoundedExchange.TooLongException) {
      return new ChangeFailedException(
          FailureReason.API_ANSWER,
          "the API's answer has more than %d bytes; if that is right, raise %s"
              .formatted(maxSize, ListenerSettings.API_RESPONSE_MAX.key()));
    }
    return new AgainException(
        cause instanceof TimeoutException
            ? "did not answer within %d ms".formatted(within)
            : "failed: " + Objects.toString(cause.getMessage(), cause.getClass().getSimpleName()),
        Duration.ZERO);
  }

  private Future<JsonObject> judge(Question question, Answer answer) {
    return switch (answer.status()) {
      case 200 -> object(question, answer);
      case 404 ->
          Future.failedFuture(
              new EntityNotFoundException(question.route().entity(), question.id()));
      case 401, 403 -> {
        token.forget();
        yield failed(
            FailureReason.API_REFUSED,
            "GET %s answered %d; check the API's token: listener.api.token.value or .file"
                .formatted(address(question), answer.status()));
      }
      default ->
          failed(
              FailureReason.API_ANSWER,
              "GET %s answered %d, which is no entity; check listener.api.url and the path"
                  .formatted(address(question), answer.status()));
    };
  }

  private static Future<JsonObject> object(Question question, Answer answer) {
    try {
      return Future.succeededFuture(new JsonObject(answer.body()));
    } catch (DecodeException | ClassCastException e) {
      return failed(
          FailureReason.API_ANSWER,
          "GET %s answered 200 without a JSON object; check listener.api.url and the path"
              .formatted(address(question)));
    }
  }

  private static String address(Question question) {
    return question.route().address(question.id());
  }

  private static <T> Future<T> failed(FailureReason reason, String message) {
    return Future.failedFuture(new ChangeFailedException(reason, message));
  }

  private CircuitBreaker breaker(EntityRoute route) {
    return breakers.computeIfAbsent(
        route.url(), url -> CircuitBreaker.create(url, vertx, breakerOptions));
  }
}
