package io.bierelay.avro;

import io.bierelay.avro.RegistryUnavailableException.Next;
import io.bierelay.http.BoundedExchange;
import io.bierelay.http.BoundedExchange.Answer;
import io.bierelay.retry.Backoff;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsFailure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the registry's addresses one after the other until one gives an answer that tells something.
 *
 * <p>What tells something is a JSON object with status 200, or one with status 404 and an error
 * code of the registry's own; anything else may come from a proxy, or from a registry in trouble.
 * Used on one event loop.
 */
final class RegistryHttp {

  /** Error code: no such schema. */
  static final int SCHEMA_NOT_FOUND = 40403;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
  private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
  private static final String ACCEPT = "application/vnd.schemaregistry.v1+json, application/json";

  private final Vertx vertx;
  private final RegistryTls tls;
  private final List<String> urls;
  private final long timeoutMs;
  private final long maxSize;
  private final int attempts;
  private final RetryAfter retryAfter;
  private Optional<String> authorization = Optional.empty();
  private int preferred;

  RegistryHttp(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.urls =
        settings.get(RegistrySettings.URLS).stream().map(url -> url.replaceAll("/+$", "")).toList();
    this.attempts = Math.max(settings.get(RegistrySettings.ATTEMPTS), urls.size());
    this.retryAfter = new RetryAfter(urls.size(), settings.get(RegistrySettings.RETRY_AFTER_MAX));
    this.timeoutMs = settings.get(RegistrySettings.TIMEOUT).toMillis();
    this.maxSize = settings.get(RegistrySettings.RESPONSE_MAX_SIZE);
    this.tls =
        new RegistryTls(
            vertx, settings, new HttpClientOptions().setConnectTimeout((int) timeoutMs));
  }

  /**
   * The answer's object, of status 200 or 404; one with status 404 has an {@code error_code}.
   *
   * <p>Asks {@code registry.attempts} times at most and each address at least once, beginning with
   * the one that answered last.
   *
   * @param path below the base address, with a leading slash
   * @return fails with {@link RegistryUnavailableException} only
   */
  Future<JsonObject> get(String path) {
    return ask(new Question(HttpMethod.GET, path, null));
  }

  /** As {@link #get}, but with a body; the object may also be a refusal with status 409 or 422. */
  Future<JsonObject> post(String path, JsonObject body) {
    return ask(new Question(HttpMethod.POST, path, body.toBuffer()));
  }

  Future<Void> close() {
    return tls.client().close();
  }

  private record Question(HttpMethod method, String path, @Nullable Buffer body) {}

  private Future<JsonObject> ask(Question question) {
    return tls.renewed()
        .onSuccess(header -> authorization = header)
        .compose(v -> pause(retryAfter.leftMs(preferred)))
        .compose(v -> attempt(question, 1, new Backoff(FIRST_PAUSE, LONGEST_PAUSE)));
  }

  private Future<JsonObject> attempt(Question question, int asked, Backoff backoff) {
    int index = preferred;
    return once(index, question)
        .recover(
            e -> {
              Next next =
                  e instanceof RegistryUnavailableException away ? away.next() : Next.NOBODY;
              if (next != Next.NOBODY && preferred == index) {
                preferred = (index + 1) % urls.size();
              }
              boolean again =
                  next == Next.ANY ? asked < attempts : next == Next.OTHERS && asked < urls.size();
              long ms = Math.max(backoff.nextFullJitterMs(), retryAfter.leftMs(preferred));
              return again
                  ? pause(ms).compose(v -> attempt(question, asked + 1, backoff))
                  : Future.failedFuture(e);
            });
  }

  private Future<Void> pause(long ms) {
    if (ms <= 0) {
      return Future.succeededFuture();
    }
    Promise<Void> promise = Promise.promise();
    vertx.setTimer(ms, id -> promise.complete());
    return promise.future();
  }

