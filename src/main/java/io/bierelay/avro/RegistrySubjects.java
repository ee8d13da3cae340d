package io.bierelay.avro;

import io.bierelay.avro.RegistryUnavailableException.Next;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;

/** The registry's subjects: their latest schemas, remembered for a time, and new ones. */
final class RegistrySubjects {

  private static final int MAX_MESSAGE = 200;

  private final Vertx vertx;
  private final RegistryHttp http;
  private final long latestTtlNanos;
  private final long unknownTtlNanos;
  private final Map<String, Known> known;
  private final Map<String, Future<LatestSchema>> inFlight = new HashMap<>();

  /**
   * What was found for a subject.
   *
   * @param until by the nano clock, when it is to be asked for again
   */
  private record Known(Future<LatestSchema> result, long until) {}

  RegistrySubjects(Vertx vertx, RegistryHttp http, Settings settings) {
    this.vertx = vertx;
    this.http = http;
    this.latestTtlNanos = settings.get(RegistrySettings.LATEST_TTL).toNanos();
    this.unknownTtlNanos = settings.get(RegistrySettings.UNKNOWN_TTL).toNanos();
    this.known = new BoundedCache<>(settings.get(RegistrySettings.CACHE_SIZE));
  }

  /** Where a subject's versions are. */
  static String path(String subject) {
    return "/subjects/%s/versions"
        .formatted(URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20"));
  }

  Future<LatestSchema> latest(String subject) {
    Known found = known.get(subject);
    return found != null && System.nanoTime() - found.until() < 0
        ? found.result()
        : refresh(subject);
  }

  Future<LatestSchema> refresh(String subject) {
    Future<LatestSchema> running = inFlight.get(subject);
    if (running != null) {
      return running;
    }
    Future<LatestSchema> asked = fetch(subject);
    inFlight.put(subject, asked);
    return asked.onComplete(
        done -> {
          // A schema registered meanwhile has made this answer old: it is not kept.
          if (!inFlight.remove(subject, asked)) {
            return;
          }
          if (done.succeeded()) {
            keep(subject, Future.succeededFuture(done.result()), latestTtlNanos);
          } else if (!(done.cause() instanceof RegistryUnavailableException)) {
            keep(subject, Future.failedFuture(done.cause()), unknownTtlNanos);
          }
        });
  }

  Future<Integer> register(String subject, Schema schema) {
    return http.post(path(subject), new JsonObject().put("schema", schema.toString()))
        .compose(answer -> registered(subject, answer))
        .onComplete(
            done -> {
              known.remove(subject);
              inFlight.remove(subject);
            });
  }

  private void keep(String subject, Future<LatestSchema> result, long nanos) {
    known.put(subject, new Known(result, System.nanoTime() + nanos));
  }

  private Future<LatestSchema> fetch(String subject) {
    return http.get(path(subject) + "/latest")
        .compose(
            answer -> {
              if (RegistryHttp.errorCode(answer) != 0) {
                return Future.failedFuture(refused(subject, answer));
              }
              return answer.getValue("id") instanceof Number id
                      && answer.getValue("version") instanceof Number version
                  ? parse(subject, id.intValue(), version.intValue(), answer)
                  : Future.failedFuture(incomplete("id and version"));
            });
  }

  private Future<LatestSchema> parse(String subject, int id, int version, JsonObject answer) {
    return SchemaReferences.resolve(http, answer)
        // Avro's parser may take long for a hostile schema, so not here on the event loop.
        .compose(schemas -> vertx.executeBlocking(() -> AvroJson.parse(schemas, id), false))
        .map(schema -> new LatestSchema(subject, id, version, schema));
  }

  private static Future<Integer> registered(String subject, JsonObject answer) {
    if (RegistryHttp.errorCode(answer) != 0) {
      return Future.failedFuture(refused(subject, answer));
    }
    return answer.getValue("id") instanceof Number id
        ? Future.succeededFuture(id.intValue())
        : Future.failedFuture(incomplete("id"));
  }

  private static RegistryUnavailableException incomplete(String what) {
    return new RegistryUnavailableException(
        "schema registry: an answer has no number %s; check registry.urls".formatted(what),
        Next.NOBODY);
  }

  private static RegistryRefusedException refused(String subject, JsonObject answer) {
    int code = RegistryHttp.errorCode(answer);
    String said = answer.getValue("message") instanceof String message ? message : "";
    String line = said.replaceAll("\\s+", " ");
    String remedy =
        switch (code >= 1_000 ? code / 100 : code) {
          case 404 -> "register a schema for it, or correct the subject's name";
          case 409 -> "change the schema, or the subject's compatibility in the registry";
          default -> "correct the schema";
        };
    return new RegistryRefusedException(
        "schema registry: it refused subject '%s' with error code %d (%s); %s"
            .formatted(
                subject,
                code,
                line.length() > MAX_MESSAGE ? line.substring(0, MAX_MESSAGE) : line,
                remedy),
        code);
  }
}
