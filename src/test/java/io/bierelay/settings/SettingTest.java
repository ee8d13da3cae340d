package io.bierelay.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every type reads what people write, and what it writes itself. */
class SettingTest {

  private enum Delivery {
    EXACTLY_ONCE,
    AT_LEAST_ONCE
  }

  private static final Setting<String> TEXT = Setting.text("a.text");
  private static final Setting<Integer> INTEGER = Setting.integer("a.integer", 5, -10, 10);
  private static final Setting<Boolean> BOOLEAN = Setting.bool("a.boolean", false);
  private static final Setting<Duration> DURATION =
      Setting.duration("a.duration", Duration.ofSeconds(5), Duration.ZERO, Duration.ofDays(365));
  private static final Setting<Long> SIZE = Setting.size("a.size", 1024, 0, Long.MAX_VALUE);
  private static final Setting<Delivery> CHOICE = Setting.choice("a.choice", Delivery.EXACTLY_ONCE);
  private static final Setting<List<String>> LIST = Setting.list("a.list", List.of("x"));
  private static final Setting<Map<String, String>> MAP = Setting.map("a.map", Map.of());

  static Stream<Arguments> readings() {
    return Stream.of(
        Arguments.of(TEXT, "plain", "plain"),
        Arguments.of(TEXT, 5, "5"),
        Arguments.of(TEXT, "", ""),
        Arguments.of(INTEGER, 7, 7),
        Arguments.of(INTEGER, " -7 ", -7),
        Arguments.of(INTEGER, 10, 10),
        Arguments.of(BOOLEAN, true, true),
        Arguments.of(BOOLEAN, "True", true),
        Arguments.of(BOOLEAN, "false\n", false),
        Arguments.of(DURATION, 200, Duration.ofMillis(200)),
        Arguments.of(DURATION, "200ms", Duration.ofMillis(200)),
        Arguments.of(DURATION, "5 s", Duration.ofSeconds(5)),
        Arguments.of(DURATION, "2m", Duration.ofMinutes(2)),
        Arguments.of(DURATION, "1h", Duration.ofHours(1)),
        Arguments.of(DURATION, "7d", Duration.ofDays(7)),
        Arguments.of(SIZE, 512, 512L),
        Arguments.of(SIZE, "512B", 512L),
        Arguments.of(SIZE, "512KiB", 512L << 10),
        Arguments.of(SIZE, "64 MiB", 64L << 20),
        Arguments.of(SIZE, "2GiB", 2L << 30),
        Arguments.of(CHOICE, "at-least-once", Delivery.AT_LEAST_ONCE),
        Arguments.of(CHOICE, " AT_LEAST_ONCE ", Delivery.AT_LEAST_ONCE),
        Arguments.of(LIST, "a, b,,c ", List.of("a", "b", "c")),
        Arguments.of(LIST, "", List.of()),
        Arguments.of(LIST, new JsonArray().add("a").add(1), List.of("a", "1")),
        Arguments.of(MAP, "a.b=1, c = x=y ", Map.of("a.b", "1", "c", "x=y")),
        Arguments.of(MAP, new JsonObject().put("a.b", 1), Map.of("a.b", "1")),
        Arguments.of(
            MAP,
            new JsonObject().put("a", new JsonObject().put("b", true)).put("c", "x"),
            Map.of("a.b", "true", "c", "x")));
  }

  @ParameterizedTest
  @MethodSource("readings")
  <T> void readsWhatPeopleWriteAndWhatItWrites(Setting<T> setting, Object raw, T expected) {
    T value = setting.parse(raw);
    assertThat(value).isEqualTo(expected);
    assertThat(setting.parse(setting.render(value))).isEqualTo(expected);
    // As text too: that is how a value from a file is shown and copied into the environment.
    if (!(setting.render(value) instanceof JsonArray
        || setting.render(value) instanceof JsonObject)) {
      assertThat(setting.parse(setting.render(value).toString())).isEqualTo(expected);
    }
  }

