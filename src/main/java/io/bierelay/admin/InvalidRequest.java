package io.bierelay.admin;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;

/** Answers what is no HTTP, or more of it than is read. */
final class InvalidRequest {

  private InvalidRequest() {}

  static void answer(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    if (cause instanceof TooLongHttpLineException) {
      answer(
          request, 414, "the request's first line is too long; ask with a shorter path or query");
    } else if (cause instanceof TooLongHttpHeaderException) {
      answer(request, 431, "the request's headers are too large; send fewer or shorter ones");
    } else {
      answer(request, 400, "this is not HTTP as RFC 9112 has it; mend the client");
    }
  }

  private static void answer(HttpServerRequest request, int status, String detail) {
    request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.CONTENT_TYPE)
        .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
        .end(Problem.body(status, detail).toBuffer())
        .onComplete(sent -> request.connection().close());
  }
}
