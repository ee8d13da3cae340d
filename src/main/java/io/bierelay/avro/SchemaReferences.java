package io.bierelay.avro;

import io.bierelay.avro.RegistryUnavailableException.Next;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects the schemas that one refers to, in an order in which each comes after its own. */
final class SchemaReferences {

  private static final int MAX_REFERENCES = 100;

  private final RegistryHttp http;
  private final Set<String> seen = new HashSet<>();
  private final List<String> schemas = new ArrayList<>();

  private SchemaReferences(RegistryHttp http) {
    this.http = http;
  }

  /**
   * The schema of an answer as the last, and before it those that it refers to.
   *
   * @return fails with {@link PoisonException} if it is not Avro, or refers to what is not there
   */
  static Future<List<String>> resolve(RegistryHttp http, JsonObject answer) {
    SchemaReferences references = new SchemaReferences(http);
    return schemaIn(answer)
        .compose(
            schema ->
                references
                    .follow(answer)
                    .map(
                        v -> {
                          references.schemas.add(schema);
                          return List.copyOf(references.schemas);
                        }));
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
    String path = RegistrySubjects.path(subject) + "/" + version.intValue();
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
                "schema registry: an answer has no text 'schema'; check registry.urls",
                Next.NOBODY));
  }
}
