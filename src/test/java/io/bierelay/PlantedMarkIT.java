package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.ListenerServers;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.SandboxSqs;
import io.bierelay.sandbox.TenureApi;
import io.bierelay.sandbox.TenureApi.Planned;
import io.bierelay.sandbox.Tenures;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;

/**
 * A mark is planted wherever a person could be told of, and secrets are known; afterwards neither
 * is in the log, at its lowest level, nor in anything that the administration shows, and nothing
 * has forged a line of the log. The workflow's own test is in WorkflowInputIT.
 */
class PlantedMarkIT {

  static final String MARK = "PLANTED";

  /** What would be a line of the log, in red, if it got out of its own. */
  static final String FORGED =
      "\r\n1999-01-01T00:00:00.000Z ERROR [x] forged\u001b[31m\u009b31m\u2028\u202e";

  /** How many of {@link #bodies} fail. */
  static final int FAILING = 10;

  private static final String REGISTRY_SECRET = "registry-s3cret-planted";
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @Test
  void theRelayTellsNothingOfWhatItRelays() throws Exception {
    ContentionType type = ContentionType.UPDATED;
    try (RelayServers servers = new RelayServers().start(1);
        EventPublisher publisher = servers.publisher();
        Connection connection = servers.rabbit().connect();
        Channel channel = connection.createChannel()) {
      channel.exchangeDeclare(type.exchange(), "topic", true);
      channel.queueBind(channel.queueDeclare().getQueue(), type.exchange(), "#");
      Map<String, Object> settings = new HashMap<>(servers.settings());
      settings.put("log.format", "json");
      settings.put("registry.username", "registry-user");
      settings.put("registry.password", REGISTRY_SECRET);
      try (RelayProcess relay =
          RelayProcess.start(List.of("svc-bie-kafka"), settings, servers.adminUrl())) {
        relay.awaitReady();
        tellEverything(servers.adminUrl());
        RecordMetadata last = null;
        for (ProducerRecord<String, byte[]> one : records(type, servers.schemaIds().get(type))) {
          one.headers().add(MARK, (MARK + FORGED).getBytes(StandardCharsets.UTF_8));
          last = publisher.publish(one).get();
        }
        long end = last.offset() + 1;
        AdminClient admin = new AdminClient(servers.adminUrl());
        await()
            .atMost(LIMIT)
            .untilAsserted(
                () ->
                    assertThat(admin.subscriptions())
                        .filteredOn(one -> type.topic().equals(one.getString("topic")))
                        .singleElement()
                        .satisfies(one -> assertThat(one.getLong("committed")).isEqualTo(end)));
        String seen = shown(admin) + relay.readLog();
        assertThat(relay.terminate()).isZero();
        seen += relay.readLog();
        assertThat(seen)
            .doesNotContain(MARK)
            .doesNotContain(REGISTRY_SECRET)
            .doesNotContain(servers.kafka().password())
            .doesNotContain("\"" + servers.rabbit().settings().get("rabbitmq.password") + "\"");
        assertThat(ContentionEvents.holdsPersonalData(seen)).isFalse();
        assertThat(relay.readLog().lines())
            .isNotEmpty()
            .allSatisfy(
                line ->
                    assertThat(new JsonObject(line).fieldNames())
                        .startsWith("time", "level", "thread", "logger", "message"));
        checkLines(relay.readLog());
      }
    }
  }

  /** Good ones, and each kind that can't be decoded. */
  private static List<ProducerRecord<String, byte[]>> records(ContentionType type, int schemaId) {
    ContentionEvents events = new ContentionEvents(7);
    GenericRecord event = events.next(type);
    event.put("Description", MARK + FORGED);
    byte[] good = ContentionEvents.encode(event, schemaId);
    byte[] junk = (MARK + FORGED).getBytes(StandardCharsets.UTF_8);
    byte[] unknown =
        ByteBuffer.allocate(5 + junk.length).put((byte) 0).putInt(987_654).put(junk).array();
    byte[] wrong =
        ByteBuffer.allocate(5 + junk.length).put((byte) 0).putInt(schemaId).put(junk).array();
    List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
    for (byte[] value :
        Arrays.asList(
            good,
            junk,
            unknown,
            wrong,
            Arrays.copyOf(good, good.length - 3),
            null,
            ContentionEvents.encode(events.next(type), schemaId))) {
      records.add(new ProducerRecord<>(type.topic(), 0, MARK + FORGED, value));
    }
    return records;
  }

