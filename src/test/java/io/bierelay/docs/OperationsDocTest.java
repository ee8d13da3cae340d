package io.bierelay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.Main;
import io.bierelay.docs.Declarations.DeclaredMetric;
import io.bierelay.metrics.Metric;
import io.bierelay.metrics.Metric.Kind;
import io.bierelay.settings.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;

/**
 * What {@code docs/operations.md} and {@code docs/upgrading.md} name exists: settings, metrics,
 * alerts, paths and methods of the admin API, commands and their options, scripts, tables,
 * headings.
 */
class OperationsDocTest {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "."));
  private static final List<String> SUFFIXES = List.of("_bucket", "_count", "_sum", "_max");

  /** Of Kafka and RabbitMQ; all other dotted names have to be ours. */
  private static final Set<String> OF_OTHERS =
      Set.of("fetch.max.bytes", "min.insync.replicas", "offsets.retention.minutes", "client.id");

  private static String page(String name) {
    return read(PROJECT.resolve("docs").resolve(name));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> found(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(result -> result.groupCount() == 0 ? result.group() : result.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What stands between backticks within lines. */
  private static Set<String> spans(String text) {
    return found(text.replaceAll("(?ms)^ *```.*?^ *```", ""), "`([^`\n]+)`");
  }

  @ParameterizedTest
  @ValueSource(strings = {"operations.md", "upgrading.md"})
  void everyMetricExists(String name) {
    Set<String> known = new LinkedHashSet<>();
    for (DeclaredMetric one : Declarations.metrics()) {
      Metric metric = one.metric();
      known.add(metric.prometheusName());
      if (metric.kind() == Kind.TIMER) {
        SUFFIXES.forEach(suffix -> known.add(metric.prometheusName() + suffix));
      }
    }
    assertThat(found(page(name), "\\bbie_(?!event|schema)[a-z_]*[a-z]\\b(?!\\*)"))
        .allSatisfy(metric -> assertThat(known).as(name).contains(metric));
  }

  @ParameterizedTest
  @ValueSource(strings = {"operations.md", "upgrading.md"})
  void everySettingExists(String name) {
    Set<String> keys =
        Declarations.settings().stream()
            .map(one -> one.setting())
            .map(Setting::key)
            .collect(Collectors.toSet());
    Set<String> named = new TreeSet<>();
    for (String span : spans(page(name))) {
      // With its value behind it, or alone; "x.*" and "x.y.*" are groups.
      if (span.matches("[a-z]+(\\.[a-z0-9]+)*\\.([a-z0-9]+|\\*)(: \\S+)?")) {
        named.add(span.replaceAll(":.*", ""));
      }
    }
    named.removeAll(OF_OTHERS);
    named.removeIf(one -> one.matches("io\\.bierelay.*|.*\\.(md|json|yaml|sql|jar|p12|pem|xml)"));
    assertThat(named)
        .isNotEmpty()
        .allSatisfy(
            one ->
                assertThat(keys)
                    .as(name)
                    .anyMatch(
                        key ->
                            one.endsWith(".*")
                                ? key.startsWith(one.substring(0, one.length() - 1))
                                : key.equals(one)));
  }

  @Test
  void everyAlertExistsAndEachHasItsHeading() {
    Set<String> known =
        found(read(PROJECT.resolve("docs/alerts/bie-relay.rules.yaml")), "alert: (\\S+)");
    String page = page("operations.md");
    assertThat(found(page, "\\bBieRelay[A-Za-z]+")).isEqualTo(known);
    assertThat(found(page, "(?m)^### (BieRelay\\S+)$")).isEqualTo(known);
  }

  @ParameterizedTest
  @ValueSource(strings = {"operations.md", "upgrading.md"})
  void everyPathOfTheAdminApiExistsWithItsMethod(String name) {
    Map<String, Map<String, Object>> paths =
        new Yaml()
            .<Map<String, Map<String, Map<String, Object>>>>load(
                read(PROJECT.resolve("src/main/resources/admin/openapi.yaml")))
            .get("paths");
    assertThat(found(page(name), "(?<![\\w.-])(/(?:api|health)/[a-z/-]*[a-z])"))
        .isNotEmpty()
        .allSatisfy(path -> assertThat(paths).as(name).containsKey(path));
    found(page(name), "\\b((?:GET|POST|PUT|DELETE) /[a-z./-]*[a-z])")
        .forEach(
            request -> {
              String[] parts = request.split(" ", 2);
              assertThat(paths).as(request).containsKey(parts[1]);
              assertThat(paths.get(parts[1]))
                  .as(request)
                  .containsKey(parts[0].toLowerCase(Locale.ROOT));
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"operations.md", "upgrading.md"})
  void everyCommandTakesTheOptionsThatItIsGiven(String name) {
    CommandLine main = new CommandLine(new Main());
    List<String> lines =
        page(name).lines().filter(line -> line.contains("bie-relay.jar ")).toList();
    assertThat(lines).isNotEmpty();
    for (String line : lines) {
      for (String call : found(line, "bie-relay\\.jar ([^`|&]*)")) {
        List<String> words = Arrays.asList(call.strip().split("\\s+"));
        CommandLine command =
            words.stream()
                .map(word -> main.getSubcommands().get(word))
                .filter(found -> found != null)
                .findFirst()
                .orElse(main);
        List<String> options = new ArrayList<>();
        Stream.of(main, command)
            .flatMap(one -> one.getCommandSpec().options().stream())
            .forEach(option -> options.addAll(List.of(option.names())));
        assertThat(words)
            .filteredOn(word -> word.startsWith("--"))
            .as(line)
            .allSatisfy(word -> assertThat(options).contains(word));
        if (!words.get(0).startsWith("-")) {
          assertThat(main.getSubcommands()).as(line).containsKey(words.get(0));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"operations.md", "upgrading.md"})
  void everyScriptAndTableExists(String name) {
    assertThat(found(page(name), "(?<![\\w/])(?:\\./)?((?:dev|bench)/[a-z-]+)\\b(?!/)"))
        .allSatisfy(script -> assertThat(PROJECT.resolve(script)).as(name).exists());
    String tables =
        read(PROJECT.resolve("src/main/resources/db/migration/V1__events.sql"))
            + read(PROJECT.resolve("src/main/resources/db/migration/V2__dead_letter_actions.sql"));
    assertThat(found(page(name), "(?:FROM |table `)([a-z_]+)"))
        .allSatisfy(table -> assertThat(tables).contains("CREATE TABLE " + table));
  }

  @ParameterizedTest
  @ValueSource(strings = {"operations.md", "upgrading.md"})
  void everyLinkLeadsToAFileAndItsHeading(String name) {
    for (String link : found(page(name), "\\]\\(([^)\\s]+)\\)")) {
      if (link.startsWith("http")) {
        continue;
      }
      String[] parts = link.split("#", 2);
      Path file =
          parts[0].isEmpty()
              ? PROJECT.resolve("docs").resolve(name)
              : PROJECT.resolve("docs").resolve(parts[0]);
      assertThat(file).as("%s: %s", name, link).exists();
      if (parts.length == 2) {
        assertThat(anchors(read(file))).as("%s: %s", name, link).contains(parts[1]);
      }
    }
  }

  /** As GitHub makes them of headings. */
  private static Set<String> anchors(String text) {
    return text.lines()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }
}
