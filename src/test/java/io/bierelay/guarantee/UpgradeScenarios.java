package io.bierelay.guarantee;

import java.nio.file.Path;
import java.util.List;

/** From another version to this one, which {@code dev/test-upgrade} names. */
final class UpgradeScenarios {

  /** The other version's JAR; without it there is nothing to play. */
  private static final String OTHER = System.getProperty("guarantee.upgrade.from", "");

  private UpgradeScenarios() {}

  static List<Scenario> all() {
    return OTHER.isEmpty()
        ? List.of()
        : List.of(
            Scenario.named("rolling upgrade of three instances")
                .instances(3)
                .beginningWith(Path.of(OTHER))
                .expecting(Guarantees.noDuplicates())
                .playing(UpgradeScenarios::upgrade),
            Scenario.named("rollback of three instances")
                .instances(3)
                .expecting(Guarantees.noDuplicates())
                .playing(UpgradeScenarios::rollBack));
  }

  private static void upgrade(ScenarioRun run) {
    for (Member old : run.fleet().live()) {
      run.fleet().terminate(old);
      run.fleet().start();
      run.fleet().awaitAssigned(run.topics().all());
    }
  }

  private static void rollBack(ScenarioRun run) {
    for (Member current : run.fleet().live()) {
      run.fleet().terminate(current);
      run.fleet().launch(Path.of(OTHER)).process().awaitReady();
      run.fleet().awaitAssigned(run.topics().all());
    }
  }
}
