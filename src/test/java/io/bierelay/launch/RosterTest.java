package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bierelay.settings.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code verticles.json} may say, and what is said of what it may not. */
class RosterTest {

  private static final Modules MODULES =
      Modules.of(
          List.of(
              FakeModule.idle("SourceVerticle", Stage.PRODUCER),
              FakeModule.idle("TargetVerticle", Stage.CONSUMER),
              FakeModule.idle("HealthVerticle", Stage.ADMIN)));

  private static Roster parse(String text) {
    return Roster.parse("v.json", text.replace('\'', '"'), MODULES);
  }

  private static List<String> problems(String text) {
    return catchThrowableOfType(ConfigurationException.class, () -> parse(text)).problems();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "{} trailing", "{'roles': {}", "x"})
  void whatIsNoJsonObjectIsRefused(String text) {
    assertThat(problems(text)).singleElement().asString().startsWith("v.json is not valid JSON");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{'roles': []}", "{'roles': null}", "{'roles': 'a'}"})
  void rolesMustBeAnObject(String text) {
    assertThat(problems(text))
        .containsExactly("v.json: 'roles' must be an object with one entry per role");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'roles': {}, 'role': 1}"
            + " | v.json: unknown key 'role'; did you mean 'roles'? Known: roles",
        "{'roles': {'a': {}}} | v.json: role 'a' must be a list of verticles",
        "{'roles': {'a': ['SourceVerticle']}}"
            + " | v.json: role 'a': each entry must be an object with 'verticle'",
        "{'roles': {'a': [{}]}} | v.json: role 'a': an entry has no 'verticle'; known:"
            + " [HealthVerticle, SourceVerticle, TargetVerticle]",
        "{'roles': {'a': [{'verticle': 'SourceVerticel'}]}} | v.json: role 'a': SourceVerticel: no"
            + " such verticle; did you mean 'SourceVerticle'? Known: HealthVerticle,"
            + " SourceVerticle, TargetVerticle",
        "{'roles': {'a': [{'verticle': 'Nonsense'}]}} | v.json: role 'a': Nonsense: no such"
            + " verticle; known: HealthVerticle, SourceVerticle, TargetVerticle",
        "{'roles': {'a': [{'verticle': 'SourceVerticle', 'instance': 2}]}} | v.json: role 'a':"
            + " unknown key 'instance'; did you mean 'instances'? Known: enabled, instances,"
            + " options, verticle",
        "{'roles': {'a': [{'verticle': 'SourceVerticle', 'options': {'fake.prot': 2}}]}} | v.json:"
            + " role 'a': SourceVerticle: options: unknown key 'fake.prot'; did you mean"
            + " 'fake.port'? Known: fake.host, fake.password, fake.port",
        "{'roles': {'a': [{'verticle': 'SourceVerticle', 'options': 1}]}}"
            + " | v.json: role 'a': SourceVerticle: 'options' must be an object of settings",
      })
  void eachMistakeIsNamedWithWhatIsKnown(String text, String message) {
    assertThat(problems(text)).containsExactly(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "65", "1.5", "'2'", "null", "99999999999", "true", "[]"})
  void instancesAreAWholeNumberWithinBounds(String instances) {
    assertThat(
            problems(
                "{'roles': {'a': [{'verticle': 'SourceVerticle', 'instances': "
                    + instances
                    + "}]}}"))
        .containsExactly(
            "v.json: role 'a': SourceVerticle: 'instances' is '%s', expected 1 to 64"
                .formatted(instances.replace("'", "")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"'false'", "0", "null"})
  void enabledIsABoolean(String enabled) {
    assertThat(
            problems(
                "{'roles': {'a': [{'verticle': 'SourceVerticle', 'enabled': " + enabled + "}]}}"))
        .singleElement()
        .asString()
        .endsWith("expected true or false");
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThat(
            problems(
                "{'rolls': 1, 'roles': {'a': 1, 'b': [{'verticle': 'X'}, 2,"
                    + " {'verticle': 'SourceVerticle', 'enabled': 'on'}]}}"))
        .hasSize(5);
  }

  @Test
  void aMistakeInARoleThatIsNotChosenIsFoundToo() {
    assertThatThrownBy(
            () -> parse("{'roles': {'a': [], 'b': [{'verticle': 'X'}]}}").select(List.of("a")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("role 'b'");
  }

  @Test
  void anUnknownRoleIsRefusedWithTheKnownOnes() {
    Roster roster = parse("{'roles': {'workflow': [], 'relay': []}}");
    assertThatThrownBy(() -> roster.select(List.of("worklow")))
        .isInstanceOf(UnknownRoleException.class)
        .hasMessage("unknown role 'worklow'; did you mean 'workflow'? Known: relay, workflow");
    assertThatThrownBy(() -> roster.select(List.of("")))
        .isInstanceOf(UnknownRoleException.class)
        .hasMessage("unknown role ''; known: relay, workflow");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[{'verticle': 'SourceVerticle', 'enabled': false}]"})
  void aRoleWithNothingToRunIsRefused(String entries) {
    assertThatThrownBy(() -> parse("{'roles': {'a': " + entries + "}}").select(List.of("a")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("v.json lists no verticle for role 'a': there is nothing to run");
  }

  @Test
  void verticlesStartByStageWhateverTheirOrderInTheFile() {
    List<Roster.Entry> entries =
        parse(
                "{'roles': {'a': [{'verticle': 'SourceVerticle'}, {'verticle': 'TargetVerticle'},"
                    + " {'verticle': 'HealthVerticle'}]}}")
            .select(List.of("a"));
    assertThat(entries)
        .extracting(entry -> entry.module().stage())
        .containsExactly(Stage.ADMIN, Stage.CONSUMER, Stage.PRODUCER);
    assertThat(entries).extracting(Roster.Entry::instances).containsOnly(1);
  }

  @Test
  void aVerticleThatIsSwitchedOffIsLeftOut() {
    assertThat(
            parse(
                    "{'roles': {'a': [{'verticle': 'SourceVerticle', 'enabled': false},"
                        + " {'verticle': 'HealthVerticle', 'enabled': true}]}}")
                .select(List.of("a")))
        .extracting(entry -> entry.module().name())
        .containsExactly("HealthVerticle");
  }

  @Test
  void severalRolesShareAVerticle() {
    List<Roster.Entry> entries =
        parse(
                "{'roles': {'a': [{'verticle': 'HealthVerticle', 'instances': 2, 'options':"
                    + " {'fake.host': 'h'}}], 'b': [{'verticle': 'HealthVerticle', 'instances': 3,"
                    + " 'options': {'fake.port': 7}}, {'verticle': 'TargetVerticle'}]}}")
            .select(List.of("a", "b", "a"));
    assertThat(entries)
        .extracting(entry -> entry.module().name())
        .containsExactly("HealthVerticle", "TargetVerticle");
    assertThat(entries.get(0).instances()).isEqualTo(3);
    assertThat(entries.get(0).options().getMap()).containsEntry("fake.host", "h");
    assertThat(entries.get(0).options().getMap()).containsEntry("fake.port", 7);
  }

  @ParameterizedTest
  @CsvSource({"1,2", "null,2", "1,null"})
  void rolesThatDisagreeOnAnOptionAreRefused(String one, String other) {
    assertThatThrownBy(
            () ->
                parse(
                        "{'roles': {'a': [{'verticle': 'HealthVerticle', 'options': {'fake.port': "
                            + one
                            + "}}], 'b': [{'verticle': 'HealthVerticle', 'options': {'fake.port': "
                            + other
                            + "}}]}}")
                    .select(List.of("a", "b")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "v.json: the chosen roles give HealthVerticle different values of 'fake.port'; run"
                + " them as two processes");
  }

  @Test
  void verticlesThatDisagreeOnASharedSettingAreRefused() {
    assertThatThrownBy(
            () ->
                parse(
                        "{'roles': {'a': [{'verticle': 'HealthVerticle', 'options': {'fake.host':"
                            + " 'x'}}, {'verticle': 'TargetVerticle', 'options': {'fake.host':"
                            + " 'y'}}]}}")
                    .select(List.of("a")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "v.json: HealthVerticle and TargetVerticle are given different values of 'fake.host';"
                + " run them as two processes");
  }
}
