package io.bierelay.page;

import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A relay that isn't there: partitions that move by themselves, some of them in trouble, in the
 * shapes that {@code openapi.yaml} gives.
 */
public final class StubRelay {

  /** What a page that wrote HTML would run. */
  public static final String HOSTILE = "<img src=x onerror=\"window.hacked=1\"><b>bold</b>";

  private static final String[] TYPES = {
    "contention-associated",
    "contention-updated",
    "contention-classified",
    "contention-completed",
    "contention-deleted"
  };
  private static final Instant STARTED = Instant.now().minusSeconds(8_000);

  private final List<Partition> partitions = new ArrayList<>();
  private final List<JsonObject> letters = new ArrayList<>();
  private final boolean troubled;

  /**
   * @param count how many partitions, over five topics
   * @param troubled whether some of them are held, unassigned and paused
   */
  public StubRelay(int count, boolean troubled) {
    this.troubled = troubled;
    for (int i = 0; i < count; i++) {
      partitions.add(new Partition(TYPES[i % TYPES.length], i / TYPES.length, i % 3));
    }
    if (troubled) {
      partitions.get(1).hold(HOSTILE + " exchange bie-events-contention-updated has no queue", 754);
      partitions.get(7).hold("RabbitMQ: connection refused (localhost:5672)", 48);
      partitions.get(4).leave();
      partitions.get(3).pause("ann: the consumer is being mended");
    }
    letter("not-json", "persist", "contention-updated", "unexpected character at byte 7");
    letter("value-too-long", "persist", "contention-classified", HOSTILE);
    letter("value-too-long", "persist", "contention-updated", "classification has 300 characters");
    letter("unknown-schema", "decode", "contention-deleted", "no schema 1002 in the registry");
  }

  private void letter(String reason, String stage, String type, String detail) {
    letters.add(
        new JsonObject()
            .put("id", "5f0e7a4c-0000-5000-8000-00000000000" + letters.size())
            .put("reason", reason)
            .put("detail", detail)
            .put("stage", stage)
            .put("eventType", type)
            .put("topic", topic(type))
            .put("partition", letters.size())
            .put("offset", 40_000 + letters.size())
            .put("queue", stage.equals("decode") ? "" : "bie-workflow-" + type)
            .put("failedAt", Instant.now().minusSeconds(3_600).toString())
            .put("notifiedAt", Instant.now().minusSeconds(3_601).toString())
            .put("size", 1_345)
            .put("replays", letters.size() % 2));
  }

  private static String topic(String type) {
    return "TST_CONTENTION_BIE_" + type.toUpperCase().replace('-', '_') + "_V02";
  }

  /** Time goes on: what runs finishes some events. */
  public synchronized void tick() {
    partitions.forEach(Partition::tick);
  }

  /** Lets one partition be held from now on. */
  public synchronized void hold(int index, String reason) {
    partitions.get(index).hold(reason, 0);
  }

  /** As {@code /api/subscriptions} answers. */
  public synchronized JsonObject snapshot(boolean group) {
    JsonArray rows = new JsonArray();
    partitions.stream().filter(one -> group || one.host == 0).forEach(one -> rows.add(one.row()));
    for (String type : TYPES) {
      rows.add(
          new JsonObject()
              .put("kind", "queue")
              .put("queue", "bie-workflow-" + type)
              .put("exchange", "bie-events-" + type)
              .put("eventType", type)
              .put("state", "running")
              .put("reason", "")
              .put("consumers", 2)
              .put("messages", 12)
              .put("unacked", 7)
              .put("rate1", 18.4)
              .put("oldestSeconds", 0.3));
    }
    rows.add(
        new JsonObject()
            .put("kind", "database")
            .put("state", "running")
            .put("reason", "")
            .put("poolSize", 8)
            .put("inUse", 3)
            .put("waiting", 0)
            .put("batches", 123_456)
            .put("rows", 1_234_567)
            .put("lastBatchMs", 7));
    JsonArray degraded = new JsonArray();
    if (troubled && group) {
      degraded.add(
          "Redis at localhost:6379 does not answer: pauses are known to this process only");
    }
    return who()
        .put("scope", group ? "group" : "instance")
        .put("at", Instant.now().toString())
        .put("degraded", degraded)
        .put("subscriptions", rows);
  }

  private static JsonObject who() {
    return new JsonObject()
        .put("instance", "relay-0:17")
        .put("host", "relay-0")
        .put("version", "0.1.0")
        .put("startedAt", STARTED.toString())
        .put("roles", new JsonArray().add("svc-bie-kafka").add("workflow"));
  }

