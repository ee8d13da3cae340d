package io.bierelay.event;

import io.vertx.core.buffer.Buffer;
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

/** An event's id, and the codec by which a batch of 100 crosses the event bus between processes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
public class EventPieceBenchmark {

  private static final String TOPIC = "TST_CONTENTION_BIE_CONTENTION_UPDATED_V02";
  private static final int BATCH = 100;

  private final NotificationBatchCodec codec = new NotificationBatchCodec("benchmark");
  private final NotificationBatch batch = new NotificationBatch(TOPIC, 3, 1, 0, items());
  private final Buffer buffer = encoded();
  private long offset;

  private static List<Outbound> items() {
    List<Outbound> items = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      items.add(
          new Notification(
              new UUID(7, i),
              new Origin(TOPIC, 3, 1_000_000L + i),
              "contention-updated",
              7,
              Instant.EPOCH,
              Instant.EPOCH,
              new byte[9],
              new byte[700]));
    }
    return items;
  }

  private Buffer encoded() {
    Buffer out = Buffer.buffer();
    codec.encodeToWire(out, batch);
    return out;
  }

  /** One id. */
  @Benchmark
  public UUID id() {
    return EventId.of("qnEXbiGbQ4m3Nz4pRGcXkA", TOPIC, 3, offset++);
  }

  /** 100 notifications to bytes. */
  @Benchmark
  public Buffer encodeHundred() {
    return encoded();
  }

  /** And back. */
  @Benchmark
  public NotificationBatch decodeHundred() {
    return codec.decodeFromWire(0, buffer);
  }
}