  static Stream<Arguments> refusals() {
    JsonArray hole = new JsonArray().add("a").addNull();
    return Stream.of(
        Arguments.of(TEXT, new JsonObject(), "expected a single value"),
        Arguments.of(INTEGER, "seven", "expected a whole number"),
        Arguments.of(INTEGER, "7.5", "expected a whole number"),
        Arguments.of(INTEGER, 99_999_999_999L, "expected a whole number"),
        Arguments.of(INTEGER, 11, "expected -10 to 10"),
        Arguments.of(INTEGER, -11, "expected -10 to 10"),
        Arguments.of(BOOLEAN, "yes", "expected true or false"),
        Arguments.of(DURATION, "5 seconds", "expected a duration such as"),
        Arguments.of(DURATION, "-5s", "expected a duration such as"),
        Arguments.of(DURATION, "366d", "expected 0ms to 8760h"),
        Arguments.of(DURATION, "99999999999999999999s", "expected a duration such as"),
        Arguments.of(DURATION, "9223372036854775807d", "expected a duration such as"),
        Arguments.of(SIZE, "5MB", "expected a size such as"),
        Arguments.of(SIZE, "99999999999999999999", "expected a size such as"),
        Arguments.of(SIZE, "17179869185GiB", "expected a size such as"),
        Arguments.of(CHOICE, "exactly once", "expected one of exactly-once|at-least-once"),
        Arguments.of(LIST, new JsonArray().add(new JsonObject()), "expected a single value"),
        Arguments.of(LIST, hole, "expected a single value"),
        Arguments.of(MAP, "a", "expected key=value pairs"),
        Arguments.of(MAP, "=a", "expected key=value pairs"),
        Arguments.of(MAP, new JsonObject().putNull("a"), "'a' has no value"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void saysWhatWasExpected(Setting<?> setting, Object raw, String message) {
    assertThatThrownBy(() -> setting.parse(raw))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void everyDurationAndSizeSurvivesBeingWritten() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      Duration duration = Duration.ofMillis(random.nextLong(Duration.ofDays(365).toMillis()));
      duration = i % 3 == 0 ? Duration.ofMinutes(duration.toMinutes()) : duration;
      assertThat(DURATION.parse(DURATION.render(duration))).isEqualTo(duration);
      long size = random.nextLong(Long.MAX_VALUE) >> random.nextInt(63);
      size = i % 3 == 0 ? size >> 20 << 20 : size;
      assertThat(SIZE.parse(SIZE.render(size))).isEqualTo(size);
    }
  }

  static Stream<Named<Setting<?>>> allTypes() {
    return Stream.<Setting<?>>of(INTEGER, BOOLEAN, DURATION, SIZE, CHOICE, LIST, MAP)
        .map(setting -> Named.of(setting.key(), setting));
  }

  @ParameterizedTest
  @MethodSource("allTypes")
  <T> void theDefaultIsReadBack(Setting<T> setting) {
    assertThat(setting.parse(setting.renderedDefault().orElseThrow()))
        .isEqualTo(setting.defaultValue().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({"admin.port,BIE_ADMIN_PORT", "kafka.bootstrap-servers,BIE_KAFKA_BOOTSTRAP_SERVERS"})
  void theEnvironmentVariableFollowsFromTheKey(String key, String variable) {
    assertThat(Setting.text(key).environmentVariable()).isEqualTo(variable);
  }

  @Test
  void aMappedListKeepsItsOrder() {
    Map<String, String> map = new LinkedHashMap<>();
    List.of("z", "a", "m").forEach(name -> map.put(name, "1"));
    assertThat(MAP.parse(MAP.render(map)).keySet()).containsExactly("z", "a", "m");
  }

  @Test
  void eachStepKeepsWhatWasSaidBefore() {
    Setting<String> setting =
        Setting.secret("a.secret")
            .mandatory()
            .within("eight or more", v -> v.length() > 7)
            .saying("S.");
    assertThat(setting.isSecret()).isTrue();
    assertThat(setting.isRequired()).isTrue();
    assertThat(setting.range()).isEqualTo("eight or more");
    assertThat(setting.sentence()).isEqualTo("S.");
    assertThatThrownBy(() -> setting.parse("short")).hasMessage("expected eight or more");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "11"})
  void aRangeAddedLaterDoesNotReplaceTheFirst(String outside) {
    Setting<Integer> even = Setting.integer("a.even", 2, 1, 10).within("even", v -> v % 2 == 0);
    assertThat(even.parse(4)).isEqualTo(4);
    assertThatThrownBy(() -> even.parse(outside)).isInstanceOf(IllegalArgumentException.class);
  }
}
