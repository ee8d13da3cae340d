package io.bierelay.command;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.bierelay.check.CheckRun;
import io.bierelay.launch.LaunchChecks;
import io.bierelay.launch.LaunchPlan;
import io.bierelay.launch.LaunchRequest;
import io.bierelay.launch.Launcher;
import io.bierelay.launch.Modules;
import io.bierelay.launch.UnknownRoleException;
import io.bierelay.settings.ConfigurationException;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says for each server of a role, step by step, whether the role could use it, and why not. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Tries each server that the roles need, step by step: name, TCP, TLS, login, permissions,"
          + " versions, clocks. Says of each failure what is likely wrong and what to do.",
      "It changes nothing: it joins no group, commits no offset, and makes no exchange, queue or"
          + " table. It takes ten seconds at most.",
      ""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the roles could work",
      "1:something failed, or could not be tried",
      "2:the command line is wrong",
      "3:the configuration is wrong: every problem is listed"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  java -jar bie-relay.jar check --role svc-bie-kafka --env qa --conf secrets/",
      "  java -jar bie-relay.jar check --role svc-bie-kafka,workflow --conf relay.yaml --json",
      "  java -jar bie-relay.jar check --role svc-bie-kafka --conf relay.yaml --read 3"
    })
public final class CheckCommand implements Callable<Integer> {

  private static final int PASSED = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int CONFIGURATION = 3;
  private static final int MOST_EVENTS = 100;

  @Spec private @Nullable CommandSpec spec;

  @Mixin(name = "launch")
  private LaunchOptions launch = new LaunchOptions();

  @Option(names = "--json", description = "One JSON object in place of the table.")
  private boolean json;

  @Option(
      names = "--read",
      paramLabel = "N",
      defaultValue = "0",
      description = "Shows the newest N events, up to 100: where, when, how large, which schema.")
  private int read;

  @Option(
      names = "--show-values",
      description = "With --read: the values as well. They may hold personal data.")
  private boolean showValues;

  /** Called by picocli. */
  public CheckCommand() {}

  @Override
  public Integer call() {
    CommandSpec command = spec;
    if (command == null) {
      throw new IllegalStateException("not run by picocli");
    }
    if (read < 0 || read > MOST_EVENTS || (showValues && read == 0)) {
      throw new ParameterException(
          command.commandLine(),
          showValues ? "--show-values goes with --read" : "--read takes 0 to 100");
    }
    // What clients log of failures is said once, in better words, by the steps.
    if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
      root.getLoggerContext().getLoggerList().forEach(logger -> logger.setLevel(Level.OFF));
    }
    LaunchRequest request = launch.overParents(command).request(command);
    Vertx vertx = Launcher.newVertx();
    try {
      return show(request, LaunchChecks.run(vertx, plan(vertx, request), read, showValues));
    } catch (UnknownRoleException e) {
      command.commandLine().getErr().println("bie-relay: " + e.getMessage());
      return USAGE;
    } catch (ConfigurationException e) {
      PrintWriter err = command.commandLine().getErr();
      err.println("bie-relay: the configuration is wrong:");
      e.problems().forEach(problem -> err.println("  - " + problem));
      return CONFIGURATION;
    } finally {
      close(vertx);
    }
  }

  private int show(LaunchRequest request, CheckRun.Report report) {
    // Whatever the terminal is said to take: the signs are part of what is promised.
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    if (json) {
      out.println(CheckTable.json(request.roles(), report).encode());
    } else {
      if (showValues) {
        out.println("The values below may hold personal data: don't keep or pass on this output.");
      }
      CheckTable.lines(report).forEach(out::println);
    }
    return report.passed() ? PASSED : FAILED;
  }

  private static LaunchPlan plan(Vertx vertx, LaunchRequest request) {
    try {
      return LaunchPlan.make(vertx, request, Modules.onClassPath())
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** The process ends anyway; a client that still waits for a server must not hold it up. */
  private static void close(Vertx vertx) {
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(500, TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
