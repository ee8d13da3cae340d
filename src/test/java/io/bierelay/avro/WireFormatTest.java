package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The five bytes before Avro's. */
class WireFormatTest {

  @Test
  void readsTheIdInBigEndianOrder() {
    assertThat(WireFormat.schemaId(new byte[] {0, 0, 0, 0, 0})).isZero();
    assertThat(WireFormat.schemaId(new byte[] {0, 1, 2, 3, (byte) 0xFF, 9})).isEqualTo(0x010203FF);
    assertThat(WireFormat.schemaId(new byte[] {0, 0x7F, -1, -1, -1})).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void refusesWhatIsNotTheWireFormat() {
    assertThat(reason(null)).isEqualTo(PoisonReason.NULL_VALUE);
    assertThat(reason(new byte[0])).isEqualTo(PoisonReason.TOO_SHORT);
    assertThat(reason(new byte[] {0, 0, 0, 1})).isEqualTo(PoisonReason.TOO_SHORT);
    assertThat(reason("{\"a\":1}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(PoisonReason.NOT_WIRE_FORMAT);
    assertThat(reason(new byte[] {1})).isEqualTo(PoisonReason.NOT_WIRE_FORMAT);
    assertThat(reason(new byte[] {0, -1, 0, 0, 0})).isEqualTo(PoisonReason.NOT_WIRE_FORMAT);
  }

  private static PoisonReason reason(byte[] value) {
    PoisonException poison =
        catchThrowableOfType(PoisonException.class, () -> WireFormat.schemaId(value));
    assertThat(poison.schemaId()).isEqualTo(-1);
    assertThat(poison.getStackTrace()).isEmpty();
    return poison.reason();
  }
}
