package io.bierelay.avro;

import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fetches schemas by id from a registry that speaks Confluent's REST API, compiles each once, and
 * remembers it.
 *
 * <p>Never blocks. Belongs to one verticle instance and is used on its context only.
 */
public final class SchemaRegistry {

  private static final int MAX_REFERENCES = 100;

  private final Vertx vertx;
  private final RegistryHttp http;
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
    this.limits = AvroLimits.of(settings);
    this.unknownTtlNanos = settings.get(RegistrySettings.UNKNOWN_TTL).toNanos();
    int size = settings.get(RegistrySettings.CACHE_SIZE);
    this.known =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Integer, Known> eldest) {
            return size() > size;
          }
        };
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

  /** Closes connections; what is being asked fails. */
  public Future<Void> close() {
    return http.close();
  }

  private Future<AvroJson> fetch(int schemaId) {
    References references = new References();
    return http.get("/schemas/ids/" + schemaId)
        .compose(
            answer -> {
              if (RegistryHttp.errorCode(answer) != 0) {
                return Future.failedFuture(unknown(schemaId, answer));
              }
              return schemaIn(answer)
                  .compose(schema -> references.follow(answer).map(v -> references.then(schema)));
            })
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
            false);
  }

  /** The schema's text, if it is Avro. */
  private static Future<String> schemaIn(JsonObject answer) {
    Object type = answer.getValue("schemaType");
    if (type != null && !"AVRO".equals(type)) {
      return Future.failedFuture(
          new PoisonException(
              PoisonReason.SCHEMA_NOT_AVRO, "the registry's schema is of another type than AVRO"));
    }
    return answer.getValue("schema") instanceof String schema
        ? Future.succeededFuture(schema)
        : Future.failedFuture(
            new RegistryUnavailableException(
                "schema registry: an answer has no text 'schema'; check registry.urls", false));
  }

  /** Collects the schemas that one refers to, in an order in which each comes after its own. */
  private final class References {

    private final Set<String> seen = new HashSet<>();
    private final List<String> schemas = new ArrayList<>();

    List<String> then(String schema) {
      schemas.add(schema);
      return List.copyOf(schemas);
    }

    /** One after the other: there are few, and each is fetched once per schema id and process. */
    Future<Void> follow(JsonObject answer) {
      if (!(answer.getValue("references") instanceof JsonArray list)) {
        return Future.succeededFuture();
      }
      Future<Void> all = Future.succeededFuture();
      for (Object reference : list) {
        all = all.compose(v -> followOne(reference));
      }
      return all;
    }

    private Future<Void> followOne(Object reference) {
      if (!(reference instanceof JsonObject named)
          || !(named.getValue("subject") instanceof String subject)
          || !(named.getValue("version") instanceof Number version)) {
        return invalid("the schema has a reference without subject and version");
      }
      String path =
          "/subjects/%s/versions/%d"
              .formatted(
                  URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20"),
                  version.intValue());
      if (!seen.add(path)) {
        return Future.succeededFuture();
      }
      if (seen.size() > MAX_REFERENCES) {
        return invalid("the schema refers to more than " + MAX_REFERENCES + " others");
      }
      return http.get(path).compose(this::take);
    }

    private Future<Void> take(JsonObject answer) {
      if (RegistryHttp.errorCode(answer) != 0) {
        return invalid("the schema refers to a subject or version that the registry does not have");
      }
      return schemaIn(answer)
          .compose(
              schema ->
                  follow(answer)
                      .andThen(
                          done -> {
                            if (done.succeeded()) {
                              schemas.add(schema);
                            }
                          }));
    }

    private Future<Void> invalid(String detail) {
      return Future.failedFuture(new PoisonException(PoisonReason.INVALID_SCHEMA, detail));
    }
  }
}