  @Test
  void theListenerTellsNothingOfWhatItRelays() throws Exception {
    try (ListenerServers servers = new ListenerServers(1).start()) {
      Map<String, Object> settings = new HashMap<>(servers.settings());
      settings.put("registry.username", "registry-user");
      settings.put("registry.password", REGISTRY_SECRET);
      settings.put("listener.api.attempts", 2);
      try (RelayProcess listener =
          RelayProcess.start(
              List.of("reporting-listener"),
              settings,
              servers.adminUrl(),
              SandboxSqs.environment())) {
        listener.awaitReady();
        tellEverything(servers.adminUrl());
        servers.sqs().sendAll(bodies(servers.api()));
        await().atMost(LIMIT).until(() -> failures(listener.readLog()) >= FAILING);
        AdminClient admin = new AdminClient(servers.adminUrl());
        String seen = shown(admin);
        assertThat(listener.terminate()).isZero();
        seen += listener.readLog();
        checkListener(servers, seen);
        checkLines(listener.readLog());
      }
    }
  }

  /** What neither the role nor the function may tell. */
  static void checkListener(ListenerServers servers, String seen) {
    assertThat(seen)
        .doesNotContain(MARK)
        .doesNotContain(REGISTRY_SECRET)
        .doesNotContain(TenureApi.TOKEN)
        .doesNotContain(String.valueOf(servers.coreSettings().get("kafka.sasl.password")));
  }

  /** How many messages the log says have failed. */
  static long failures(String log) {
    return log.lines()
        .filter(line -> line.matches(".* message \\S+ \\(event \\S+\\) failed.*"))
        .count();
  }

  /** Changes that are relayed, and {@link #FAILING} that fail, each for a reason of its own. */
  static List<String> bodies(TenureApi api) {
    JsonObject person =
        new JsonObject().put("name", MARK + FORGED).put("email", MARK + "@mail.example");
    List<String> bodies = new ArrayList<>();
    JsonObject good =
        Tenures.updated(UUID.randomUUID())
            .put("user", person)
            .put("eventData", new JsonObject().put(MARK, MARK))
            .put(MARK, new JsonObject().put(MARK, FORGED));
    bodies.add(good.encode());
    bodies.add(Tenures.enveloped(good.copy().put("id", UUID.randomUUID().toString())));
    bodies.add(new JsonObject().put("eventType", "Other" + FORGED).put("user", person).encode());
    bodies.add(MARK + FORGED);
    bodies.add("{\"" + MARK);
    bodies.add(good.copy().put("entityId", MARK + FORGED).encode());
    bodies.add(good.copy().put("id", MARK + FORGED).put("entityId", "../" + MARK).encode());
    Map<String, String> headers = Map.of("Retry-After", MARK, MARK, MARK);
    String text = new JsonObject().put(MARK, MARK + FORGED).encode();
    for (Planned planned :
        List.of(
            new Planned(404, headers, text),
            new Planned(403, headers, text),
            new Planned(500, headers, text),
            new Planned(200, headers, MARK + FORGED),
            new Planned(200, headers, "[\"" + MARK + "\"]"),
            new Planned(
                200,
                headers,
                Tenures.tenure(UUID.randomUUID())
                    .put("tenureType", MARK + FORGED)
                    .put("householdMembers", MARK)
                    .put(MARK, MARK)
                    .encode()))) {
      UUID id = UUID.randomUUID();
      // As often as it is asked: trouble is tried again.
      api.plan(id, Collections.nCopies(10, planned).toArray(Planned[]::new));
      bodies.add(
          Tenures.updated(id).put("user", person).put("correlationId", MARK + FORGED).encode());
    }
    return bodies;
  }

  /** All that the administration shows. */
  private static String shown(AdminClient admin) {
    StringBuilder seen = new StringBuilder();
    for (String path :
        List.of(
            "/",
            "/metrics",
            "/health/ready",
            "/api/status",
            "/api/settings",
            "/api/subscriptions",
            "/api/log-level")) {
      String body = admin.body(path);
      assertThat(body).as(path).isNotEmpty();
      seen.append(body).append('\n');
    }
    return seen.toString();
  }

  private static void tellEverything(String adminUrl) throws Exception {
    JsonObject level =
        new JsonObject().put("logger", "io.bierelay").put("level", "TRACE").put("seconds", 600);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(adminUrl + "/api/log-level"))
            .header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString(level.put("why", "test").encode()))
            .build();
    var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  /** Only what a line of the log itself has: no other control characters, no line of another's. */
  static void checkLines(String log) {
    assertThat(log)
        .doesNotContainPattern("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
        .doesNotContainPattern("(?m)^1999-");
  }
}
