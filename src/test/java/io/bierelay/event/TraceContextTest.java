package io.bierelay.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers of strangers: what is well-formed is taken over, all else is as if it were not there. */
class TraceContextTest {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final String PARENT = "00-" + TRACE + "-" + SPAN + "-01";

  @Test
  void whatIsWellFormedIsTakenOver() {
    assertThat(TraceContext.parse(PARENT, "congo=t61rcWkgMzE, rojo=00f067aa0ba902b7"))
        .isEqualTo(new TraceContext(PARENT, "congo=t61rcWkgMzE, rojo=00f067aa0ba902b7"));
    assertThat(TraceContext.parse(PARENT.getBytes(ISO_8859_1), null))
        .isEqualTo(new TraceContext(PARENT, ""));
    assertThat(TraceContext.parse(PARENT, "t1@vendor=a b;c/d"))
        .extracting("state")
        .isNotEqualTo("");
  }

  @Test
  void aLaterVersionIsReadAsThisOne() {
    assertThat(TraceContext.parse("cc" + PARENT.substring(2) + "-what-comes-then", null))
        .isEqualTo(new TraceContext(PARENT, ""));
    assertThat(TraceContext.parse("cc" + PARENT.substring(2), null))
        .isEqualTo(new TraceContext(PARENT, ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01x",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\n",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      })
  void whatIsNoTraceparentIsNone(String parent) {
    assertThat(TraceContext.parse(parent, "a=b")).isNull();
    assertThat(TraceContext.parse(parent.getBytes(ISO_8859_1), null)).isNull();
  }

  @Test
  void whatIsTooLongIsNotLookedAt() {
    String endless = "cc" + PARENT.substring(2) + "-" + "x".repeat(1 << 20);
    assertThat(TraceContext.parse(endless, null)).isNull();
    assertThat(TraceContext.parse(endless.getBytes(ISO_8859_1), null)).isNull();
    String many =
        IntStream.range(0, 33).mapToObj(i -> "k" + i + "=v").collect(Collectors.joining(","));
    assertThat(TraceContext.parse(PARENT, many)).isEqualTo(new TraceContext(PARENT, ""));
    assertThat(TraceContext.parse(PARENT, "a=" + "v".repeat(600)))
        .isEqualTo(new TraceContext(PARENT, ""));
    assertThat(TraceContext.parse(PARENT.getBytes(ISO_8859_1), new byte[1 << 20]))
        .isEqualTo(new TraceContext(PARENT, ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "novalue",
        "=v",
        "A=v",
        "a=b=c",
        "a=\u0007",
        "a=ü",
        "a=b\r\nx: y",
        "a=b\n",
        "\r\na=b",
        "a=",
        "ä=b"
      })
  void aStateThatIsNoneCostsOnlyItself(String state) {
    assertThat(TraceContext.parse(PARENT, state)).isEqualTo(new TraceContext(PARENT, ""));
  }

  @Test
  void noRandomBytesBreakItOrGetThrough() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] parent = PARENT.getBytes(ISO_8859_1);
      byte[] state = "congo=t61rcWkgMzE,rojo=1".getBytes(ISO_8859_1);
      parent[random.nextInt(parent.length)] = (byte) random.nextInt(256);
      state[random.nextInt(state.length)] = (byte) random.nextInt(256);
      TraceContext read = TraceContext.parse(parent, state);
      if (read != null) {
        assertThat(read.parent()).as("seed %d", seed).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-..");
        assertThat(read.state()).as("seed %d", seed).matches("[ -~]*");
      }
    }
  }
}
