package io.bierelay.listener;

import io.bierelay.avro.AvroLimits;
import io.bierelay.avro.JsonToAvro;
import io.bierelay.avro.LatestSchema;
import io.bierelay.avro.PoisonException;
import io.bierelay.avro.RecordMismatchException;
import io.bierelay.avro.RegistryRefusedException;
import io.bierelay.avro.SchemaRegistry;
import io.bierelay.metrics.Meters;
import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.Counter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Encodes objects by the latest schema of a subject, which is asked for again, once, when an object
 * does not fit. Used on one event loop.
 */
final class RecordEncoder {

  private static final Logger LOG = LoggerFactory.getLogger(RecordEncoder.class);

  /** Between two early questions for the same subject, whatever number of objects don't fit. */
  private static final long REFRESH_NANOS = 1_000_000_000L;

  private static final Pattern SYMBOL = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,39}");
  private static final int MAX_PATHS_TOLD = 1_000;

  private final Vertx vertx;
  private final SchemaRegistry registry;
  private final AvroLimits limits;
  private final Map<String, Compiled> compiled = new HashMap<>();
  private final Map<String, Long> refreshed = new HashMap<>();
  private final Set<String> told = new HashSet<>();
  private final Counter missingFields = ListenerMetrics.MISSING_FIELDS.counter(Meters.registry());
  private final Counter refreshes = ListenerMetrics.SCHEMA_REFRESHES.counter(Meters.registry());

  private record Compiled(int id, JsonToAvro toAvro) {}

  RecordEncoder(Vertx vertx, SchemaRegistry registry, Settings settings) {
    this.vertx = vertx;
    this.registry = registry;
    this.limits = AvroLimits.of(settings);
  }

  /**
   * The object in the registry's wire format.
   *
   * @return fails with {@link ChangeFailedException}
   */
  Future<byte[]> encode(String subject, JsonObject object) {
    return registry
        .latest(subject)
        .compose(latest -> encode(latest, object))
        .recover(
            e ->
                e instanceof RecordMismatchException mismatch
                    ? refit(subject, object, mismatch)
                    : Future.failedFuture(e))
        .recover(e -> Future.failedFuture(explain(subject, e)));
  }

  /** Has the schema fetched and compiled; fails if it can't be had now. */
  Future<Void> prepare(String subject) {
    return registry.latest(subject).compose(this::compile).mapEmpty();
  }

  /** The schema may have gone on since: a symbol more, another type. */
  private Future<byte[]> refit(String subject, JsonObject object, RecordMismatchException first) {
    Compiled before = compiled.get(subject);
    return refresh(subject)
        .compose(
            latest ->
                before != null && before.id() == latest.id()
                    ? Future.failedFuture(first)
                    : encode(latest, object));
  }

  private Future<LatestSchema> refresh(String subject) {
    long now = System.nanoTime();
    Long last = refreshed.get(subject);
    if (last != null && now - last < REFRESH_NANOS) {
      return registry.latest(subject);
    }
    refreshed.put(subject, now);
    refreshes.increment();
    return registry.refresh(subject);
  }

  private Future<byte[]> encode(LatestSchema latest, JsonObject object) {
    return compile(latest)
        .map(ready -> ready.toAvro().encodeFramed(ready.id(), object, path -> tell(latest, path)));
  }

  private Future<Compiled> compile(LatestSchema latest) {
    Compiled known = compiled.get(latest.subject());
    if (known != null && known.id() == latest.id()) {
      return Future.succeededFuture(known);
    }
    if (latest.schema().getType() != Schema.Type.RECORD) {
      return Future.failedFuture(
          new ChangeFailedException(
              FailureReason.SCHEMA_UNUSABLE,
              "the latest schema of subject '%s' (id %d) is of type %s; register a record"
                  .formatted(latest.subject(), latest.id(), latest.schema().getType().getName())));
    }
    // A hostile schema may take long, so not here on the event loop.
    return vertx
        .executeBlocking(() -> JsonToAvro.compile(latest.schema(), limits), false)
        .map(toAvro -> new Compiled(latest.id(), toAvro))
        .onSuccess(ready -> compiled.put(latest.subject(), ready));
  }

  /** Each place once for people, as the same fields lack in thousands of messages. */
  private void tell(LatestSchema latest, String path) {
    missingFields.increment();
    String place = path.replaceAll("\\[\\d+\\]", "[]").replaceAll("\\{\\d+\\}", "{}");
    if (told.size() < MAX_PATHS_TOLD && told.add(latest.id() + "/" + place)) {
      LOG.info(
          "field '{}' of subject '{}' (schema id {}) lacks in an event or entity: its default or"
              + " null stands in; further ones are logged at debug level and counted",
          place,
          latest.subject(),
          latest.id());
    } else {
      LOG.debug("field '{}' of subject '{}' lacks", path, latest.subject());
    }
  }

  /** A value may be personal data; what was meant for a symbol, and is one word, is told. */
  private static String shown(RecordMismatchException mismatch) {
    return mismatch.expected().startsWith("a symbol of")
            && mismatch.value() instanceof String text
            && SYMBOL.matcher(text).matches()
        ? mismatch.messageWithValue()
        : mismatch.getMessage();
  }

  private static Throwable explain(String subject, Throwable e) {
    if (e instanceof ChangeFailedException) {
      return e;
    }
    if (e instanceof RecordMismatchException mismatch) {
      return new ChangeFailedException(
          FailureReason.RECORD_MISMATCH, "subject '%s': %s".formatted(subject, shown(mismatch)));
    }
    if (e instanceof RegistryRefusedException refused) {
      return new ChangeFailedException(
          FailureReason.SCHEMA_MISSING, String.valueOf(refused.getMessage()));
    }
    if (e instanceof PoisonException poison) {
      return new ChangeFailedException(
          FailureReason.SCHEMA_UNUSABLE,
          "the latest schema of subject '%s': %s".formatted(subject, poison.getMessage()));
    }
    return new ChangeFailedException(FailureReason.REGISTRY_AWAY, String.valueOf(e.getMessage()));
  }
}
