package io.bierelay.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bierelay.settings.EffectiveSettings.Line;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How layers of values become effective settings, and what is said when they can't. */
class SettingsCatalogTest {

  private static final String LEAK = "hunter2-leak";

  private static final Setting<String> HOST =
      Setting.text("rabbitmq.host", "localhost").saying("The host.");
  private static final Setting<Integer> PORT =
      Setting.integer("rabbitmq.port", 5672, 1, 65535).saying("The port.");
  private static final Setting<String> USER =
      Setting.text("rabbitmq.username").mandatory().saying("The user.");
  private static final Setting<String> PASSWORD =
      Setting.secret("rabbitmq.password").mandatory().saying("The password.");
  private static final Setting<Duration> RETRY =
      Setting.duration(
              "rabbitmq.retry.max",
              Duration.ofSeconds(5),
              Duration.ofMillis(1),
              Duration.ofHours(1))
          .saying("The longest wait.");
  private static final Setting<Map<String, String>> PROPERTIES =
      Setting.map("kafka.properties", Map.of("acks", "all")).saying("Passed on.");
  private static final Setting<List<String>> TOPICS =
      Setting.list("kafka.topics", List.of()).saying("The topics.");

  private static final List<Setting<?>> ALL =
      List.of(HOST, PORT, USER, PASSWORD, RETRY, PROPERTIES, TOPICS);
  private static final SettingsCatalog CATALOG = new SettingsCatalog(ALL);

  private static SettingsLayer layer(String source, String json) {
    return new SettingsLayer(source, new JsonObject(json));
  }

  private static Settings resolve(String json) {
    return CATALOG.resolve(List.of(layer("a.yaml", json)), Set.of()).settings(ALL);
  }

  private static List<String> problems(Set<Setting<?>> inUse, SettingsLayer... layers) {
    ConfigurationException e =
        catchThrowableOfType(
            ConfigurationException.class, () -> CATALOG.resolve(List.of(layers), inUse));
    assertThat(e).as("problems").isNotNull();
    return e.problems();
  }

  @Test
  void keysMayBeDottedNestedOrBoth() {
    for (String json :
        List.of(
            "{'rabbitmq.retry.max':'7s'}",
            "{'rabbitmq':{'retry':{'max':'7s'}}}",
            "{'rabbitmq':{'retry.max':'7s'}}",
            "{'rabbitmq.retry':{'max':'7s'}}")) {
      assertThat(resolve(json.replace('\'', '"')).get(RETRY))
          .as(json)
          .isEqualTo(Duration.ofSeconds(7));
    }
  }

  @Test
  void aMapIsTakenWholeAndMayBeNestedOrText() {
    for (String json :
        List.of(
            "{'kafka':{'properties':{'client':{'id':'x'}}}}",
            "{'kafka.properties':{'client.id':'x'}}",
            "{'kafka.properties':'client.id=x'}")) {
      assertThat(resolve(json.replace('\'', '"')).get(PROPERTIES))
          .as(json)
          .isEqualTo(Map.of("client.id", "x"));
    }
    assertThat(resolve("{}").get(PROPERTIES)).isEqualTo(Map.of("acks", "all"));
  }

  @Test
  void aLaterLayerWinsAndEachValueKnowsItsSource() {
    EffectiveSettings effective =
        CATALOG.resolve(
            List.of(
                layer("a.yaml", "{\"rabbitmq\":{\"host\":\"one\",\"port\":1}}"),
                layer("environment", "{\"rabbitmq.host\":\"two\"}")),
            Set.of());
    assertThat(effective.settings(ALL).get(HOST)).isEqualTo("two");
    assertThat(effective.settings(ALL).get(PORT)).isEqualTo(1);
    assertThat(effective.lines(ALL))
        .contains(
            new Line("rabbitmq.host", "two", "environment"),
            new Line("rabbitmq.port", "1", "a.yaml"),
            new Line("rabbitmq.retry.max", "5s", "default"),
            new Line("rabbitmq.username", "", "unset"));
  }

