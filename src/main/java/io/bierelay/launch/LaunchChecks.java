package io.bierelay.launch;

import io.bierelay.check.CheckRequest;
import io.bierelay.check.CheckRun;
import io.bierelay.check.Problem;
import io.bierelay.check.ServerCheck;
import io.bierelay.check.Steps;
import io.bierelay.settings.Setting;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tries all servers that a plan's verticles would use, each as its verticle would. */
public final class LaunchChecks {

  /** For all servers together: with the JVM's own start it stays below ten seconds. */
  public static final Duration LIMIT = Duration.ofSeconds(8);

  private LaunchChecks() {}

  /**
   * Runs them; blocks for at most {@link #LIMIT} and a little.
   *
   * @param read how many events to show
   * @param showValues with their values
   */
  public static CheckRun.Report run(Vertx vertx, LaunchPlan plan, int read, boolean showValues) {
    List<ServerCheck> checks = new ArrayList<>();
    for (Roster.Entry entry : plan.entries()) {
      VerticleModule module = entry.module();
      List<ServerCheck> own =
          module.checks(
              new CheckRequest(
                  vertx, plan.effective().settings(module.settings()), read, showValues));
      own.forEach(one -> add(one, checks));
      if (own.isEmpty() && module.stage() != Stage.ADMIN) {
        checks.add(new Unchecked(module.name()));
      }
    }
    return CheckRun.of(checks, LIMIT).without(secrets(plan));
  }

  /** A server that several verticles use is tried once. */
  private static void add(ServerCheck one, List<ServerCheck> checks) {
    for (int i = 0; i < checks.size(); i++) {
      Optional<ServerCheck> both = checks.get(i).and(one);
      if (both.isPresent()) {
        checks.set(i, both.get());
        return;
      }
    }
    checks.add(one);
  }

  /** Says what was not looked at, so that nobody takes silence for consent. */
  private record Unchecked(String server) implements ServerCheck {

    @Override
    public void run(Steps steps) {
      steps.noted(
          "check",
          "",
          "what this verticle uses was not tried: there is no check for it",
          "see its status after the start");
    }

    @Override
    public Problem explain(Throwable failure) {
      return new Problem(String.valueOf(failure.getMessage()), "");
    }
  }

  private static List<String> secrets(LaunchPlan plan) {
    JsonObject values = plan.effective().configuration(plan.inUse());
    return plan.inUse().stream()
        .filter(Setting::isSecret)
        .flatMap(setting -> Optional.ofNullable(values.getValue(setting.key())).stream())
        .map(String::valueOf)
        .toList();
  }
}
