package io.bierelay.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may stand in the settings of traces, and that a collector's key is never repeated. */
class TraceSettingsTest {

  private static Settings headers(String value) {
    return Settings.of(new JsonObject().put("tracing.headers", value));
  }

  @Test
  void headersAreReadByNameAndValue() {
    assertThat(TraceSettings.headers(headers("authorization=Bearer a=b, x-org = 7 ,")))
        .contains(Map.of("authorization", "Bearer a=b", "x-org", "7"));
    assertThat(TraceSettings.headers(Settings.of(new JsonObject()))).contains(Map.of());
    assertThat(TraceSettings.HEADERS.isSecret()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3cret", "=s3cret", "a b=s3cret", "a=s3cret\r\nb: c", "a=s3cretü"})
  void whatIsNoHeaderIsAProblemThatDoesNotRepeatIt(String value) {
    assertThat(TraceSettings.problems(headers(value)))
        .singleElement()
        .asString()
        .contains("tracing.headers")
        .doesNotContain("s3cret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:4318", "ftp://a/b", "http://user:pw@a/b", "http://", "x y"})
  void whatIsNoEndpointIsRefused(String value) {
    assertThatThrownBy(() -> TraceSettings.ENDPOINT.parse(value))
        .hasMessageContaining("http or https")
        .hasMessageNotContaining("pw");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-0.1", "1.1", "NaN", "a"})
  void whatIsNoRatioIsRefused(String value) {
    assertThatThrownBy(() -> TraceSettings.SAMPLE_RATIO.parse(value))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aKeyThatGoesInTheClearIsWarnedOf() {
    JsonObject on = new JsonObject().put("tracing.mode", "otlp").put("tracing.headers", "a=b");
    assertThat(TraceSettings.warnings(Settings.of(on))).hasSize(1);
    on.put("tracing.endpoint", "https://collector/v1/traces");
    assertThat(TraceSettings.warnings(Settings.of(on))).isEmpty();
  }
}
