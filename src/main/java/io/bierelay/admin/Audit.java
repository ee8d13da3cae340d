package io.bierelay.admin;

import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one line for each request that would change something: who, what, from where, with what
 * result, also if it was refused.
 */
final class Audit {

  /** The logger's name; its level can't be changed over HTTP. */
  static final String LOGGER = "io.bierelay.audit";

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);
  private static final String WHAT = "bie.audit.what";
  private static final String RESULT = "bie.audit.result";
  private static final int MAX_TEXT = 1500;

  /** From now on the request is one that is written down when it ends. */
  void begin(RoutingContext context, String operation) {
    context.addEndHandler(ended -> write(context, operation, ended.failed()));
  }

  /** What is asked for, once that is known to be well-formed. */
  static void asks(RoutingContext context, JsonObject what) {
    context.put(WHAT, what.encode());
  }

  /** What came of it. */
  static void result(RoutingContext context, JsonObject result) {
    context.put(RESULT, result.encode());
  }

  private static void write(RoutingContext context, String operation, boolean gone) {
    Principal who = Principal.of(context);
    String what = context.get(WHAT, "-");
    String result = Problem.said(context).orElseGet(() -> context.get(RESULT, "-"));
    LOG.info(
        "{} by '{}' ({}) from {}: {} -> {}{} {}",
        operation,
        who.name(),
        who.label(),
        Gate.address(context),
        shorten(what),
        context.response().getStatusCode(),
        gone ? ", who was gone before the answer" : "",
        shorten(result));
  }

  private static String shorten(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…";
  }
}
