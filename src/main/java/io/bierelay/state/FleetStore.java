package io.bierelay.state;

import io.bierelay.event.PauseRule;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The fleet's data in Redis. Per consumer group, all keys in one hash slot:
 *
 * <pre>
 *   {prefix:group}:instances            sorted set: instance → when it spoke last
 *   {prefix:group}:instance:&lt;instance&gt;  string, with a time to live: what it said
 *   {prefix:group}:pauses               hash: topic/partition → the newest that was said of it
 * </pre>
 *
 * <p>Used on the verticle's context. Each request has a deadline, and is not repeated.
 */
final class FleetStore {

  /**
   * Of what is said of the same partitions the newest stays, whoever comes last; in one step, since
   * several processes may speak at once.
   */
  private static final String MERGE =
      """
      for i = 1, #ARGV, 3 do
        local known = redis.call('HGET', KEYS[1], ARGV[i])
        if not known or cjson.decode(known).at < tonumber(ARGV[i + 1]) then
          redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
        end
      end
      return redis.call('HVALS', KEYS[1])
      """;

  private final Vertx vertx;
  private final Settings settings;
  private final String prefix;
  private final Duration ttl;
  private final long timeoutMs;
  private RedisAccess access;
  private Redis redis;

  /** Connects to nothing yet. Reads keys and certificates: some milliseconds. */
  FleetStore(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.settings = settings;
    this.access = RedisAccess.now(settings);
    this.redis = Redis.createClient(vertx, access.options());
    this.prefix = settings.get(StateSettings.PREFIX);
    this.ttl = settings.get(StateSettings.TTL);
    this.timeoutMs = settings.get(StateSettings.TIMEOUT).toMillis();
  }

  /** Has new connections made with what its files hold now, if that is something else. */
  Future<Void> renew() {
    return vertx
        .executeBlocking(() -> RedisAccess.now(settings), false)
        .compose(
            now -> {
              if (now.isAs(access)) {
                return Future.succeededFuture();
              }
              Redis former = redis;
              access = now;
              redis = Redis.createClient(vertx, now.options());
              // What is on its way has until then; what isn't answered is said again anyway.
              return vertx.timer(timeoutMs, TimeUnit.MILLISECONDS).compose(v -> former.close());
            });
  }

  /** Keeps what an instance says, until it falls silent. */
  Future<Void> speak(String group, String instance, JsonObject words) {
    long now = Instant.now().toEpochMilli();
    String index = key(group, "instances");
    long forgotten = now - 20 * ttl.toMillis();
    return send(Request.cmd(Command.SET)
            .arg(key(group, "instance:" + instance))
            .arg(words.toBuffer())
            .arg("PX")
            .arg(ttl.toMillis()))
        .compose(v -> send(Request.cmd(Command.ZADD).arg(index).arg(now).arg(instance)))
        .compose(
            v -> send(Request.cmd(Command.ZREMRANGEBYSCORE).arg(index).arg("-inf").arg(forgotten)))
        .mapEmpty();
  }

  /** What all instances said that are not silent. */
  Future<List<JsonObject>> listen(String group) {
    return send(Request.cmd(Command.ZRANGE).arg(key(group, "instances")).arg(0).arg(-1))
        .compose(
            names -> {
              if (names.size() == 0) {
                return Future.succeededFuture(List.of());
              }
              Request all = Request.cmd(Command.MGET);
              names.forEach(name -> all.arg(key(group, "instance:" + name)));
              return send(all).map(FleetStore::objects);
            });
  }

  private static List<JsonObject> objects(Response answer) {
    List<JsonObject> objects = new ArrayList<>();
    answer.stream()
        .filter(Objects::nonNull) // Silent for longer than it is kept.
        .forEach(one -> objects.add(new JsonObject(one.toBuffer())));
    return objects;
  }

  /** Keeps rules; returns all that are kept. */
  Future<List<JsonObject>> merge(String group, List<PauseRule> rules) {
    Request merge = Request.cmd(Command.EVAL).arg(MERGE).arg(1).arg(key(group, "pauses"));
    rules.forEach(rule -> merge.arg(rule.key()).arg(rule.at()).arg(rule.toJson().encode()));
    return send(merge).map(FleetStore::objects);
  }

  private String key(String group, String name) {
    return key(prefix, group, name);
  }

  /** As {@code check} needs it, to ask what would be permitted. */
  static String key(String prefix, String group, String name) {
    return "{" + prefix + ":" + group + "}:" + name;
  }

  private Future<Response> send(Request request) {
    return redis.send(request).timeout(timeoutMs, TimeUnit.MILLISECONDS);
  }

  Future<Void> close() {
    return redis.close();
  }
}