  @Test
  void secretsAreMaskedWhenShownAndWholeWhenRead() {
    EffectiveSettings effective =
        CATALOG.resolve(
            List.of(layer("secrets", "{\"rabbitmq.password\":\"" + LEAK + "\"}")), Set.of());
    assertThat(effective.lines(ALL))
        .contains(new Line("rabbitmq.password", EffectiveSettings.MASK, "secrets"))
        .noneMatch(line -> line.toString().contains(LEAK));
    assertThat(effective.toString()).doesNotContain(LEAK);
    assertThat(effective.settings(ALL).get(PASSWORD)).isEqualTo(LEAK);
  }

  @Test
  void anErrorNeverHoldsASecret() {
    Setting<String> pin =
        Setting.secret("rabbitmq.pin").within("four digits", value -> value.matches("\\d{4}"));
    SettingsCatalog catalog = new SettingsCatalog(List.of(pin, PASSWORD));
    for (String json :
        List.of(
            "{\"rabbitmq.pin\":\"" + LEAK + "\"}",
            "{\"rabbitmq.password\":{\"x\":\"" + LEAK + "\"}}",
            "{\"rabbitmq.password\":[\"" + LEAK + "\"]}",
            "{\"rabbitmq.pasword\":\"" + LEAK + "\"}")) {
      ConfigurationException e =
          catchThrowableOfType(
              ConfigurationException.class,
              () -> catalog.resolve(List.of(layer("s", json)), Set.of()));
      assertThat(e).as(json).isNotNull();
      assertThat(e.getMessage()).contains("rabbitmq.p").doesNotContain(LEAK);
    }
    ConfigurationException e =
        catchThrowableOfType(
            ConfigurationException.class,
            () -> Settings.of(new JsonObject().put("rabbitmq.pin", LEAK)).get(pin));
    assertThat(e.getMessage()).contains("rabbitmq.pin").doesNotContain(LEAK);
  }

  @Test
  void anUnknownKeyIsNamedWithWhatWasMeant() {
    assertThat(problems(Set.of(), layer("a.yaml", "{\"rabbitmq\":{\"prot\":1}}")))
        .singleElement()
        .asString()
        .startsWith("a.yaml: unknown key 'rabbitmq.prot'; did you mean 'rabbitmq.port'?")
        .contains("rabbitmq.host")
        .doesNotContain("kafka");
    assertThat(problems(Set.of(), layer("a.yaml", "{\"zookeeper\":{\"connect\":\"x\"}}")))
        .singleElement()
        .asString()
        .contains("unknown key 'zookeeper'")
        .contains("groups known: rabbitmq, kafka");
    assertThat(problems(Set.of(), layer("a.yaml", "{\"rabbitmq\":\"x\"}"))).hasSize(1);
  }

  @Test
  void aWrongTypeNamesSourceKeyValueAndWhatWasExpected() {
    assertThat(problems(Set.of(), layer("b.json", "{\"rabbitmq.port\":\"many\"}")))
        .containsExactly("b.json: 'rabbitmq.port' has value 'many': expected a whole number");
    assertThat(problems(Set.of(), layer("b.json", "{\"rabbitmq.port\":70000}")))
        .containsExactly("b.json: 'rabbitmq.port' has value '70000': expected 1 to 65535");
  }

  @Test
  void aValueThatNobodyReadsIsCheckedToo() {
    assertThat(problems(Set.of(HOST), layer("a", "{\"rabbitmq.retry.max\":\"soon\"}"))).hasSize(1);
  }

  @Test
  void aWrongValueIsAProblemThoughALaterLayerHidesIt() {
    assertThat(
            problems(
                Set.of(),
                layer("a", "{\"rabbitmq.port\":\"x\"}"),
                layer("b", "{\"rabbitmq.port\":1}")))
        .hasSize(1);
  }

  @Test
  void aRequiredValueIsMissedOnlyByWhoReadsIt() {
    assertThat(problems(Set.of(USER)))
        .singleElement()
        .asString()
        .contains("'rabbitmq.username' is required")
        .contains("BIE_RABBITMQ_USERNAME")
        .contains("The user.");
    assertThatCode(() -> CATALOG.resolve(List.of(), Set.of(HOST))).doesNotThrowAnyException();
  }

