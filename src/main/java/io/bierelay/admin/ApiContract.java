package io.bierelay.admin;

import io.bierelay.access.Role;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.SchemaRepository;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.OpenAPIVersion;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Path;
import io.vertx.openapi.contract.impl.OpenAPIContractImpl;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The contract, {@code admin/openapi.yaml}, as it routes and validates.
 *
 * <p>Read when somebody first asks for something that it governs, and on a worker thread: it takes
 * a third of a second on a cold JVM, which no start has to wait for. The library's own way to read
 * it takes twice that, since it also checks the document against OpenAPI's own schema, and needs a
 * cache on disk; that check is a test's here. Immutable.
 */
final class ApiContract {

  private static final String RESOURCE = "/admin/openapi.yaml";
  private static final String ROLE = "x-role";

  private final OpenAPIContract contract;

  private ApiContract(OpenAPIContract contract) {
    this.contract = contract;
  }

  /** Who may call an operation. */
  enum Audience {
    OPEN,
    HEALTH,
    METRICS,
    VIEWER,
    OPERATOR;

    /** The role it takes where it is not open. */
    Role needs() {
      return this == OPERATOR ? Role.OPERATOR : Role.VIEWER;
    }
  }

  /** Reads it, off the event loop. */
  static Future<ApiContract> load(Vertx vertx) {
    return vertx.executeBlocking(() -> new ApiContract(routing(parse(text().toString()))), false);
  }

  /** The document as it is served; blocks. */
  static Buffer text() throws IOException {
    try (InputStream in = ApiContract.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new FileNotFoundException(RESOURCE + " is missing in the JAR");
      }
      return Buffer.buffer(in.readAllBytes());
    }
  }

  static JsonObject parse(String yaml) {
    Map<String, Object> document = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
    return new JsonObject(new JsonObject(document).encode());
  }

  OpenAPIContract routed() {
    return contract;
  }

  Optional<Operation> find(String path, HttpMethod method) {
    return Optional.ofNullable(contract.findOperation(path, method));
  }

  /** The methods that a path knows, as the header Allow says them; empty if there is no such. */
  Optional<String> allowed(String path) {
    @Nullable Path found = contract.findPath(path);
    if (found == null) {
      return Optional.empty();
    }
    String methods =
        found.getOperations().stream()
            .map(operation -> operation.getHttpMethod().name())
            .map(name -> name.equals("GET") ? "GET, HEAD" : name)
            .collect(Collectors.joining(", "));
    return Optional.of(methods);
  }

  static Audience audience(Operation operation) {
    String role = operation.getOpenAPIModel().getString(ROLE, "operator");
    return switch (role) {
      case "open" -> Audience.OPEN;
      case "health" -> Audience.HEALTH;
      case "metrics" -> Audience.METRICS;
      case "viewer" -> Audience.VIEWER;
      default -> Audience.OPERATOR;
    };
  }

  /**
   * What routing and validation need of it. The answers are left out: the library refuses media
   * types that it does not know, of which {@code application/problem+json} is one. So are the ways
   * to log in: {@link Gate} sees to that, by {@code x-role}.
   */
  private static OpenAPIContract routing(JsonObject document) {
    document.remove("servers");
    document.remove("security");
    JsonObject none =
        new JsonObject().put("default", new JsonObject().put("description", "see the document"));
    for (Map.Entry<String, Object> path : document.getJsonObject("paths")) {
      for (Map.Entry<String, Object> method : (JsonObject) path.getValue()) {
        JsonObject operation = (JsonObject) method.getValue();
        operation.put("responses", none.copy()).remove("security");
      }
    }
    SchemaRepository schemas =
        SchemaRepository.create(
            new JsonSchemaOptions()
                .setDraft(Draft.DRAFT202012)
                .setBaseUri("app://")
                .setOutputFormat(OutputFormat.Basic));
    schemas.dereference(JsonSchema.of(document));
    return new OpenAPIContractImpl(schemas.resolve(document), OpenAPIVersion.V3_1, schemas);
  }
}
