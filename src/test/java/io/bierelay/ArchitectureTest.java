package io.bierelay;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The house's plan: two floors, no arrow up, none sideways on the upper one.
 *
 * <p>Each rule is also shown to fail, on classes beside this one that break it.
 */
class ArchitectureTest {

  private static final String ROOT = "io.bierelay";
  private static final String FIXTURE = "io.bierelay.architecture.fixture";
  private static final int MAX_LINES = 370;

  private static final List<String> UPPER =
      List.of("ingest", "notify", "persist", "listener", "admin", "state");
  private static final List<String> LOWER =
      List.of(
          "event",
          "avro",
          "rabbit",
          "settings",
          "launch",
          "metrics",
          "status",
          "retry",
          "thread",
          "http",
          "kafka",
          "access",
          "tls",
          "check",
          "cluster",
          "statsd",
          "trace",
          "command");

  private static final String[] SERVERS_CLIENTS = {
    "org.apache.kafka..",
    "io.vertx.kafka..",
    "com.rabbitmq..",
    "io.vertx.rabbitmq..",
    "io.vertx.pgclient..",
    "io.vertx.sqlclient..",
    "org.postgresql..",
    "java.sql..",
    "software.amazon.awssdk..",
    "io.vertx.redis.."
  };

  private static final JavaClasses PRODUCTION =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);
  private static final JavaClasses BROKEN = new ClassFileImporter().importPackages(FIXTURE);

  /** The rules, each for the packages below a root. */
  enum Rule {
    VERTICLES_NEVER_IMPORT_EACH_OTHER(
        root ->
            slices()
                .matching(root + ".(" + String.join("|", UPPER) + ")..")
                .should()
                .notDependOnEachOther()
                .because("verticles meet on the event bus only, so each can be deployed alone")),

    THE_LOWER_FLOOR_NEVER_IMPORTS_THE_UPPER(
        root ->
            noClasses()
                .that()
                .resideInAnyPackage(packages(root, LOWER))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages(root, UPPER))),

    VERTICLES_ARE_KNOWN_BY_NAME_ONLY(
        root ->
            noClasses()
                .that()
                .resideInAPackage(root)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages(root, UPPER))
                .because("what is switched off must not be loaded")),

    EVENTS_KNOW_NO_SERVER(
        root ->
            noClasses()
                .that()
                .resideInAnyPackage(packages(root, List.of("event", "avro")))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SERVERS_CLIENTS)
                .because("what flows outlives the servers that it flows through")),

    NO_CYCLES(root -> slices().matching(root + ".(*)..").should().beFreeOfCycles()),

    NOTHING_SLEEPS(
        root ->
            noClasses()
                .that()
                .resideInAPackage(root + "..")
                .should()
                .callMethodWhere(describe("it sleeps", ArchitectureTest::sleeps))
                .because("a thread that sleeps answers nobody; use a timer")),

    NAMES_SAY_WHAT_A_CLASS_DOES(
        root ->
            noClasses()
                .that()
                .resideInAPackage(root + "..")
                .should()
                .haveNameMatching(".*(Manager|Helper|Utils?)(\\$.*)?")),

    PACKAGES_ARE_NULL_MARKED(
        root ->
            classes()
                .that()
                .resideInAPackage(root + ".*..")
                .should(be(describe("null-marked", ArchitectureTest::isNullMarked)))
                .because("NullAway looks at no other package"));

    private final Function<String, ArchRule> rule;

    Rule(Function<String, ArchRule> rule) {
      this.rule = rule;
    }

    ArchRule below(String root) {
      return rule.apply(root);
    }
  }

  private static String[] packages(String root, List<String> names) {
    return names.stream().map(name -> root + "." + name + "..").toArray(String[]::new);
  }

  private static boolean sleeps(JavaAccess<?> call) {
    return call.getName().equals("sleep")
        && (call.getTargetOwner().isAssignableTo(Thread.class)
            || call.getTargetOwner().isEquivalentTo(java.util.concurrent.TimeUnit.class));
  }

  private static boolean isNullMarked(JavaClass one) {
    return one.getPackage().isAnnotatedWith(NullMarked.class);
  }

  @ParameterizedTest
  @EnumSource
  void holds(Rule rule) {
    // The entry class may not be there yet; every other rule must find what it speaks of.
    boolean mayBeEmpty = rule == Rule.VERTICLES_ARE_KNOWN_BY_NAME_ONLY;
    rule.below(ROOT).allowEmptyShould(mayBeEmpty).check(PRODUCTION);
  }

  @ParameterizedTest
  @EnumSource
  void canFail(Rule rule) {
    assertThat(rule.below(FIXTURE).evaluate(BROKEN).hasViolation()).isTrue();
  }

  @Test
  void everyPackageHasAFloor() {
    List<String> placed = Stream.concat(UPPER.stream(), LOWER.stream()).toList();
    assertThat(PRODUCTION.stream().map(JavaClass::getPackageName))
        .filteredOn(name -> !name.equals(ROOT))
        .map(name -> name.substring(ROOT.length() + 1).replaceFirst("\\..*", ""))
        .isNotEmpty()
        .isSubsetOf(placed);
  }

  @Test
  void classesAreSmall() throws IOException {
    Path sources = Path.of(System.getProperty("basedir", "."), "src", "main", "java");
    try (Stream<Path> files = Files.walk(sources)) {
      List<Path> java = files.filter(file -> file.toString().endsWith(".java")).toList();
      assertThat(java)
          .isNotEmpty()
          .allSatisfy(
              file ->
                  assertThat(lines(file)).as("lines of %s", file).isLessThanOrEqualTo(MAX_LINES));
    }
  }

  private static long lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
