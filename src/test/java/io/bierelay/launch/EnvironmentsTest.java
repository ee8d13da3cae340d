package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Setting;
import io.bierelay.settings.SettingsCatalog;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That each environment's file says all that can be said of it in public, and names the rest. */
class EnvironmentsTest {

  static final List<String> ROLES = List.of("svc-bie-kafka", "workflow");

  private static final Path CONF =
      Path.of(System.getProperty("basedir", "."), "src", "main", "conf");

  /** A line of the leading comment that names a key. */
  private static final Pattern NAMED = Pattern.compile("# {3}([a-z]+(?:\\.[a-z]+)+)(?: .*)?");

  @TempDir Path scratch;

  /** As the command line would make it. */
  static LaunchPlan plan(List<String> roles, List<Path> conf, Map<String, String> environment) {
    return plan(new LaunchRequest(roles, conf, Optional.empty(), environment));
  }

  private static LaunchPlan plan(LaunchRequest request) {
    Vertx vertx = Vertx.vertx();
    try {
      return LaunchPlan.make(vertx, request, Modules.onClassPath())
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"local", "dev", "qa", "sandbox", "preprod"})
  void withWhatItNamesARoleCanStart(String name) throws Exception {
    Path file = CONF.resolve(name + ".yaml");
    List<String> named = named(file);
    JsonObject given = new JsonObject();
    named.forEach(key -> given.put(key, placeholder(key)));

    LaunchPlan plan = plan(ROLES, List.of(file, write(given)), Map.of());

    assertThat(plan.entries()).hasSize(4);
    assertThat(getClass().getResource("/conf/" + name + ".yaml")).as("in the JAR").isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"local", "dev", "qa", "sandbox", "preprod"})
  void itIsNotCompleteWithoutWhatItNames(String name) throws Exception {
    Path file = CONF.resolve(name + ".yaml");
    assertThatThrownBy(() -> plan(ROLES, List.of(file), Map.of()))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e ->
                assertThat(e.problems())
                    .allSatisfy(
                        problem -> assertThat(named(file)).anyMatch(key -> problem.contains(key))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"local", "dev", "qa", "sandbox", "preprod"})
  void itHoldsNothingSecret(String name) throws Exception {
    Path file = CONF.resolve(name + ".yaml");
    SettingsCatalog catalog = Modules.onClassPath().catalog();
    String body = body(file);
    assertThat(catalog.all())
        .filteredOn(Setting::isSecret)
        .map(Setting::key)
        .allSatisfy(key -> assertThat(body).doesNotContain(last(key) + ":"));
    assertThat(named(file))
        .allSatisfy(
            key -> assertThat(catalog.all()).as(key).anyMatch(each -> each.key().equals(key)));
  }

  /** As the command line would make it with {@code --env}. */
  private static LaunchPlan planOf(String place, List<Path> conf) {
    return plan(
        new LaunchRequest(ROLES, conf, Optional.empty(), Map.of(), Optional.of(place), false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"local", "dev", "qa", "sandbox", "preprod"})
  void itsNameAloneBringsIt(String name) throws Exception {
    Path file = CONF.resolve(name + ".yaml");
    JsonObject given = new JsonObject();
    named(file).forEach(key -> given.put(key, placeholder(key)));
    JsonObject byName = values(planOf(name, List.of(write(given))));
    assertThat(byName).isEqualTo(values(plan(ROLES, List.of(file, write(given)), Map.of())));
  }

  private static JsonObject values(LaunchPlan plan) {
    JsonObject values = plan.effective().configuration(plan.inUse());
    values.fieldNames().removeIf(key -> key.endsWith(".location"));
    return values;
  }

  @Test
  void whatIsGivenBesidesIsStronger() throws Exception {
    JsonObject given = new JsonObject();
    named(CONF.resolve("qa.yaml")).forEach(key -> given.put(key, placeholder(key)));
    given.put("kafka.topic.infix", "MINE");
    LaunchPlan plan = planOf("qa", List.of(write(given)));
    assertThat(values(plan).getString("kafka.topic.infix")).isEqualTo("MINE");
    assertThat(plan.effective().lines(plan.inUse()))
        .filteredOn(line -> line.key().equals("kafka.bootstrap.servers"))
        .singleElement()
        .satisfies(line -> assertThat(line.source()).isEqualTo("--env qa"));
  }

  @Test
  void anUnknownNameIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> planOf("qs", List.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("--env qs: no such environment")
        .hasMessageContaining("qa");
  }

  @Test
  void theyAreAllHere() throws Exception {
    assertThat(Environments.NAMES).containsExactly("local", "dev", "qa", "sandbox", "preprod");
    try (Stream<Path> files = Files.list(CONF)) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .containsExactlyInAnyOrder(
              "local.yaml", "dev.yaml", "qa.yaml", "sandbox.yaml", "preprod.yaml");
    }
  }

  private static List<String> named(Path file) {
    List<String> keys = new ArrayList<>();
    for (String line : read(file).lines().takeWhile(l -> l.startsWith("#")).toList()) {
      Matcher matcher = NAMED.matcher(line);
      if (matcher.matches()) {
        keys.add(matcher.group(1));
      }
    }
    return keys;
  }

  private static String body(Path file) {
    return String.join("\n", read(file).lines().filter(l -> !l.startsWith("#")).toList());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String last(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  /** A file's location must be one that can be read, and hold what it is for. */
  private String placeholder(String key) {
    if (!key.endsWith(".location")) {
      return "given";
    }
    SandboxAuthority authority = new SandboxAuthority("environments");
    Path file = scratch.resolve(key);
    return key.contains("truststore")
        ? authority.pkcs12(file, "given").toString()
        : authority.client("relay").pkcs12(file, "given").toString();
  }

  private Path write(JsonObject values) {
    try {
      return Files.writeString(Files.createTempFile(scratch, "given", ".json"), values.encode());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
