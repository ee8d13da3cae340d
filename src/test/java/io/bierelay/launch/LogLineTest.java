package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a line of the log looks like, and that nothing gets out of it. */
class LogLineTest {

  private static final String LOGGER = "io.bierelay.launch.LogLineTest";
  private static final long MOMENT = 1_750_000_000_123L;
  private static final String START =
      "2025-06-15T15:06:40.123Z WARN  [main] i.b.launch.LogLineTest - ";

  private final LogLine line = new LogLine(LogFormat.TEXT);

  private static LoggingEvent event(String message, Throwable exception) {
    LoggerContext context = new LoggerContext();
    LoggingEvent event =
        new LoggingEvent("", context.getLogger(LOGGER), Level.WARN, message, exception, null);
    event.setInstant(java.time.Instant.ofEpochMilli(MOMENT));
    event.setThreadName("main");
    return event;
  }

  private String text(String message, Throwable exception) {
    return line.doLayout(event(message, exception));
  }

  @Test
  void textIsAsItWasBefore() {
    assertThat(text("all is well: é 漢 😀", null)).isEqualTo(START + "all is well: é 漢 😀\n");
  }

  @Test
  void jsonHasTheSameInMembers() {
    line.use(LogFormat.JSON);
    String json = text("all is \"well\"", null);
    assertThat(json).endsWith("}\n");
    assertThat(new JsonObject(json))
        .isEqualTo(
            new JsonObject()
                .put("time", "2025-06-15T15:06:40.123Z")
                .put("level", "WARN")
                .put("thread", "main")
                .put("logger", LOGGER)
                .put("message", "all is \"well\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\n",
        "\r",
        "\r\n",
        "\u001b[2J",
        "\u009b2J",
        "\u0085",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\u200f",
        "\u0000",
        "\b",
        "\u007f",
        "\u000b",
        "\f",
        "\t"
      })
  void nothingEndsTheLineOrSteersTheTerminal(String evil) {
    String expected = "a" + "_".repeat(evil.replaceAll("[\\[2J]", "").length());
    String shown = text("a" + evil + "b", null);
    assertThat(shown).startsWith(START + expected).endsWith("b\n").hasLineCount(1);
    assertThat(shown.strip()).doesNotContainPattern("[\\x00-\\x1f\\x7f-\\x9f]");

    line.use(LogFormat.JSON);
    shown = text("a" + evil + "b", null);
    assertThat(shown).hasLineCount(1);
    assertThat(new JsonObject(shown).getString("message")).startsWith(expected).endsWith("b");
  }

  @Test
  void anExceptionsMessagesStayInTheirLines() {
    Exception cause = new IllegalStateException("inner\n2026-01-01T00:00:00.000Z ERROR forged");
    Exception failure = new RuntimeException("outer\u001b[31m\r\nCaused by: nobody", cause);
    failure.addSuppressed(new Exception("beside\nforged"));
    String shown = text("it failed", failure);
    assertThat(shown.lines())
        .allSatisfy(
            one ->
                assertThat(one)
                    .matches("2025-06-15T.*|java\\..*|Caused by: java\\..*|Suppressed: .*|\t.*"));
    assertThat(shown)
        .contains("\njava.lang.RuntimeException: outer_[31m__Caused by: nobody\n\tat " + LOGGER)
        .contains("\nSuppressed: java.lang.Exception: beside_forged\n")
        .contains(
            "\nCaused by: java.lang.IllegalStateException: inner_2026-01-01T00:00:00.000Z ERROR"
                + " forged\n");

    line.use(LogFormat.JSON);
    JsonObject json = new JsonObject(text("it failed", failure));
    assertThat(json.getString("exception"))
        .isEqualTo(shown.substring(shown.indexOf('\n') + 1))
        .doesNotContain("\u001b");
  }

  @Test
  void endlessChainsAndDeepStacksEnd() {
    Exception first = new Exception("first");
    Exception second = new Exception("second", first);
    first.initCause(second);
    assertThat(text("round", first)).contains("second").hasSizeLessThan(20_000);
    StackTraceElement[] deep = new StackTraceElement[500];
    java.util.Arrays.fill(deep, new StackTraceElement("a.B", "c", "B.java", 1));
    Exception tall = new Exception("tall");
    tall.setStackTrace(deep);
    assertThat(text("deep", tall)).endsWith("\t... 480 more\n").hasLineCount(23);
  }
}