  /** As {@code /api/status} answers. */
  public JsonObject status() {
    JsonArray checks = new JsonArray();
    for (String name :
        List.of(
            "AdminVerticle",
            "KafkaIngestVerticle",
            "RabbitNotifierVerticle",
            "EventPersistVerticle")) {
      checks.add(
          new JsonObject()
              .put("name", name)
              .put("instance", "deployment-" + name.length())
              .put("status", "UP")
              .put("state", "READY")
              .put("reason", "")
              .put("since", STARTED.toString()));
    }
    return who()
        .put("at", Instant.now().toString())
        .put("started", true)
        .put("ready", true)
        .put("checks", checks)
        .put("warnings", new JsonArray())
        .put(
            "certificates",
            new JsonArray()
                .add(certificate("Kafka", "own", "svc-bie-kafka", "/secrets/tls.pem", -2))
                .add(certificate("RabbitMQ", "server", HOSTILE, "rabbit.example:5671", 12))
                .add(certificate("PostgreSQL", "trusted", "Company CA", "/secrets/ca.pem", 2_000)));
  }

  private static JsonObject certificate(
      String server, String kind, String name, String source, int days) {
    return new JsonObject()
        .put("server", server)
        .put("kind", kind)
        .put("name", name)
        .put("source", source)
        .put("notAfter", Instant.now().plusSeconds(days * 86_400L + 3_600).toString())
        .put("daysLeft", days)
        .put("state", days < 0 ? "expired" : days < 30 ? "ends soon" : "valid");
  }

  /** As {@code /api/settings} answers. */
  public JsonObject settings() {
    return new JsonObject()
        .put(
            "settings",
            new JsonArray()
                .add(setting("admin.host", "127.0.0.1", "default", "The address to listen on."))
                .add(setting("kafka.group.id", "EXT_VRO_TST", "conf/dev.yaml", "The group."))
                .add(setting("kafka.sasl.password", "******", "environment", "The password."))
                .add(setting("registry.urls", "[http://localhost:8081]", "conf/dev.yaml", "Where."))
                .add(setting("redis.url", "", "unset", HOSTILE)));
  }

  private static JsonObject setting(String key, String value, String source, String sentence) {
    return new JsonObject()
        .put("key", key)
        .put("value", value)
        .put("source", source)
        .put("sentence", sentence);
  }

  private static boolean covers(JsonObject request, Partition one) {
    String topic = request.getString("topic");
    int partition = request.getInteger("partition", -1);
    return (topic.equals("*") || topic.equals(topic(one.type)))
        && (partition < 0 || partition == one.index);
  }

  private static JsonArray named(List<Partition> list) {
    JsonArray names = new JsonArray();
    list.forEach(
        one ->
            names.add(new JsonObject().put("topic", topic(one.type)).put("partition", one.index)));
    return names;
  }

  /** Pauses or resumes what the request names. */
  public synchronized JsonObject pause(JsonObject request, String who, boolean paused) {
    List<Partition> meant = partitions.stream().filter(one -> covers(request, one)).toList();
    for (Partition one : meant) {
      if (paused) {
        one.pause(who + ": " + request.getString("why"));
      } else {
        one.resume();
      }
    }
    return new JsonObject().put("partitions", named(meant)).put("durable", false).put("note", "");
  }

  /** Counts, or goes there. */
  public synchronized JsonObject seek(JsonObject request) {
    JsonArray moves = new JsonArray();
    long events = 0;
    String exchange = "";
    for (Partition one : partitions.stream().filter(each -> covers(request, each)).toList()) {
      long to =
          switch (request.getString("to")) {
            case "earliest" -> 0;
            case "latest" -> one.end;
            case "offset" -> request.getLong("offset");
            default -> Math.max(0, one.position - 12_345);
          };
      if (to > one.end) {
        throw new IllegalArgumentException("the offset must be 0 to " + one.end + "; it is " + to);
      }
      moves.add(
          new JsonObject()
              .put("topic", topic(one.type))
              .put("partition", one.index)
              .put("from", one.position)
              .put("to", to)
              .put("events", Math.max(0, one.position - to))
              .put("skipped", Math.max(0, to - one.position)));
      events += Math.max(0, one.position - to);
      exchange = "bie-events-" + one.type;
      if (!request.getBoolean("dryRun")) {
        one.position = to;
      }
    }
    return new JsonObject()
        .put("dryRun", request.getBoolean("dryRun"))
        .put("events", events)
        .put("exchange", exchange)
        .put("partitions", moves);
  }

