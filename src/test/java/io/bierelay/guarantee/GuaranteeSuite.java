package io.bierelay.guarantee;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Nothing lost, order kept, whatever fails: every scenario that is selected, one after the other.
 *
 * <p>{@code ./mvnw verify -Pguarantee}; see {@code docs/guarantees.md}.
 */
class GuaranteeSuite {

  private static final Path TARGET = Path.of("target");
  private static final Duration RECOVERY = Duration.ofSeconds(5);

  private static final long SEED = Long.getLong("guarantee.seed", System.nanoTime() & 0xFFFFFF);
  private static final ResultTable TABLE = new ResultTable(SEED);
  private static GuaranteeServers servers;
  private static ScenarioRunner runner;

  @BeforeAll
  static void start() {
    System.out.printf("guarantee: seed %d, repeat with -Dguarantee.seed=%d%n", SEED, SEED);
    servers = new GuaranteeServers();
    runner = new ScenarioRunner(servers, TARGET.resolve("guarantee"), SEED, System.out);
  }

  @AfterAll
  static void end() {
    try {
      runner.keepBrokerLog();
    } finally {
      servers.close();
    }
    TABLE.write(TARGET);
    System.out.printf("%n%s%n", TABLE.text());
  }

  @TestFactory
  Stream<DynamicTest> scenarios() {
    List<Scenario> chosen = Scenarios.chosen(System.getProperty("guarantee", "ci"));
    return Stream.concat(
        chosen.stream().map(one -> DynamicTest.dynamicTest(one.name(), () -> play(one))),
        Stream.of(DynamicTest.dynamicTest("recovery", GuaranteeSuite::recoversSoon)));
  }

  private static void play(Scenario scenario) {
    Outcome outcome = runner.play(scenario);
    TABLE.add(outcome);
    if (!outcome.passed()) {
      fail("seed %d: %s".formatted(SEED, String.join("; ", outcome.problems())));
    }
  }

  private static void recoversSoon() {
    TABLE
        .medianRecovery()
        .ifPresent(m -> assertThat(m).as("median recovery").isLessThanOrEqualTo(RECOVERY));
  }
}
