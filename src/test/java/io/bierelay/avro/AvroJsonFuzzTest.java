package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

/** Bytes that somebody damaged become JSON or poison, and nothing else. */
class AvroJsonFuzzTest {

  private static final int INPUTS = Integer.getInteger("fuzz.inputs", 100_000);
  private static final int PER_MESSAGE = 100;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Test
  void damagedBytesAreJsonOrPoison() throws Exception {
    AvroSamples samples = new AvroSamples(AvroSamples.seed(getClass()));
    Random random = samples.random();
    JsonBuffer out = new JsonBuffer();
    Map<PoisonReason, Integer> reasons = new EnumMap<>(PoisonReason.class);
    int readable = 0;
    for (int i = 0; i < INPUTS / PER_MESSAGE; i++) {
      Schema schema = samples.schema();
      AvroJson json = AvroJson.compile(schema, new AvroLimits(64 << 10, 16), 7);
      byte[] valid = AvroSamples.encode(schema, samples.datum(schema, 0), random.nextBoolean());
      for (int j = 0; j < PER_MESSAGE; j++) {
        byte[] damaged = damage(valid, random);
        out.reset();
        out.ascii("prefix");
        try {
          json.write(damaged, 0, damaged.length, out);
          readable++;
          byte[] all = out.toByteArray();
          MAPPER.readTree(Arrays.copyOfRange(all, "prefix".length(), all.length));
        } catch (PoisonException e) {
          reasons.merge(e.reason(), 1, Integer::sum);
          assertThat(e.schemaId()).isEqualTo(7);
          assertThat(out.toByteArray()).asString().isEqualTo("prefix");
        }
      }
    }
    System.out.println(getClass().getSimpleName() + ": readable " + readable + ", " + reasons);
    assertThat(readable).isPositive();
    assertThat(reasons)
        .containsKeys(
            PoisonReason.TRUNCATED, PoisonReason.TRAILING_BYTES, PoisonReason.INVALID_VALUE);
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
