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

  /** Whether each percent sign is followed by two digits; the router takes no other for granted. */
  static boolean isEscaped(String path) {
    for (int at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + 1)) {
      if (at + 2 >= path.length() || !isHex(path.charAt(at + 1)) || !isHex(path.charAt(at + 2))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isHex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  /** Of a path that can't be decoded. */
  static void answerPath(HttpServerRequest request) {
    answer(request, 400, "the path has a % without two hexadecimal digits behind it; write %25");
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
