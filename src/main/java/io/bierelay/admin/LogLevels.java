package io.bierelay.admin;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Gives loggers another level for a while.
 *
 * <p>Only loggers of what takes part in the relay: some libraries write at their lowest levels what
 * must not get into a log. Belongs to the admin verticle's context.
 */
final class LogLevels {

  /** What a logger's name may begin with. */
  static final List<String> ALLOWED =
      List.of("io.bierelay", "io.vertx", "org.apache.kafka", "com.rabbitmq", "org.flywaydb");

  private static final int MAX_CHANGED = 50;

  private final Vertx vertx;
  private final Map<String, Changed> changed = new TreeMap<>();

  LogLevels(Vertx vertx) {
    this.vertx = vertx;
  }

  /**
   * @param before the level that it had of its own; null for none
   */
  private record Changed(
      @Nullable Level before, Level level, Instant until, String by, long timer) {}

  /**
   * Sets a level.
   *
   * @return what is wrong, for whoever asks; empty if it is done
   */
  Optional<String> set(String name, String level, int seconds, String by) {
    if (ALLOWED.stream().noneMatch(p -> name.equals(p) || name.startsWith(p + "."))) {
      return Optional.of(
          "logger '%s' can't be changed; its name must begin with one of %s"
              .formatted(name, String.join(", ", ALLOWED)));
    }
    if (name.equals(Audit.LOGGER)) {
      return Optional.of("the audit is always written; choose another logger than " + name);
    }
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return Optional.of("this process logs with something else than Logback");
    }
    if (changed.size() >= MAX_CHANGED && !changed.containsKey(name)) {
      return Optional.of(
          "%d loggers are changed already; wait for one to expire".formatted(MAX_CHANGED));
    }
    ch.qos.logback.classic.Logger audit = context.getLogger(Audit.LOGGER);
    if (audit.getLevel() == null) {
      audit.setLevel(Level.INFO); // It would take over the level of what is above it.
    }
    Changed earlier = changed.get(name);
    if (earlier != null) {
      vertx.cancelTimer(earlier.timer());
    }
    Level before = earlier == null ? context.getLogger(name).getLevel() : earlier.before();
    long timer = vertx.setTimer(seconds * 1000L, id -> restore(context, name));
    Level wanted = Level.toLevel(level);
    context.getLogger(name).setLevel(wanted);
    changed.put(name, new Changed(before, wanted, Instant.now().plusSeconds(seconds), by, timer));
    return Optional.empty();
  }

  /** What is changed now, and what may be. */
  JsonObject toJson() {
    JsonArray levels = new JsonArray();
    changed.forEach(
        (name, one) ->
            levels.add(
                new JsonObject()
                    .put("logger", name)
                    .put("level", one.level().toString())
                    .put("until", one.until().toString())
                    .put("by", one.by())));
    return new JsonObject().put("levels", levels).put("allowed", new JsonArray(ALLOWED));
  }

  /** Gives all their own levels back. */
  void close() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      List.copyOf(changed.keySet()).forEach(name -> restore(context, name));
    }
  }

  private void restore(LoggerContext context, String name) {
    Changed one = changed.remove(name);
    if (one != null) {
      vertx.cancelTimer(one.timer());
      context.getLogger(name).setLevel(one.before());
    }
  }
}
