package io.bierelay.avro;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;

/**
 * Damages valid messages and decodes them: each becomes JSON or poison, soon, and nothing else.
 *
 * <p>Also a program, so that it can run in a small heap of its own.
 */
final class AvroFuzz {

  private static final int PER_MESSAGE = 100;
  private static final int SCHEMA_ID = 7;
  private static final String PREFIX = "prefix";

  /** Far beyond what the largest JSON takes, so that a busy machine does not fail the test. */
  private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(20);

  private static final JsonFactory JSON = new JsonFactory();

  /** What a watching thread needs to name the input that does not end. */
  private record Current(Schema schema, byte[] input, long since) {}

  private final AvroSamples samples;
  private final AvroLimits limits;
  private final JsonBuffer out = new JsonBuffer();
  private final Map<PoisonReason, Integer> reasons = new EnumMap<>(PoisonReason.class);
  private int readable;
  private int otherSchema;
  private long slowest;
  private volatile Current current;

  AvroFuzz(long seed, AvroLimits limits) {
    this.samples = new AvroSamples(seed);
    this.limits = limits;
  }

  /**
   * @param arguments seed, number of inputs
   */
  public static void main(String[] arguments) {
    AvroFuzz fuzz = new AvroFuzz(Long.parseLong(arguments[0]), AvroLimits.DEFAULT);
    Thread watch = new Thread(fuzz::endIfStuck, "watch");
    watch.setDaemon(true);
    watch.start();
    fuzz.run(Integer.parseInt(arguments[1]));
    System.out.println(fuzz);
  }

  void run(int inputs) {
    Random random = samples.random();
    for (int i = 0; i < inputs / PER_MESSAGE; i++) {
      Schema schema = samples.schema();
      AvroJson json = AvroJson.compile(schema, limits, SCHEMA_ID);
      byte[] avro = AvroSamples.encode(schema, samples.datum(schema, 0), random.nextBoolean());
      for (int j = 0; j < PER_MESSAGE; j++) {
        // Most inputs leave the header whole, or they would all end there.
        byte[] damaged =
            random.nextInt(16) == 0 ? damage(framed(avro), random) : framed(damage(avro, random));
        one(schema, json, damaged);
      }
    }
    current = null;
  }

  int readable() {
    return readable;
  }

  Map<PoisonReason, Integer> reasons() {
    return reasons;
  }

  @Override
  public String toString() {
    return "readable %d, with another schema's id %d, poison %s, slowest %.1f ms"
        .formatted(readable, otherSchema, reasons, slowest / 1e6);
  }

  private static byte[] framed(byte[] avro) {
    byte[] framed = new byte[WireFormat.HEADER_LENGTH + avro.length];
    framed[WireFormat.HEADER_LENGTH - 1] = SCHEMA_ID;
    System.arraycopy(avro, 0, framed, WireFormat.HEADER_LENGTH, avro.length);
    return framed;
  }

  private void one(Schema schema, AvroJson json, byte[] damaged) {
    long since = System.nanoTime();
    current = new Current(schema, damaged, since);
    out.reset();
    out.ascii(PREFIX);
    try {
      if (WireFormat.schemaId(damaged) != SCHEMA_ID) {
        otherSchema++;
        return;
      }
      json.write(damaged, WireFormat.HEADER_LENGTH, damaged.length - WireFormat.HEADER_LENGTH, out);
      readable++;
      check(out.toByteArray());
    } catch (PoisonException e) {
      reasons.merge(e.reason(), 1, Integer::sum);
      byte[] left = out.toByteArray();
      if (!Arrays.equals(left, PREFIX.getBytes(StandardCharsets.US_ASCII))) {
        throw failed(schema, damaged, new IllegalStateException("the buffer is not as it was"));
      }
    } catch (IOException | RuntimeException | Error e) {
      throw failed(schema, damaged, e);
    }
    slowest = Math.max(slowest, System.nanoTime() - since);
  }

  /** Token by token, because a tree of the largest JSON would not fit into the heap. */
  private static void check(byte[] all) throws IOException {
    int start = PREFIX.length();
    try (JsonParser parser = JSON.createParser(all, start, all.length - start)) {
      boolean any = false;
      while (parser.nextToken() != null) {
        parser.getText();
        any = true;
      }
      if (!any) {
        throw new IOException("no JSON at all");
      }
    }
  }

  private static AssertionError failed(Schema schema, byte[] input, Throwable cause) {
    return new AssertionError(
        "schema " + schema + ", input " + HexFormat.of().formatHex(input), cause);
  }

  private void endIfStuck() {
    try {
      while (true) {
        TimeUnit.SECONDS.sleep(1);
        Current seen = current;
        if (seen != null && System.nanoTime() - seen.since > MAX_NANOS) {
          failed(seen.schema, seen.input, new IllegalStateException("does not end"))
              .printStackTrace();
          Runtime.getRuntime().halt(1);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One to four of: a bit flipped, a byte set to an extreme, the end cut, bytes put in between. */
  private static byte[] damage(byte[] valid, Random random) {
    byte[] bytes = valid.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> {
          if (bytes.length > 0) {
            bytes[at] ^= (byte) (1 << random.nextInt(8));
          }
        }
        case 1 -> {
          if (bytes.length > 0) {
            bytes[at] = (byte) (random.nextBoolean() ? 0xFF : 0x80);
          }
        }
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        default -> {
          byte[] extra = new byte[1 + random.nextInt(12)];
          random.nextBytes(extra);
          byte[] longer = new byte[bytes.length + extra.length];
          System.arraycopy(bytes, 0, longer, 0, at);
          System.arraycopy(extra, 0, longer, at, extra.length);
          System.arraycopy(bytes, at, longer, at + extra.length, bytes.length - at);
          bytes = longer;
        }
      }
    }
    return bytes;
  }
}
