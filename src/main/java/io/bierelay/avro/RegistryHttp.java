package io.bierelay.avro;

import io.bierelay.avro.RegistryExchange.Answer;
import io.bierelay.retry.Backoff;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

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

  private static final String ACCEPT = "application/vnd.schemaregistry.v1+json, application/json";

  private final Vertx vertx;
  private final HttpClient client;
  private final List<String> urls;
  private final Optional<String> authorization;
  private final long timeoutMs;
  private final long maxSize;
  private int preferred;

  RegistryHttp(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.urls =
        settings.get(RegistrySettings.URLS).stream().map(url -> url.replaceAll("/+$", "")).toList();
    this.authorization =
        settings
            .find(RegistrySettings.USERNAME)
            .map(user -> basic(user, settings.find(RegistrySettings.PASSWORD).orElse("")));
    this.timeoutMs = settings.get(RegistrySettings.TIMEOUT).toMillis();
    this.maxSize = settings.get(RegistrySettings.RESPONSE_MAX_SIZE);
    HttpClientOptions options =
        new HttpClientOptions().setConnectTimeout((int) timeoutMs).setVerifyHost(true);
    RegistryTls.configure(vertx, settings, options);
    this.client = vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(4));
  }

  private static String basic(String user, String password) {
    byte[] pair = (user + ':' + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  /**
   * The answer's object, of status 200 or 404; one with status 404 has an {@code error_code}.
   *
   * <p>Asks each address once, and a single one twice, beginning with the one that answered last.
   *
   * @param path below the base address, with a leading slash
   * @return fails with {@link RegistryUnavailableException} only
   */
  Future<JsonObject> get(String path) {
    Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));
    return attempt(path, Math.max(2, urls.size()), backoff);
  }

  Future<Void> close() {
    return client.close();
  }

  private Future<JsonObject> attempt(String path, int attemptsLeft, Backoff backoff) {
    int index = preferred;
    return once(urls.get(index), path)
        .recover(
            e -> {
              boolean elsewhere =
                  e instanceof RegistryUnavailableException away && away.mayWorkElsewhere();
              if (elsewhere && preferred == index) {
                preferred = (index + 1) % urls.size();
              }
              return elsewhere && attemptsLeft > 1
                  ? pause(backoff.nextMs()).compose(v -> attempt(path, attemptsLeft - 1, backoff))
                  : Future.failedFuture(e);
            });
  }

  private Future<Void> pause(long ms) {
    Promise<Void> promise = Promise.promise();
    vertx.setTimer(ms, id -> promise.complete());
    return promise.future();
  }

  private Future<JsonObject> once(String url, String path) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setAbsoluteURI(url + path)
            .putHeader("Accept", ACCEPT);
    authorization.ifPresent(value -> options.putHeader("Authorization", value));
    return RegistryExchange.run(vertx, client, options, timeoutMs, maxSize)
        .transform(
            done ->
                done.succeeded()
                    ? judge(url, path, done.result())
                    : Future.failedFuture(away(url, path, done.cause())));
  }

  private static Future<JsonObject> judge(String url, String path, Answer answer) {
    int status = answer.status();
    Optional<JsonObject> json = json(answer);
    if (status == 200 && json.isPresent()) {
      return Future.succeededFuture(json.get());
    }
    if (status == 404 && json.filter(RegistryHttp::saysNotFound).isPresent()) {
      return Future.succeededFuture(json.get());
    }
    return Future.failedFuture(refused(url, path, status));
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

  private static RegistryUnavailableException refused(String url, String path, int status) {
    String remedy =
        switch (status) {
          case 401, 403 ->
              "check registry.username and registry.password, or the client certificate in"
                  + " registry.keystore.location";
          case 404 -> "it did not say that in a registry's words; check the path in registry.urls";
          case 408, 429 -> "it is overloaded; asked again later";
          default ->
              status >= 500
                  ? "it is in trouble; asked again later"
                  : "that is no schema registry's answer; check registry.urls";
        };
    // Whoever does not let us in at one address would not at the next, and may lock the user out.
    boolean elsewhere = status != 401 && status != 403;
    return new RegistryUnavailableException(
        "schema registry: GET %s%s answered %d; %s".formatted(url, path, status, remedy),
        elsewhere);
  }

  private RegistryUnavailableException away(String url, String path, Throwable cause) {
    String what =
        cause instanceof RegistryExchange.TooLongException
            ? "answered with more than %d bytes; if that is right, raise registry.response.max.size"
                .formatted(maxSize)
            : cause instanceof TimeoutException
                ? "did not answer within %d ms; is it running, is registry.timeout too short?"
                    .formatted(timeoutMs)
                : "failed: %s; is it running, are registry.urls and the TLS settings right?"
                    .formatted(describe(cause));
    return new RegistryUnavailableException(
        "schema registry: GET %s%s %s".formatted(url, path, what), true);
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