  @Test
  void aValueMayBeRequiredUnlessAnotherSettingHasACertainOne() {
    Setting<String> mode = Setting.text("login.mode", "plain").saying("How.");
    Setting<String> name =
        Setting.text("login.name").mandatoryUnless(mode, "certificate").saying("Who.");
    SettingsCatalog catalog = new SettingsCatalog(List.of(mode, name));
    Set<Setting<?>> inUse = Set.of(mode, name);
    assertThatThrownBy(() -> catalog.resolve(List.of(), inUse))
        .hasMessageContaining("'login.name' is required");
    assertThatThrownBy(() -> catalog.resolve(List.of(layer("a", "{\"login.mode\":\"x\"}")), inUse))
        .hasMessageContaining("'login.name' is required");
    assertThatCode(
            () -> catalog.resolve(List.of(layer("a", "{\"login.mode\":\"certificate\"}")), inUse))
        .doesNotThrowAnyException();
  }

  @Test
  void allProblemsAreToldAtOnce() {
    List<String> problems =
        problems(
            Set.of(USER),
            layer("a.yaml", "{\"rabbitmq\":{\"prot\":1,\"port\":\"x\",\"host\":null}}"),
            layer("environment", "{\"rabbitmq.retry.max\":\"2h\"}"));
    assertThat(problems).hasSize(5);
    assertThat(problems.get(2)).contains("'rabbitmq.host' has no value");
    assertThat(new ConfigurationException(problems)).hasMessage(String.join("; ", problems));
  }

  /** As when every line below a group is commented out in YAML. */
  @Test
  void anEmptyGroupSaysNothing() {
    assertThat(resolve("{\"rabbitmq\":null,\"kafka\":{}}").get(PORT)).isEqualTo(5672);
  }

  @Test
  void aVerticleGetsWhatItReadsAndNothingElse() {
    EffectiveSettings effective =
        CATALOG.resolve(
            List.of(
                layer(
                    "a",
                    "{\"rabbitmq.password\":\"p\",\"kafka.topics\":[\"A\",\"B\"],"
                        + "\"rabbitmq.port\":\"99\"}")),
            Set.of());
    JsonObject configuration = effective.configuration(List.of(PORT, TOPICS, RETRY, USER));
    assertThat(configuration)
        .isEqualTo(
            new JsonObject()
                .put("rabbitmq.port", 99)
                .put("kafka.topics", new JsonArray().add("A").add("B"))
                .put("rabbitmq.retry.max", "5s"));
    // What a deployment does to its configuration on the way.
    Settings read = Settings.of(new JsonObject(configuration.encode()));
    assertThat(read.get(TOPICS)).containsExactly("A", "B");
    assertThat(read.get(PORT)).isEqualTo(99);
    assertThat(read.find(USER)).isEmpty();
  }

  @Test
  void readingWhatHasNoValueNamesTheRemedy() {
    ConfigurationException e =
        catchThrowableOfType(
            ConfigurationException.class, () -> Settings.of(new JsonObject()).get(USER));
    assertThat(e)
        .hasMessageContaining("rabbitmq.username")
        .hasMessageContaining("BIE_RABBITMQ_USERNAME");
  }

  @Test
  void environmentVariablesFindTheirSetting() {
    assertThat(CATALOG.byEnvironmentVariable("BIE_RABBITMQ_RETRY_MAX")).hasValue(RETRY);
    assertThat(CATALOG.byEnvironmentVariable("BIE_RABBITMQ_RETRY")).isEmpty();
    assertThat(CATALOG.byEnvironmentVariable("RABBITMQ_RETRY_MAX")).isEmpty();
  }

  @Test
  void theSameSettingFromTwoVerticlesIsOne() {
    assertThat(new SettingsCatalog(List.of(HOST, PORT, HOST)).all()).hasSize(2);
  }
}
