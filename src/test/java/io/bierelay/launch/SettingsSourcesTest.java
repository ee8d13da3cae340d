package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.EffectiveSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.SettingsCatalog;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where values come from, which one wins, and what is said of a source that can't be read. */
class SettingsSourcesTest {

  private static final Setting<Map<String, String>> TYPES =
      Setting.map("fake.types", Map.of()).saying("Names.");
  private static final Setting<List<String>> TOPICS =
      Setting.list("fake.topics", List.of()).saying("Topics.");
  private static final Set<Setting<?>> ALL = new LinkedHashSet<>(FakeModule.SETTINGS);

  static {
    ALL.add(TYPES);
    ALL.add(TOPICS);
  }

  private static final SettingsCatalog CATALOG = new SettingsCatalog(ALL);
  private static final Vertx VERTX = Vertx.vertx();

  @TempDir Path directory;

  @AfterAll
  static void close() {
    VERTX.close().toCompletionStage().toCompletableFuture().join();
  }

  private static EffectiveSettings read(Map<String, String> environment, Path... conf) {
    try {
      return new SettingsSources(VERTX, CATALOG)
          .read(List.of(conf), environment)
          .map(
              sources -> {
                sources.refuseProblems(CATALOG, sources.layers());
                return CATALOG.resolve(sources.layers(), ALL);
              })
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      throw (RuntimeException) e.getCause();
    }
  }

  private static List<String> problems(Map<String, String> environment, Path... conf) {
    return catchThrowableOfType(ConfigurationException.class, () -> read(environment, conf))
        .problems();
  }

