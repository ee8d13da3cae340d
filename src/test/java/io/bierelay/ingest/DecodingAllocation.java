package io.bierelay.ingest;

import io.bierelay.avro.JsonBuffer;
import io.bierelay.avro.SchemaRegistry;
import io.bierelay.event.EventType;
import io.bierelay.ingest.EventDecoder.Received;
import io.bierelay.ingest.ValueSettings.Tombstones;
import io.bierelay.sandbox.Allocation;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.SandboxRegistry;
import io.bierelay.settings.Settings;
import io.bierelay.trace.Tracing;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Prints how many bytes it takes to make a notification of a Kafka record. */
public final class DecodingAllocation {

  private DecodingAllocation() {}

  /** No arguments. */
  public static void main(String[] arguments) {
    ContentionType type = ContentionType.ASSOCIATED;
    SandboxRegistry registry = new SandboxRegistry().start();
    int schemaId = registry.registerContentionSchemas().get(type);
    byte[] value = ContentionEvents.encode(new ContentionEvents(7).next(type), schemaId);
    byte[] key = "600173992".getBytes(StandardCharsets.UTF_8);
    EventType eventType = new EventType(type.eventType(), "X", type.exchange());
    Received received =
        new Received(new ConsumerRecord<>(type.topic(), 2, 7, key, value), Instant.EPOCH);
    Vertx vertx = Vertx.vertx();
    Settings settings = Settings.of(new JsonObject().put("registry.urls", registry.url()));
    vertx.runOnContext(
        v -> {
          EventDecoder decoder =
              new EventDecoder(
                  new AvroValueReader(new SchemaRegistry(vertx, settings)),
                  Tombstones.QUARANTINE,
                  new JsonBuffer(),
                  Tracing.off());
          Runnable decode =
              () -> {
                if (!decoder.decode(received, eventType, "an-id").succeeded()) {
                  throw new IllegalStateException("the schema is known by now");
                }
              };
          decoder
              .decode(received, eventType, "an-id")
              .onComplete(
                  first -> {
                    System.out.println(Allocation.perCall(decode));
                    System.exit(0);
                  });
        });
  }
}
