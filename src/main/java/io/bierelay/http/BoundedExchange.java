package io.bierelay.http;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer, within a time and a size: whatever goes beyond is cut off by a reset
 * of its connection.
 *
 * <p>Stands on the HTTP client and not on WebClient, which would drain an endless answer to its
 * end, and whose time-out begins anew with each byte. Used on one event loop.
 */
public final class BoundedExchange {

  /** A complete answer. */
  public record Answer(int status, MultiMap headers, Buffer body) {

    /** The header of this name, if there is one. */
    public @Nullable String retryAfter() {
      return headers.get("Retry-After");
    }
  }

  /** The answer was longer than allowed. */
  public static final class TooLongException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLongException() {
      super("the answer is too long", null, false, false);
    }
  }

  private final @Nullable Buffer question;
  private final long maxSize;
  private final Promise<Answer> promise = Promise.promise();
  private final Buffer body = Buffer.buffer();
  private @Nullable HttpClientRequest request;

  private BoundedExchange(@Nullable Buffer question, long maxSize) {
    this.question = question;
    this.maxSize = maxSize;
  }

  /**
   * Asks, and takes the answer in.
   *
   * @param question the request's body, if it has one
   * @param timeoutMs from connecting to the answer's last byte
   * @param maxSize of the answer's body, in bytes
   * @return fails with what went wrong: I/O, {@link TimeoutException} or {@link TooLongException}
   */
  public static Future<Answer> run(
      Vertx vertx,
      HttpClient client,
      RequestOptions options,
      @Nullable Buffer question,
      long timeoutMs,
      long maxSize) {
    BoundedExchange exchange = new BoundedExchange(question, maxSize);
    long timer =
        vertx.setTimer(timeoutMs, id -> exchange.abort(new TimeoutException("no answer in time")));
    client.request(options).compose(exchange::send).onFailure(exchange::abort);
    return exchange.promise.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  private Future<Void> send(HttpClientRequest made) {
    request = made;
    if (promise.future().isComplete()) {
      // The time was over while the connection was being made.
      return made.reset();
    }
    return (question == null ? made.send() : made.send(question)).map(this::receive);
  }

  private @Nullable Void receive(HttpClientResponse response) {
    response.exceptionHandler(this::abort);
    if (statedLength(response) > maxSize) {
      abort(new TooLongException());
      return null;
    }
    response.handler(
        chunk -> {
          if (promise.future().isComplete()) {
            return;
          }
          if (body.length() + (long) chunk.length() > maxSize) {
            abort(new TooLongException());
          } else {
            body.appendBuffer(chunk);
          }
        });
    response.endHandler(
        v -> promise.tryComplete(new Answer(response.statusCode(), response.headers(), body)));
    return null;
  }

  /** 0 if it states none, or nonsense: then what comes is counted. */
  private static long statedLength(HttpClientResponse response) {
    String length = response.getHeader("Content-Length");
    try {
      return length == null ? 0 : Long.parseLong(length.strip());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private void abort(Throwable cause) {
    if (promise.tryFail(cause) && request != null) {
      request.reset();
    }
  }
}
