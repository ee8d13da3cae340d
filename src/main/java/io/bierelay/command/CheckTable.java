package io.bierelay.command;

import io.bierelay.check.CheckRun;
import io.bierelay.check.Finding;
import io.bierelay.check.Finding.Outcome;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Writes what the checks found, for people as lines and for programs as JSON. */
final class CheckTable {

  private CheckTable() {}

  /** One line a step, and below it what to do about it. */
  static List<String> lines(CheckRun.Report report) {
    List<String> lines = new ArrayList<>();
    int steps = width(report, true);
    int targets = Math.min(60, width(report, false));
    String server = "";
    for (Finding one : report.findings()) {
      if (!one.server().equals(server)) {
        server = one.server();
        lines.add((lines.isEmpty() ? "" : "\n") + server);
      }
      lines.add(
          "  %s %s  %s  %s"
              .formatted(
                  one.outcome().sign(),
                  padded(one.step(), steps),
                  padded(plain(one.target()), targets),
                  plain(one.detail()))
              .stripTrailing());
      if (!one.remedy().isEmpty()) {
        lines.add("      " + " ".repeat(steps) + "→ " + plain(one.remedy()));
      }
    }
    report.events().forEach(event -> lines.add(plain(event.encode())));
    lines.add("");
    lines.add(verdict(report));
    return lines;
  }

  /** All of it in one object. */
  static JsonObject json(List<String> roles, CheckRun.Report report) {
    JsonArray findings = new JsonArray();
    report.findings().forEach(one -> findings.add(one.toJson()));
    return new JsonObject()
        .put("passed", report.passed())
        .put("roles", new JsonArray(roles))
        .put("findings", findings)
        .put("events", new JsonArray(report.events()));
  }

  private static String verdict(CheckRun.Report report) {
    long failed = count(report, Outcome.FAILED);
    long skipped = count(report, Outcome.SKIPPED);
    long noted = count(report, Outcome.NOTED);
    if (count(report, Outcome.PASSED) == 0 && failed + skipped == 0) {
      return "nothing was tried";
    }
    if (failed + skipped == 0) {
      return noted == 0 ? "all is well" : "it works; to be looked at: " + noted;
    }
    return "failed: %d, not tried: %d".formatted(failed, skipped);
  }

  private static long count(CheckRun.Report report, Outcome outcome) {
    return report.findings().stream().filter(one -> one.outcome() == outcome).count();
  }

  private static int width(CheckRun.Report report, boolean step) {
    return report.findings().stream()
        .mapToInt(one -> (step ? one.step() : one.target()).length())
        .max()
        .orElse(0);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  /** Servers write some of it: it must not steer the terminal. */
  private static String plain(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }
}
