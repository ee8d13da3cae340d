package io.bierelay.command;

import io.bierelay.launch.LaunchPlan;
import io.bierelay.launch.LaunchRequest;
import io.bierelay.launch.Launcher;
import io.bierelay.launch.Modules;
import io.bierelay.launch.Roster;
import io.bierelay.launch.UnknownRoleException;
import io.bierelay.launch.VerticleModule;
import io.bierelay.settings.ConfigurationException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Creates and updates what the roles keep in servers, and ends: for a job before a rollout. */
@Command(
    name = "migrate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Creates and updates the tables of the roles, once, and ends: for those who give the tables'"
          + " owner (postgres.migration.username) to a job, and not to the role, whose"
          + " postgres.migrate is then false.",
      "It may be run as often as one likes, and while the roles run.",
      ""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the tables are up to date",
      "1:they are not, for the reason that it prints; it may be tried again",
      "2:the command line is wrong, or the roles keep nothing",
      "3:the configuration is wrong: every problem is listed"
    },
    footerHeading = "%nExample:%n",
    footer = {"  java -jar bie-relay.jar migrate --role workflow --env qa --conf owner/"})
public final class MigrateCommand implements Callable<Integer> {

  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int CONFIGURATION = 3;

  @Spec private @Nullable CommandSpec spec;

  @Mixin(name = "launch")
  private LaunchOptions launch = new LaunchOptions();

  /** Called by picocli. */
  public MigrateCommand() {}

  @Override
  public Integer call() {
    CommandSpec command = spec;
    if (command == null) {
      throw new IllegalStateException("not run by picocli");
    }
    PrintWriter err = command.commandLine().getErr();
    LaunchRequest request = launch.overParents(command).request(command);
    Vertx vertx = Launcher.newVertx();
    try {
      LaunchPlan plan = await(LaunchPlan.make(vertx, request, Modules.onClassPath()));
      return prepare(vertx, plan, command.commandLine().getOut(), err);
    } catch (UnknownRoleException e) {
      err.println("bie-relay: " + e.getMessage());
      return USAGE;
    } catch (ConfigurationException e) {
      err.println("bie-relay: the configuration is wrong:");
      e.problems().forEach(problem -> err.println("  - " + problem));
      return CONFIGURATION;
    } catch (IllegalStateException e) {
      err.println("bie-relay: " + e.getMessage());
      return FAILED;
    } finally {
      await(vertx.close());
    }
  }

  private static int prepare(Vertx vertx, LaunchPlan plan, PrintWriter out, PrintWriter err) {
    Map<String, VerticleModule> modules = new LinkedHashMap<>();
    for (Roster.Entry entry : plan.entries()) {
      modules.putIfAbsent(entry.module().name(), entry.module());
    }
    boolean any = false;
    for (VerticleModule module : modules.values()) {
      Optional<String> done =
          await(module.prepare(vertx, plan.effective().settings(module.settings())));
      done.ifPresent(out::println);
      any |= done.isPresent();
    }
    if (!any) {
      err.println(
          "bie-relay: %s keep nothing that could be migrated; did you mean --role workflow?"
              .formatted(plan.request().roles()));
      return USAGE;
    }
    out.flush();
    return DONE;
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
