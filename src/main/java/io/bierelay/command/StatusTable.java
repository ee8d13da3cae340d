package io.bierelay.command;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Writes what an instance says of itself as text in columns; what is stuck comes first. */
final class StatusTable {

  private static final int MAX_CELL = 60;

  private final List<String> lines = new ArrayList<>();

  /**
   * @param status as /api/status answers
   * @param subscriptions as /api/subscriptions answers
   * @param stuck which rows are stuck
   */
  StatusTable(JsonObject status, JsonObject subscriptions, Predicate<JsonObject> stuck) {
    lines.add(
        "%s  %s  %s  %s"
            .formatted(
                status.getString("instance"),
                texts(status.getJsonArray("roles")),
                status.getString("version"),
                status.getBoolean("ready", false) ? "ready" : "NOT READY"));
    checks(status.getJsonArray("checks", new JsonArray()));
    List<JsonObject> rows =
        objects(subscriptions.getJsonArray("subscriptions", new JsonArray())).stream()
            .sorted(Comparator.comparing((JsonObject row) -> !stuck.test(row)))
            .toList();
    partitions(rows.stream().filter(row -> kind(row).equals("partition")).toList());
    others(rows.stream().filter(row -> !kind(row).equals("partition")).toList());
    subscriptions
        .getJsonArray("degraded", new JsonArray())
        .forEach(one -> lines.add("not complete: " + plain(String.valueOf(one))));
  }

  List<String> lines() {
    return lines;
  }

  static String name(JsonObject row) {
    return kind(row).equals("partition")
        ? "%s-%s".formatted(row.getString("topic"), row.getValue("partition"))
        : "%s %s".formatted(kind(row), row.getString("queue", "")).strip();
  }

  private static String kind(JsonObject row) {
    return row.getString("kind", row.containsKey("partition") ? "partition" : "other");
  }

  private void checks(JsonArray checks) {
    for (JsonObject check : objects(checks)) {
      if (!"READY".equals(check.getString("state"))) {
        lines.add(
            "  %s  %s  %s"
                .formatted(
                    check.getString("name"),
                    check.getString("state"),
                    plain(check.getString("reason", ""))));
      }
    }
  }

  private void partitions(List<JsonObject> rows) {
    List<String[]> cells = new ArrayList<>();
    cells.add(
        new String[] {
          "PARTITION", "STATE", "LAG", "BEHIND", "EVENTS/S", "IN FLIGHT", "OWNER", "REASON"
        });
    for (JsonObject row : rows) {
      JsonObject owner = row.getJsonObject("owner");
      cells.add(
          new String[] {
            name(row),
            text(row, "state"),
            text(row, "lag"),
            duration(row.getValue("lagSeconds")),
            text(row, "rate1"),
            text(row, "inFlight"),
            owner == null ? "-" : owner.getString("instance", owner.getString("host", "-")),
            row.getString("pausedBy", "").isEmpty()
                ? text(row, "reason")
                : row.getString("pausedBy")
          });
    }
    table(cells);
  }

  private void others(List<JsonObject> rows) {
    List<String[]> cells = new ArrayList<>();
    cells.add(new String[] {"", "STATE", "MESSAGES", "UNACKED", "EVENTS/S", "OLDEST", "REASON"});
    for (JsonObject row : rows) {
      cells.add(
          new String[] {
            name(row),
            text(row, "state"),
            text(row, "messages"),
            text(row, row.containsKey("unacked") ? "unacked" : "inFlight"),
            text(row, "rate1"),
            duration(row.getValue("oldestSeconds")),
            text(row, "reason")
          });
    }
    table(cells);
  }

  /** The first row is the head; without others there is nothing to show. */
  private void table(List<String[]> cells) {
    if (cells.size() < 2) {
      return;
    }
    lines.add("");
    int columns = cells.get(0).length;
    int[] widths = new int[columns];
    for (String[] row : cells) {
      for (int i = 0; i < columns; i++) {
        row[i] = plain(row[i]);
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : cells) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        line.append(row[i]).append(" ".repeat(widths[i] - row[i].length() + 2));
      }
      lines.add(line.toString().stripTrailing());
    }
  }

  private static String text(JsonObject row, String key) {
    Object value = row.getValue(key);
    return value == null ? "-" : value.toString();
  }

  private static String duration(Object seconds) {
    if (!(seconds instanceof Number number)) {
      return "-";
    }
    long whole = number.longValue();
    if (whole < 60) {
      return String.format(Locale.ROOT, "%.1f s", number.doubleValue());
    }
    return whole < 3600
        ? "%d min".formatted(whole / 60)
        : "%d h %d min".formatted(whole / 3600, whole % 3600 / 60);
  }

  /** Reasons are written by others: they must not steer the terminal. */
  private static String plain(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", " ");
    return clean.length() <= MAX_CELL ? clean : clean.substring(0, MAX_CELL - 1) + "…";
  }

  private static String texts(JsonArray array) {
    return array.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static List<JsonObject> objects(JsonArray array) {
    return Arrays.stream(array.stream().toArray()).map(JsonObject.class::cast).toList();
  }
}
