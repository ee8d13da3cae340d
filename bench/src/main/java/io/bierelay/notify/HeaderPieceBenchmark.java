package io.bierelay.notify;

import io.bierelay.event.EventCatalog;
import io.bierelay.event.Notification;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A batch of 100 notifications to messages, their headers encoded. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
public class HeaderPieceBenchmark {

  private static final String TOPIC = "TST_CONTENTION_BIE_CONTENTION_UPDATED_V02";
  private static final int BATCH = 100;

  private final MessageWriter writer =
      new MessageWriter(EventCatalog.of(Settings.of(new JsonObject())));
  private final List<Outbound> items = new ArrayList<>();

  /** Made up. */
  public HeaderPieceBenchmark() {
    byte[] key = "600173992".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < BATCH; i++) {
      items.add(
          new Notification(
              new UUID(7, i),
              new Origin(TOPIC, 3, 1_000_000L + i),
              "contention-updated",
              7,
              Instant.EPOCH,
              Instant.EPOCH,
              key,
              new byte[700]));
    }
  }

  /** 100 notifications. */
  @Benchmark
  public Object messagesHundred() {
    return writer.write(items, Long.MAX_VALUE);
  }
}