  /** As {@code /api/dead-letters} answers. */
  public synchronized JsonObject letters(MultiMap query) {
    List<JsonObject> fitting =
        letters.stream()
            .filter(
                letter ->
                    List.of("reason", "stage", "eventType", "queue").stream()
                        .allMatch(
                            key ->
                                !query.contains(key)
                                    || query.get(key).equals(letter.getString(key))))
            .toList();
    return new JsonObject()
        .put("letters", new JsonArray(fitting))
        .put("matching", fitting.size())
        .put("total", letters.size())
        .put("complete", true);
  }

  /** As {@code /api/dead-letters/counts} answers. */
  public synchronized JsonObject counts() {
    Map<String, Object> byReason = new TreeMap<>();
    letters.forEach(
        one -> byReason.merge(one.getString("reason"), 1, (a, b) -> (Integer) a + (Integer) b));
    return new JsonObject()
        .put("total", letters.size())
        .put("byReason", new JsonObject(byReason))
        .put("complete", true);
  }

  /** Takes letters away, whether they were sent back or discarded. */
  public synchronized JsonObject remove(JsonObject request) {
    JsonObject filter = request.getJsonObject("filter");
    int before = letters.size();
    letters.removeIf(
        one ->
            (!filter.containsKey("ids") || filter.getJsonArray("ids").contains(one.getString("id")))
                && (!filter.containsKey("reason")
                    || filter.getString("reason").equals(one.getString("reason"))));
    return new JsonObject()
        .put("done", before - letters.size())
        .put("refused", new JsonObject())
        .put("complete", true);
  }

  /** One partition's state. */
  private static final class Partition {
    private final String type;
    private final int index;
    private final int host;
    private String state = "running";
    private String reason = "";
    private String pausedBy = "";
    private Instant since = STARTED;
    private long position;
    private long end;
    private boolean owned = true;

    Partition(String type, int index, int host) {
      this.type = type;
      this.index = index;
      this.host = host;
      position = 20_000 + 977L * index;
      end = position + (index * 7919L) % 40;
    }

    void tick() {
      end += 1 + index % 3;
      if (state.equals("running")) {
        // Always a little behind, and after a replay for long.
        position = Math.min(position + 4, Math.max(position, end - (index * 7919L) % 40));
      }
    }

    void hold(String why, long seconds) {
      set("held", why);
      since = Instant.now().minusSeconds(seconds);
      end += seconds * 5;
    }

    void leave() {
      set("unassigned", "no instance of this version owns it");
      owned = false;
      end += 3_000;
    }

    void pause(String by) {
      set("paused", "");
      pausedBy = by;
    }

    void resume() {
      set("running", "");
    }

    private void set(String wanted, String why) {
      state = wanted;
      reason = why;
      pausedBy = "";
      since = Instant.now();
    }

    JsonObject row() {
      long lag = end - position;
      JsonObject accounts = new JsonObject();
      accounts.put("received", position + 3).put("confirmed", position - 2).put("quarantined", 2);
      for (String none : List.of("parked", "dropped", "skipped", "discarded")) {
        accounts.put(none, 0);
      }
      JsonObject owner =
          new JsonObject()
              .put("host", "relay-" + host)
              .put("instance", "relay-" + host + ":17")
              .put("memberId", "relay-" + host + "-2f6c")
              .put("clientId", "bie-relay");
      double rate = state.equals("running") ? 10 * (1 + index % 3) : 0;
      return new JsonObject()
          .put("kind", "partition")
          .put("topic", topic(type))
          .put("partition", index)
          .put("eventType", type)
          .put("exchange", "bie-events-" + type)
          .put("state", state)
          .put("reason", reason)
          .put("since", since.toString())
          .put("pausedBy", pausedBy)
          .put("epoch", 3)
          .put("position", position)
          .put("committed", position)
          .put("endOffset", end)
          .put("lag", lag)
          .put("lagSeconds", lag == 0 ? 0 : Math.round(lag / (1.0 + index % 3)) / 10.0)
          .put("inFlight", state.equals("running") ? 3 : 0)
          .put("rate1", rate)
          .put("rate5", rate)
          .put("lastEventAt", Instant.now().toString())
          .put("lastError", state.equals("held") ? reason : "")
          .put("ledger", "")
          .put("lock", "")
          .put("owner", owned ? owner : null)
          .put("accounts", accounts.put("inFlight", 3).put("agree", true));
    }
  }
}
