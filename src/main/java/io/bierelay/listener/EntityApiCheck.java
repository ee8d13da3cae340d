package io.bierelay.listener;

import io.bierelay.check.Endpoint;
import io.bierelay.check.Problem;
import io.bierelay.check.Reach;
import io.bierelay.check.ServerCheck;
import io.bierelay.check.Steps;
import io.bierelay.http.BoundedExchange;
import io.bierelay.http.BoundedExchange.Answer;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Asks an entity's API for one that there can't be: whoever is let in is told that it is none. */
final class EntityApiCheck implements ServerCheck {

  private static final int ANSWER_MS = 2_500;
  private static final UUID NOBODY = new UUID(0, 0);

  private final Vertx vertx;
  private final Settings settings;
  private final EntityRoute route;

  EntityApiCheck(Vertx vertx, Settings settings, EntityRoute route) {
    this.vertx = vertx;
    this.settings = settings;
    this.route = route;
  }

  @Override
  public String server() {
    return "API of " + route.entity();
  }

  private String setting() {
    return route.ownApi()
        ? "listener.entities: %s.url".formatted(route.entity())
        : "listener.api.url";
  }

  private String tokenSetting() {
    return route.ownApi()
        ? "listener.entities: %s.token-file".formatted(route.entity())
        : "listener.api.token.value or listener.api.token.file";
  }

  @Override
  public void run(Steps steps) {
    if (Reach.to(steps, Endpoint.ofUrl(URI.create(route.url()), setting()))) {
      steps.step("login", route.address(NOBODY), this::ask);
    }
  }

  private String ask() throws Exception {
    HttpClient client = vertx.createHttpClient(new HttpClientOptions().setVerifyHost(true));
    try {
      Context context = vertx.getOrCreateContext();
      Promise<Answer> answer = Promise.promise();
      context.runOnContext(
          v ->
              new ApiToken(vertx, settings)
                  .of(route)
                  .compose(
                      token ->
                          BoundedExchange.run(
                              vertx,
                              client,
                              request(token),
                              null,
                              ANSWER_MS,
                              settings.get(ListenerSettings.API_RESPONSE_MAX)))
                  .onComplete(answer));
      return judge(
          answer
              .future()
              .toCompletionStage()
              .toCompletableFuture()
              .get(ANSWER_MS + 300, TimeUnit.MILLISECONDS)
              .status());
    } finally {
      var unused = client.close();
    }
  }

  private RequestOptions request(@Nullable String token) {
    RequestOptions options =
        new RequestOptions()
            .setAbsoluteURI(route.address(NOBODY))
            .setFollowRedirects(false)
            .putHeader("Accept", "application/json");
    return token == null ? options : options.putHeader("Authorization", token);
  }

  private String judge(int status) throws Exception {
    if (status == 401 || status == 403) {
      throw new Problem("it refused our token (%d)".formatted(status), "check " + tokenSetting())
          .toException();
    }
    if (status >= 300 && status < 400) {
      throw new Problem(
              "it sends us elsewhere (%d), where our token must not go".formatted(status),
              "name the address itself in " + setting())
          .toException();
    }
    if (status >= 500) {
      throw new Problem(
              "it answers %d".formatted(status), "see its own log; check the path in " + setting())
          .toException();
    }
    return status == 404
        ? "let in; it has no entity of that id (404)"
        : "let in; it answers %d".formatted(status);
  }

  @Override
  public Problem explain(Throwable failure) {
    Throwable e = failure;
    while (e.getCause() != null && !(e instanceof ChangeFailedException)) {
      e = e.getCause();
    }
    if (e instanceof TimeoutException) {
      return new Problem(
          "it does not answer in time", "is it overloaded, does a proxy hold the request?");
    }
    return new Problem(
        e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(),
        "check %s and %s".formatted(setting(), tokenSetting()));
  }
}
