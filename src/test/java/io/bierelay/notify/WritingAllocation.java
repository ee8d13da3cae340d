package io.bierelay.notify;

import io.bierelay.event.EventCatalog;
import io.bierelay.event.Notification;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.rabbit.OutboundMessage;
import io.bierelay.sandbox.Allocation;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Prints how many bytes it takes to make of a notification what RabbitMQ's client sends. */
public final class WritingAllocation {

  private static final int BATCH = 200;

  private WritingAllocation() {}

  /** No arguments. */
  public static void main(String[] arguments) {
    MessageWriter writer = new MessageWriter(EventCatalog.of(Settings.of(new JsonObject())));
    List<Outbound> items = new ArrayList<>();
    byte[] key = "600173992".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < BATCH; i++) {
      items.add(
          new Notification(
              new UUID(7, i),
              new Origin("TST_CONTENTION_BIE_CONTENTION_UPDATED_V02", 3, 1_000_000L + i),
              "contention-updated",
              7,
              Instant.EPOCH,
              Instant.EPOCH,
              key,
              new byte[700]));
    }
    System.out.println(
        Allocation.perCall(
                () -> {
                  for (OutboundMessage message : writer.write(items, Long.MAX_VALUE).messages()) {
                    send(message);
                  }
                })
            / BATCH);
  }

  private static void send(OutboundMessage message) {
    try {
      message.properties().toFrame(1, message.body().length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
