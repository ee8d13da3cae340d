package io.bierelay.avro;

import io.bierelay.avro.RegistryUnavailableException.Next;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Fetches schemas by id from a registry that speaks Confluent's REST API, compiles each once, and
 * remembers it; knows the latest ones of subjects, and registers new ones.
 *
 * <p>Never blocks. Belongs to one verticle instance and is used on its context only.
 */
public final class SchemaRegistry {

  private final Vertx vertx;
  private final RegistryHttp http;
  private final RegistrySubjects subjects;
  private final AvroLimits limits;
  private final long unknownTtlNanos;
  private final Map<Integer, Known> known;
  private final Map<Integer, Future<AvroJson>> inFlight = new HashMap<>();

  /**
   * What was found for an id.
   *
   * @param until by the nano clock, when it is to be asked for again; null for never
   */
  private record Known(Future<AvroJson> result, @Nullable Long until) {}

  /**
   * Connects to nothing yet.
   *
   * @param settings those of {@link RegistrySettings} and {@link AvroLimits}
   * @throws io.bierelay.settings.ConfigurationException if a key or trust store can't be opened
   */
  public SchemaRegistry(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.http = new RegistryHttp(vertx, settings);
    this.subjects = new RegistrySubjects(vertx, http, settings);
    this.limits = AvroLimits.of(settings);
    this.unknownTtlNanos = settings.get(RegistrySettings.UNKNOWN_TTL).toNanos();
    this.known = new BoundedCache<>(settings.get(RegistrySettings.CACHE_SIZE));
  }

  /**
   * The compiled writer's schema; at once if it is known, else after at most one request for all
   * that ask meanwhile.
   *
   * @return fails with {@link PoisonException} ({@code unknown-schema}, {@code schema-not-avro},
   *     {@code invalid-schema}) when records of this schema can't be decoded, and with {@link
   *     RegistryUnavailableException} when that could not be found out: then wait and ask again
   */
  public Future<AvroJson> writerFor(int schemaId) {
    Known found = known.get(schemaId);
    if (found != null) {
      if (found.until() == null || System.nanoTime() - found.until() < 0) {
        return found.result();
      }
      known.remove(schemaId);
    }
    Future<AvroJson> running = inFlight.get(schemaId);
    if (running != null) {
      return running;
    }
    Future<AvroJson> asked = fetch(schemaId);
    inFlight.put(schemaId, asked);
    return asked.onComplete(
        done -> {
          inFlight.remove(schemaId);
          if (done.succeeded()) {
            known.put(schemaId, new Known(Future.succeededFuture(done.result()), null));
          } else if (done.cause() instanceof PoisonException poison) {
            long until = System.nanoTime() + unknownTtlNanos;
            known.put(schemaId, new Known(Future.failedFuture(poison), until));
          }
        });
  }

  /**
   * The latest schema of a subject, as it was at most {@code registry.latest.ttl} ago; at most one
   * request for all that ask meanwhile.
   *
   * @return fails with {@link RegistryRefusedException} if there is no such subject, {@link
   *     PoisonException} ({@code schema-not-avro}, {@code invalid-schema}) if its schema is of no
   *     use, and {@link RegistryUnavailableException} when that could not be found out
   */
  public Future<LatestSchema> latest(String subject) {
    return subjects.latest(subject);
  }

  /** As {@link #latest}, but asks the registry in any case. */
  public Future<LatestSchema> refresh(String subject) {
    return subjects.refresh(subject);
  }

  /**
   * Registers a schema as the latest version of a subject, unless it is one of its versions.
   *
   * @return the schema's id; fails with {@link RegistryRefusedException} if the registry does not
   *     take it, and with {@link RegistryUnavailableException} when it is not known whether it did:
   *     then it may be registered again, which changes nothing
   */
  public Future<Integer> register(String subject, Schema schema) {
    return subjects.register(subject, schema);
  }

  /** Closes connections; what is being asked fails. */
  public Future<Void> close() {
    return http.close();
  }

  private Future<AvroJson> fetch(int schemaId) {
    return http.get("/schemas/ids/" + schemaId)
        .compose(
            answer ->
                RegistryHttp.errorCode(answer) != 0
                    ? Future.failedFuture(unknown(schemaId, answer))
                    : SchemaReferences.resolve(http, answer))
        // Avro's parser may take long for a hostile schema, so not here on the event loop.
        .compose(
            schemas ->
                vertx.executeBlocking(() -> AvroJson.compile(schemas, limits, schemaId), false))
        .recover(
            e ->
                Future.failedFuture(
                    e instanceof PoisonException poison ? poison.withSchemaId(schemaId) : e));
  }

  private static RuntimeException unknown(int schemaId, JsonObject answer) {
    return RegistryHttp.errorCode(answer) == RegistryHttp.SCHEMA_NOT_FOUND
        ? new PoisonException(
            PoisonReason.UNKNOWN_SCHEMA, "the registry has no schema with id " + schemaId)
        : new RegistryUnavailableException(
            "schema registry: asked for the schema with id %d, it answered 404 with error code %d,"
                    .formatted(schemaId, RegistryHttp.errorCode(answer))
                + " which does not say that the id is unknown; check registry.urls",
            Next.NOBODY);
  }
}