  private Future<JsonObject> once(int index, Question question) {
    String asked = question.method() + " " + urls.get(index) + question.path();
    RequestOptions options = request(question.method(), urls.get(index) + question.path());
    if (question.body() != null) {
      options.putHeader("Content-Type", CONTENT_TYPE);
    }
    authorization.ifPresent(value -> options.putHeader("Authorization", value));
    return BoundedExchange.run(vertx, tls.client(), options, question.body(), timeoutMs, maxSize)
        .onSuccess(answer -> retryAfter.note(index, answer))
        .transform(
            done ->
                done.succeeded()
                    ? judge(question, asked, done.result())
                    : Future.failedFuture(away(asked, done.cause())));
  }

  /** Of what the registry is asked, with the header by which it answers in its own words. */
  static RequestOptions request(HttpMethod method, String url) {
    return new RequestOptions().setMethod(method).setAbsoluteURI(url).putHeader("Accept", ACCEPT);
  }

  private static Future<JsonObject> judge(Question question, String asked, Answer answer) {
    int status = answer.status();
    Optional<JsonObject> json = json(answer);
    if (status == 200 && json.isPresent()) {
      return Future.succeededFuture(json.get());
    }
    if (status == 404 && json.filter(RegistryHttp::saysNotFound).isPresent()) {
      return Future.succeededFuture(json.get());
    }
    if (question.body() != null
        && (status == 409 || status == 422)
        && json.filter(object -> errorCode(object) != 0).isPresent()) {
      return Future.succeededFuture(json.get());
    }
    return Future.failedFuture(refused(asked, status));
  }

  /** A web server in front would say 404 at most, and in HTML as a rule. */
  private static boolean saysNotFound(JsonObject answer) {
    return errorCode(answer) / 100 == 404;
  }

  /** The registry's own code of an error, or 0. */
  static int errorCode(JsonObject answer) {
    return answer.getValue("error_code") instanceof Number code ? code.intValue() : 0;
  }

  private static Optional<JsonObject> json(Answer answer) {
    try {
      return Optional.of(new JsonObject(answer.body()));
    } catch (DecodeException | ClassCastException e) {
      return Optional.empty();
    }
  }

  private static RegistryUnavailableException refused(String asked, int status) {
    String remedy =
        switch (status) {
          case 401, 403 ->
              "check registry.username and registry.password, or registry.token, or the client"
                  + " certificate in registry.keystore.location";
          case 404 -> "it did not say that in a registry's words; check the path in registry.urls";
          case 408, 429 -> "it is overloaded; asked again later";
          default ->
              status >= 500
                  ? "it is in trouble; asked again later"
                  : "that is no schema registry's answer; check registry.urls";
        };
    Next next =
        switch (status) {
          // Whoever does not let us in at one address would not at the next, and may lock us out.
          case 401, 403 -> Next.NOBODY;
          case 408, 429, 500, 502, 503, 504 -> Next.ANY;
          default -> Next.OTHERS;
        };
    return new RegistryUnavailableException(
        "schema registry: %s answered %d; %s".formatted(asked, status, remedy), next);
  }

  private RegistryUnavailableException away(String asked, Throwable cause) {
    boolean tooLong = cause instanceof BoundedExchange.TooLongException;
    String what =
        tooLong
            ? "answered with more than %d bytes; if that is right, raise registry.response.max.size"
                .formatted(maxSize)
            : cause instanceof TimeoutException
                ? "did not answer within %d ms; is it running, is registry.timeout too short?"
                    .formatted(timeoutMs)
                : TlsFailure.explain(cause, RegistrySettings.CERTIFICATES)
                    .map(why -> "failed: " + why)
                    .orElseGet(
                        () ->
                            "failed: %s; is it running, are registry.urls and the TLS settings right?"
                                .formatted(describe(cause)));
    return new RegistryUnavailableException(
        "schema registry: %s %s".formatted(asked, what), tooLong ? Next.OTHERS : Next.ANY);
  }

  /** Of a TLS failure, only the innermost cause says what is wrong. */
  private static String describe(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String outer = Objects.toString(cause.getMessage(), cause.getClass().getSimpleName());
    String inner = Objects.toString(root.getMessage(), root.getClass().getSimpleName());
    return outer.contains(inner) ? outer : outer + " (" + inner + ")";
  }
}
