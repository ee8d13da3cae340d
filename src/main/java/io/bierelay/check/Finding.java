package io.bierelay.check;

import io.vertx.core.json.JsonObject;
import java.util.Locale;

/**
 * What one step of one server's check came to.
 *
 * @param server as people call it
 * @param step what was tried
 * @param target what it was tried on: an address, a topic, a queue
 * @param detail what was found; of a failure the likely cause
 * @param remedy what to do about a failure; empty where nothing is to be done
 * @param millis how long it took
 */
public record Finding(
    String server,
    String step,
    String target,
    Outcome outcome,
    String detail,
    String remedy,
    long millis) {

  /** How a step ended. */
  public enum Outcome {
    /** As it should be. */
    PASSED("✓"),
    /** It works, and somebody should look at it. */
    NOTED("!"),
    /** The role can't work like this. */
    FAILED("✗"),
    /** Not tried, because an earlier step failed. */
    SKIPPED("–");

    private final String sign;

    Outcome(String sign) {
      this.sign = sign;
    }

    /** One character for a table. */
    public String sign() {
      return sign;
    }
  }

  /** The same with another detail and remedy. */
  Finding saying(String otherDetail, String otherRemedy) {
    return new Finding(server, step, target, outcome, otherDetail, otherRemedy, millis);
  }

  /** As {@code --json} prints it. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("server", server)
        .put("step", step)
        .put("target", target)
        .put("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .put("detail", detail)
        .put("remedy", remedy)
        .put("millis", millis);
  }
}
