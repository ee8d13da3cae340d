package io.bierelay.docs;

import static io.bierelay.docs.GeneratedPage.code;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.docs.Declarations.DeclaredSetting;
import io.bierelay.settings.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} from the declarations, and what every declaration must have. */
class ConfigurationDocTest {

  private static final String LEAD =
      """
      # Settings

      Every setting is declared once, in the package that reads it, and this page is written from
      the declarations. Values come, later ones over earlier ones, from the built-in defaults,
      the options of `verticles.json`, files given with `--conf` (YAML or JSON; keys dotted or
      nested), directories of secret files given with `--conf` (one file per setting, called like
      its key or its variable), and environment variables. `--role X config` prints what a process
      would use, and where each value came from; secrets are masked there, and never logged.

      The last column follows the `verticles.json` in the JAR. A process knows every key and
      refuses any other, but a required one must be given only to the roles that read it.

      A duration is a number with `ms`, `s`, `m`, `h` or `d`; a size one with `B`, `KiB`, `MiB` or
      `GiB`. In an environment variable a list is separated by commas, and a map is written
      `name=value,name=value`.""";

  @Test
  void thePageSaysWhatTheCodeSays() throws Exception {
    GeneratedPage page = new GeneratedPage("configuration.md", ConfigurationDocTest.class);
    page.add(LEAD);
    Map<String, List<DeclaredSetting>> byKey = byKey();
    Map<String, List<List<String>>> rowsOfGroup = new TreeMap<>();
    byKey.forEach(
        (key, declared) ->
            rowsOfGroup
                .computeIfAbsent(key.replaceFirst("\\..*", ""), group -> new ArrayList<>())
                .add(row(declared)));
    rowsOfGroup.forEach(
        (group, rows) ->
            page.add("## " + group)
                .table(
                    List.of(
                        "Key",
                        "Environment variable",
                        "Type",
                        "Default",
                        "Range",
                        "What it does",
                        "Read by",
                        "In role"),
                    rows));
    page.writeOrCompare();
  }

  private static Map<String, List<DeclaredSetting>> byKey() {
    return Declarations.settings().stream()
        .collect(groupingBy(one -> one.setting().key(), TreeMap::new, toList()));
  }

  private static List<String> row(List<DeclaredSetting> declared) {
    Setting<?> setting = declared.get(0).setting();
    String byDefault = code(setting.renderedDefault().map(Object::toString).orElse(""));
    List<String> readers = declared.stream().map(DeclaredSetting::reader).distinct().toList();
    return List.of(
        code(setting.key()),
        code(setting.environmentVariable()),
        setting.typeName() + (setting.isSecret() ? ", **secret**" : ""),
        setting.isRequired() && setting.defaultValue().isEmpty() ? "**required**" : byDefault,
        setting.range().isEmpty() ? "–" : setting.range(),
        setting.sentence(),
        readers.stream().sorted().collect(joining(", ")),
        readers.stream()
            .flatMap(reader -> Declarations.rolesOf(reader).stream())
            .distinct()
            .sorted()
            .collect(joining(", ")));
  }

  @Test
  void thereAreDeclarations() {
    assertThat(Declarations.settings()).isNotEmpty();
  }

  @Test
  void aKeyHasOneDeclaration() {
    byKey()
        .forEach(
            (key, declared) ->
                assertThat(declared.stream().map(DeclaredSetting::declaration).distinct())
                    .as("declarations of %s, by %s", key, declared)
                    .hasSize(1));
  }

  @Test
  void anEnvironmentVariableSetsOneKey() {
    Map<String, Set<String>> keysOfVariable =
        Declarations.settings().stream()
            .map(DeclaredSetting::setting)
            .collect(groupingBy(Setting::environmentVariable, mapping(Setting::key, toSet())));
    assertThat(keysOfVariable)
        .allSatisfy((variable, keys) -> assertThat(keys).as(variable).hasSize(1));
  }

  @Test
  void aKeyIsNoPrefixOfAnother() {
    List<String> keys = List.copyOf(byKey().keySet());
    for (String key : keys) {
      assertThat(keys)
          .as("a file can't hold both a value and a group under %s", key)
          .noneMatch(other -> other.startsWith(key + "."));
    }
  }

  @Test
  void everySettingIsOneSentence() {
    assertThat(Declarations.settings())
        .allSatisfy(
            one ->
                assertThat(one.setting().sentence())
                    .as(one.setting().key())
                    .matches("\\S.{8,}\\."));
  }

  @Test
  void everyKeyIsDottedLowerCase() {
    assertThat(byKey().keySet())
        .allSatisfy(key -> assertThat(key).matches("[a-z]+([.-][a-z0-9]+)+"));
  }

  @Test
  void aSecretHasNoDefault() {
    assertThat(Declarations.settings())
        .filteredOn(one -> one.setting().isSecret())
        .allSatisfy(
            one -> assertThat(one.setting().defaultValue()).as(one.setting().key()).isEmpty());
  }
}