  private static <T> T value(EffectiveSettings effective, Setting<T> setting) {
    return effective.settings(ALL).get(setting);
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private Path secrets(String name) throws IOException {
    return Files.createDirectories(directory.resolve(name));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.yaml | fake:\\n  host: h\\n  port: 3\\n  topics: [a, b]\\n  types: {x: X_1}\\n",
        "a.yml | fake.host: h\\nfake.port: 3\\nfake.topics: a,b\\nfake:\\n  types:\\n    x: X_1\\n",
        "a.YAML | # only a comment first\\nfake: {host: h, port: '3', topics: [a, b], types: {x: X_1}}",
        "a.json | {\"fake\": {\"host\": \"h\", \"port\": 3, \"topics\": [\"a\", \"b\"],"
            + " \"types\": {\"x\": \"X_1\"}}}",
        "a.json | {\"fake.host\": \"h\", \"fake.port\": \"3\", \"fake\": {\"topics\": \"a, b\"},"
            + " \"fake.types\": \"x=X_1\"}",
      })
  void filesMayBeNestedOrDotted(String name, String text) throws IOException {
    EffectiveSettings effective = read(Map.of(), file(name, text.replace("\\n", "\n")));
    assertThat(value(effective, FakeModule.HOST)).isEqualTo("h");
    assertThat(value(effective, FakeModule.PORT)).isEqualTo(3);
    assertThat(value(effective, TOPICS)).containsExactly("a", "b");
    assertThat(value(effective, TYPES)).isEqualTo(Map.of("x", "X_1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0123", "no", "1e3", "0x10", "12:30", "2026-11-22", "1_000", "1.10"})
  void yamlTextIsTakenAsItStands(String text) throws IOException {
    EffectiveSettings effective = read(Map.of(), file("a.yaml", "fake.password: " + text));
    assertThat(value(effective, FakeModule.PASSWORD)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.yaml", "a.json"})
  void aFileOfNothingChangesNothing(String name) throws IOException {
    String text = name.endsWith("json") ? "{}" : "# nothing\n---\n";
    assertThat(value(read(Map.of(), file(name, text)), FakeModule.HOST)).isEqualTo("localhost");
    assertThat(value(read(Map.of(), file("b.yaml", "")), FakeModule.PORT)).isEqualTo(1);
  }

  @Test
  void aSecretDirectoryIsReadAsKubernetesMountsIt() throws IOException {
    Path mount = secrets("secrets");
    Path version = Files.createDirectories(mount.resolve("..2026_11_22_04_00_00.123"));
    Files.writeString(version.resolve("fake.password"), "pass word \n");
    Files.writeString(version.resolve("BIE_FAKE_HOST"), "h\r\n");
    Files.createSymbolicLink(mount.resolve("..data"), version.getFileName());
    Files.createSymbolicLink(mount.resolve("fake.password"), Path.of("..data/fake.password"));
    Files.createSymbolicLink(mount.resolve("BIE_FAKE_HOST"), Path.of("..data/BIE_FAKE_HOST"));

    EffectiveSettings effective = read(Map.of(), mount);

    assertThat(value(effective, FakeModule.PASSWORD)).isEqualTo("pass word ");
    assertThat(value(effective, FakeModule.HOST)).isEqualTo("h");
    assertThat(effective.lines(Set.of(FakeModule.PASSWORD)))
        .containsExactly(new EffectiveSettings.Line("fake.password", "******", mount.toString()));
  }

  @Test
  void directoriesWinOverFilesAndTheEnvironmentOverAll() throws IOException {
    Path file = file("a.yaml", "fake: {host: file, port: 2, password: file}");
    Path secrets = secrets("secrets");
    Files.writeString(secrets.resolve("fake.port"), "3");
    Files.writeString(secrets.resolve("fake.password"), "directory");
    Map<String, String> environment = Map.of("BIE_FAKE_PASSWORD", "environment", "OTHER", "x");
    // The file comes last on the command line, and is weaker all the same.
    EffectiveSettings effective = read(environment, secrets, file);
    assertThat(effective.lines(Set.of(FakeModule.HOST, FakeModule.PORT)))
        .containsExactly(
            new EffectiveSettings.Line("fake.host", "file", file.toString()),
            new EffectiveSettings.Line("fake.port", "3", secrets.toString()));
    assertThat(value(effective, FakeModule.PASSWORD)).isEqualTo("environment");
  }

  @Test
  void ofTwoOfAKindTheLaterWins() throws IOException {
    Path one = file("1.yaml", "fake: {host: one, port: 2}");
    Path two = file("2.json", "{\"fake.host\": \"two\"}");
    EffectiveSettings effective = read(Map.of(), one, two);
    assertThat(value(effective, FakeModule.HOST)).isEqualTo("two");
    assertThat(value(effective, FakeModule.PORT)).isEqualTo(2);
    assertThat(value(read(Map.of(), two, one), FakeModule.HOST)).isEqualTo("one");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.yaml | fake:\\n  password: topsecret\\n bad: topsecret | YAML, see line 3, column",
        "a.yaml | topsecret | YAML",
        "a.yaml | - topsecret | YAML",
        "a.yaml | fake.host: topsecret\\nfake.host: topsecret | YAML, see line 2, column 1",
        "a.yaml | fake.password: !!java.io.File [topsecret] | YAML, see line 1, column",
        "a.json | {\"fake.password\": topsecret} | JSON, see line 1, column",
        "a.json | [\"topsecret\"] | JSON",
        "a.json | {\"fake.password\": \"topsecret\" | JSON, see line 1, column",
        "a.json | {} topsecret | JSON",
      })
  void aMalformedFileIsNamedWithThePlaceAndNotQuoted(String name, String text, String message)
      throws IOException {
    Path file = file(name, text.replace("\\n", "\n"));
    assertThat(problems(Map.of(), file))
        .singleElement()
        .asString()
        .startsWith(file + " is not valid " + message)
        .doesNotContain("topsecret");
  }

  @Test
  void everyUnreadableSourceIsNamedAndSoIsWhatIsWrongInTheOthers() throws IOException {
    Path binary = secrets("binary");
    Files.write(binary.resolve("fake.password"), new byte[] {(byte) 0xC3, 0x28});
    Path large = secrets("large");
    Files.write(large.resolve("fake.password"), new byte[(1 << 20) + 1]);
    Path typo = file("typo.yaml", "fake.hots: x\nfake.port: 11");
    Path text = file("a.txt", "");
    Path missing = directory.resolve("missing.yaml");
    assertThat(problems(Map.of("BIE_FAKE_PROT", "1"), missing, text, binary, large, typo))
        .containsExactlyInAnyOrder(
            "--conf " + missing + ": no such file or directory, or not readable",
            "--conf " + text + ": expected a name that ends with .yaml, .yml or .json",
            "--conf " + binary + ": file 'fake.password' is not UTF-8 text",
            "--conf "
                + large
                + ": file 'fake.password' is larger than 1 MiB, which is no secret's value",
            "environment: no setting for variable 'BIE_FAKE_PROT'; did you mean 'BIE_FAKE_PORT'?;"
                + " see docs/configuration.md",
            typo
                + ": unknown key 'fake.hots'; did you mean 'fake.host'? known: fake.host,"
                + " fake.port, fake.password, fake.types, fake.topics",
            typo + ": 'fake.port' has value '11': expected 1 to 10");
  }

  @Test
  void anUnknownSecretFileIsRefusedWithoutItsContent() throws IOException {
    Path secrets = secrets("secrets");
    Files.writeString(secrets.resolve("fake.pasword"), "topsecret");
    assertThat(problems(Map.of(), secrets))
        .singleElement()
        .asString()
        .contains("did you mean 'fake.password'?")
        .doesNotContain("topsecret");
  }

  @Test
  void anUnknownVariableThatNothingIsNearToIsRefusedToo() {
    assertThat(problems(Map.of("BIE_NONSENSE_THAT_NOBODY_KNOWS", "topsecret")))
        .containsExactly(
            "environment: no setting for variable 'BIE_NONSENSE_THAT_NOBODY_KNOWS'; see"
                + " docs/configuration.md");
  }

  @Test
  void whatKubernetesAddsForAServiceIsNoSetting() {
    Map<String, String> links =
        Map.of(
            "BIE_RELAY_SERVICE_HOST", "10.0.0.1",
            "BIE_RELAY_SERVICE_PORT", "80",
            "BIE_RELAY_SERVICE_PORT_HTTP", "80",
            "BIE_RELAY_PORT", "tcp://10.0.0.1:80",
            "BIE_RELAY_PORT_80_TCP", "tcp://10.0.0.1:80",
            "BIE_RELAY_PORT_80_TCP_PROTO", "tcp",
            "BIE_RELAY_PORT_80_TCP_ADDR", "10.0.0.1",
            // Of a service that is called bie-fake: the name is a setting's, the value no port.
            "BIE_FAKE_PORT", "tcp://10.0.0.1:80");
    assertThat(value(read(links), FakeModule.PORT)).isEqualTo(1);
    assertThat(value(read(Map.of("BIE_FAKE_PORT", "4")), FakeModule.PORT)).isEqualTo(4);
    assertThat(problems(Map.of("BIE_FAKE_PORT", "x")))
        .containsExactly("environment: 'fake.port' has value 'x': expected a whole number");
  }
}
