package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Bytes that somebody damaged become JSON or poison: a short run, the long one is AvroFuzzIT. */
class AvroJsonFuzzTest {

  private static final int INPUTS = Integer.getInteger("fuzz.inputs", 100_000);

  @Test
  void damagedBytesAreJsonOrPoison() {
    AvroFuzz fuzz = new AvroFuzz(AvroSamples.seed(getClass()), new AvroLimits(64 << 10, 16));
    fuzz.run(INPUTS);
    System.out.println(getClass().getSimpleName() + ": " + fuzz);
    assertThat(fuzz.readable()).isPositive();
    assertThat(fuzz.reasons())
        .containsKeys(
            PoisonReason.TOO_SHORT,
            PoisonReason.NOT_WIRE_FORMAT,
            PoisonReason.TRUNCATED,
            PoisonReason.TRAILING_BYTES,
            PoisonReason.INVALID_VALUE);
  }
}
