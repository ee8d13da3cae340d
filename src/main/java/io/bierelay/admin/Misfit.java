package io.bierelay.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.json.schema.OutputUnit;
import io.vertx.openapi.validation.SchemaValidationException;
import io.vertx.openapi.validation.ValidatorErrorType;
import io.vertx.openapi.validation.ValidatorException;
import java.util.List;
import java.util.Optional;

/** Tells whoever asked in which places their request does not fit the contract. */
final class Misfit {

  private static final int MAX_ERRORS = 10;

  private Misfit() {}

  /** What failed: the contract's validation, or something of ours. */
  static void answer(RoutingContext context) {
    Throwable failure = context.failure();
    if (failure != null && failure.getCause() instanceof ValidatorException cause) {
      failure = cause;
    }
    if (!(failure instanceof ValidatorException misfit)) {
      if (context.statusCode() == 400) {
        Problem.badRequest(context);
      } else {
        Problem.internal(context);
      }
      return;
    }
    if (misfit.type() == ValidatorErrorType.UNSUPPORTED_VALUE_FORMAT) {
      Problem.unsupported(context);
      return;
    }
    Problem.answer(
        context,
        400,
        "the request does not fit /openapi.yaml: " + misfit.getMessage(),
        errors(misfit));
  }

  private static JsonArray errors(ValidatorException misfit) {
    JsonArray errors = new JsonArray();
    if (misfit instanceof SchemaValidationException schema) {
      List<OutputUnit> units =
          Optional.ofNullable(schema.getOutputUnit()).map(OutputUnit::getErrors).orElse(List.of());
      units.stream()
          .filter(unit -> unit.getError() != null)
          .limit(MAX_ERRORS)
          .forEach(
              unit ->
                  errors.add(
                      new JsonObject()
                          .put("pointer", unit.getInstanceLocation().replaceFirst("^#", ""))
                          .put("detail", unit.getError())));
    }
    return errors;
  }
}
