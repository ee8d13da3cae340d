package io.bierelay.listener;

import io.bierelay.http.BoundedExchange;
import io.bierelay.http.BoundedExchange.Answer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.http.SdkHttpFullResponse;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;

/**
 * The AWS SDK's requests over Vert.x's HTTP client, which is here anyway: both bodies are held in
 * memory, as SQS's are small.
 *
 * <p>Any thread may use it.
 */
final class SdkHttpClient implements SdkAsyncHttpClient {

  /** Ten messages of 1 MiB, the most that SQS gives at once, written as JSON. */
  private static final long MAX_ANSWER = 64L << 20;

  private final Vertx vertx;
  private final Context context;
  private final HttpClient client;
  private final long timeoutMs;

  /**
   * Connects to nothing yet.
   *
   * @param timeoutMs of one request; more than the longest poll
   * @param connections most at the same time
   */
  SdkHttpClient(Vertx vertx, long timeoutMs, int connections) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.timeoutMs = timeoutMs;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout(5_000)
                .setVerifyHost(true)
                // Less than SQS's own, so that a connection does not end under a request.
                .setKeepAliveTimeout(15),
            new PoolOptions().setHttp1MaxSize(connections));
  }

  @Override
  public CompletableFuture<Void> execute(AsyncExecuteRequest request) {
    return Collector.collect(request.requestContentPublisher())
        .compose(body -> onContext(options(request.request()), body))
        .<Void>map(answer -> hand(answer, request))
        .recover(
            e -> {
              // The SDK tries again after exceptions of this type.
              IOException failure = new IOException(e.getMessage(), e);
              request.responseHandler().onError(failure);
              return Future.failedFuture(failure);
            })
        .toCompletionStage()
        .toCompletableFuture();
  }

  /** The SDK asks on threads of its own, at the second attempt at the latest. */
  private Future<Answer> onContext(RequestOptions options, Buffer body) {
    Promise<Answer> answer = Promise.promise();
    context.runOnContext(
        v ->
            BoundedExchange.run(
                    vertx, client, options, body.length() == 0 ? null : body, timeoutMs, MAX_ANSWER)
                .onComplete(answer));
    return answer.future();
  }

  private static RequestOptions options(SdkHttpRequest request) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    request.forEachHeader(
        (name, values) -> {
          // Vert.x writes these two itself, from what it sends and where to.
          if (!name.equalsIgnoreCase("Content-Length") && !name.equalsIgnoreCase("Host")) {
            headers.add(name, values);
          }
        });
    return new RequestOptions()
        .setMethod(HttpMethod.valueOf(request.method().name()))
        .setAbsoluteURI(request.getUri().toString())
        .setFollowRedirects(false)
        .setHeaders(headers);
  }

  private static Void hand(Answer answer, AsyncExecuteRequest request) {
    SdkHttpFullResponse.Builder head = SdkHttpResponse.builder().statusCode(answer.status());
    answer.headers().forEach((name, value) -> head.appendHeader(name, value));
    request.responseHandler().onHeaders(head.build());
    request.responseHandler().onStream(new Once(ByteBuffer.wrap(answer.body().getBytes())));
    return null;
  }

  @Override
  public void close() {
    client.close();
  }

  @Override
  public String clientName() {
    return "Vertx";
  }

  /** Takes a whole body in. */
  private static final class Collector implements Subscriber<ByteBuffer> {

    private final Buffer body = Buffer.buffer();
    private final Promise<Buffer> done = Promise.promise();

    static Future<Buffer> collect(Publisher<ByteBuffer> publisher) {
      Collector collector = new Collector();
      publisher.subscribe(collector);
      return collector.done.future();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(ByteBuffer part) {
      byte[] bytes = new byte[part.remaining()];
      part.get(bytes);
      body.appendBytes(bytes);
    }

    @Override
    public void onError(Throwable e) {
      done.tryFail(e);
    }

    @Override
    public void onComplete() {
      done.tryComplete(body);
    }
  }

  /** A body as a stream of one part. */
  private record Once(ByteBuffer body) implements Publisher<ByteBuffer> {

    @Override
    public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
      subscriber.onSubscribe(
          new Subscription() {
            private boolean over;

            @Override
            public void request(long n) {
              if (!over) {
                over = true;
                subscriber.onNext(body);
                subscriber.onComplete();
              }
            }

            @Override
            public void cancel() {
              over = true;
            }
          });
    }
  }
}
