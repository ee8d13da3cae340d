package io.bierelay.state;

import io.bierelay.check.ClientSide;
import io.bierelay.check.Endpoint;
import io.bierelay.check.Greeting;
import io.bierelay.check.Problem;
import io.bierelay.check.Reach;
import io.bierelay.check.Remedies;
import io.bierelay.check.ServerCheck;
import io.bierelay.check.Steps;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tries Redis as the fleet's data are kept there, and writes nothing: whether the user may do what
 * the role does, Redis itself is asked (from 7.0 on).
 */
final class RedisCheck implements ServerCheck {

  private static final int ANSWER_MS = 2_500;
  private static final int DEFAULT_PORT = 6_379;

  /** Takes commands with the key each would be used on; returns those that are not permitted. */
  private static final String PERMITTED =
      """
      if not redis.acl_check_cmd then return 'unknown' end
      local missing = {}
      for _, name in ipairs(ARGV) do
        if not redis.acl_check_cmd(name, KEYS[1]) then missing[#missing + 1] = name end
      end
      return missing
      """;

  private static final List<String> USED =
      List.of("SET", "ZADD", "ZREMRANGEBYSCORE", "ZRANGE", "MGET", "HGET", "HSET", "HVALS");

  private final Vertx vertx;
  private final Settings settings;

  RedisCheck(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.settings = settings;
  }

  @Override
  public String server() {
    return "Redis";
  }

  @Override
  public void run(Steps steps) {
    if (!Reach.to(steps, endpoint())) {
      return;
    }
    AtomicReference<@Nullable Redis> client = new AtomicReference<>();
    AtomicReference<@Nullable RedisConnection> opened = new AtomicReference<>();
    try {
      boolean in =
          steps.step(
              "login",
              settings.get(StateSettings.URL),
              () -> {
                Redis made = Redis.createClient(vertx, RedisAccess.now(settings).options());
                client.set(made);
                opened.set(answer(made.connect()));
                return settings.find(StateSettings.PASSWORD).isEmpty()
                    ? "let in without a login"
                    : "let in as '%s'".formatted(user());
              });
      RedisConnection connection = opened.get();
      if (in && connection != null) {
        steps.step("version", settings.get(StateSettings.URL), () -> version(connection));
        String key =
            FleetStore.key(settings.get(StateSettings.PREFIX), "bie-relay-check", "instances");
        steps.step("keys", key, () -> permitted(steps, connection, key));
      }
    } finally {
      Redis made = client.get();
      if (made != null) {
        var unused = made.close();
      }
    }
  }

  private String user() {
    return settings.find(StateSettings.USERNAME).orElse("default");
  }

  private static String version(RedisConnection connection) throws Exception {
    Response hello = answer(connection.send(Request.cmd(Command.HELLO)));
    Response version = hello == null ? null : hello.get("version");
    Response role = hello == null ? null : hello.get("role");
    if (role != null && !role.toString().equals("master")) {
      throw new Problem(
              "it is a %s, which can't be written to".formatted(role),
              "name the primary in redis.url")
          .toException();
    }
    return version == null ? "it does not tell" : "Redis " + version;
  }

  private String permitted(Steps steps, RedisConnection connection, String key) throws Exception {
    Request ask = Request.cmd(Command.EVAL).arg(PERMITTED).arg(1).arg(key);
    USED.forEach(ask::arg);
    Response said;
    try {
      said = answer(connection.send(ask));
    } catch (ExecutionException e) {
      String why = String.valueOf(e.getCause() == null ? "" : e.getCause().getMessage());
      if (why.startsWith("NOPERM")) {
        throw lacks(why.contains("key") ? "these keys" : "the command EVAL", key).toException();
      }
      throw e;
    }
    if (said != null && said.size() > 0 && said.isArray()) {
      List<String> missing = new ArrayList<>();
      said.forEach(name -> missing.add(name.toString()));
      throw lacks(
              (missing.size() == 1 ? "the command " : "the commands ") + String.join(", ", missing),
              key)
          .toException();
    }
    if (said != null && !said.isArray()) {
      steps.noted(
          "keys",
          key,
          "which commands the user may use is not known: this Redis does not tell (before 7.0)",
          "see docs/permissions.md");
      return "EVAL allowed";
    }
    return "all commands that are used are allowed";
  }

  private Problem lacks(String what, String key) {
    return new Problem(
        "user '%s' has no permission to use %s on keys such as '%s'".formatted(user(), what, key),
        "widen the user's rule (ACL SETUSER), or correct redis.key.prefix; see"
            + " docs/permissions.md");
  }

  private static <T> T answer(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(ANSWER_MS, TimeUnit.MILLISECONDS);
  }

  @Override
  public Problem explain(Throwable failure) {
    Throwable e = failure;
    while (e.getCause() != null && e instanceof ExecutionException) {
      e = e.getCause();
    }
    if (e instanceof TimeoutException) {
      return new Problem("it does not answer in time", "is it overloaded, or at a long script?");
    }
    String message = String.valueOf(e.getMessage());
    if (message.startsWith("NOAUTH") || message.startsWith("WRONGPASS")) {
      return new Problem(
          "it refused the login of '%s'".formatted(user()),
          "check redis.username and redis.password");
    }
    return new Problem(RedisFailure.describe(e), "check redis.*");
  }

  private Endpoint endpoint() {
    URI uri = URI.create(settings.get(StateSettings.URL));
    Callable<ClientSide> tls =
        StateSettings.usesTls(settings)
            ? () -> ClientSide.of(TlsMaterial.of(StateSettings.CERTIFICATES, settings).refreshed())
            : null;
    return new Endpoint(
        String.valueOf(uri.getHost()).replaceAll("[\\[\\]]", ""),
        uri.getPort() > 0 ? uri.getPort() : DEFAULT_PORT,
        tls,
        false,
        Greeting.redis(),
        new Remedies(
            "redis.url",
            "write rediss in place of redis in redis.url",
            "write redis in place of rediss in redis.url, or name the port that speaks TLS",
            "redis.truststore.location",
            "redis.keystore.location"));
  }
}
