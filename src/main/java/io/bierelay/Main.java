package io.bierelay;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bierelay.command.CheckCommand;
import io.bierelay.command.CredentialCommand;
import io.bierelay.command.LaunchOptions;
import io.bierelay.command.MigrateCommand;
import io.bierelay.command.StatusCommand;
import io.bierelay.launch.CommandLineSecrets;
import io.bierelay.launch.LaunchPlan;
import io.bierelay.launch.LaunchRequest;
import io.bierelay.launch.Launcher;
import io.bierelay.launch.Modules;
import io.bierelay.launch.StartException;
import io.bierelay.launch.UnknownRoleException;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.EffectiveSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line and its exit codes, nothing else. */
@Command(
    name = "bie-relay",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description = {
      "Relays contention events from Kafka to RabbitMQ (role svc-bie-kafka) and from there into"
          + " PostgreSQL (role workflow).",
      ""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:stopped cleanly, after SIGTERM or SIGINT",
      "1:stopped, but something did not end within its deadline",
      "2:the command line is wrong: unknown option or role",
      "3:the configuration is wrong: every problem is listed",
      "4:could not start: for example a port is taken"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  java -jar bie-relay.jar --role svc-bie-kafka --conf relay.yaml --conf secrets/",
      "  java -jar bie-relay.jar --role svc-bie-kafka,workflow --conf relay.yaml",
      "  java -jar bie-relay.jar --role workflow --conf relay.yaml config",
      "  java -jar bie-relay.jar check --role svc-bie-kafka --env qa --conf secrets/",
      "  java -jar bie-relay.jar migrate --role workflow --conf owner.yaml",
      "  java -jar bie-relay.jar status --group",
      "  java -jar bie-relay.jar credential --name dashboard --role viewer >> credentials"
    },
    subcommands = {
      CheckCommand.class,
      MigrateCommand.class,
      StatusCommand.class,
      CredentialCommand.class
    })
public final class Main implements Callable<Integer> {

  static final int OK = 0;
  static final int UNCLEAN = 1;
  static final int USAGE = 2;
  static final int CONFIGURATION = 3;
  static final int NOT_STARTED = 4;

  /**
   * Netty would make classes for events of its buffers while the process starts, which only
   * somebody who records them needs; whoever does sets it to true.
   */
  private static final String NETTY_EVENTS = "io.netty.jfr.enabled";

  @Spec private @Nullable CommandSpec spec;

  @Mixin(name = "launch")
  private LaunchOptions launch;

  /** With no options yet: picocli reads them. */
  public Main() {
    this(new LaunchOptions());
  }

  private Main(LaunchOptions launch) {
    this.launch = launch;
  }

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    System.setProperty(
        "vertx.logger-delegate-factory-class-name",
        "io.vertx.core.logging.SLF4JLogDelegateFactory");
    if (System.getProperty(NETTY_EVENTS) == null) {
      System.setProperty(NETTY_EVENTS, "false");
    }
    LaunchOptions plain = LaunchOptions.plainly(args);
    System.exit(plain == null ? parse(args) : codeOf(new Main(plain)));
  }

  /**
   * What picocli does with a fault that nothing expects: without an exit, the threads of Vert.x
   * would keep a process alive that does nothing.
   */
  static int codeOf(Callable<Integer> command) {
    try {
      return command.call();
    } catch (Exception e) {
      e.printStackTrace();
      return UNCLEAN;
    }
  }

  private static int parse(String[] args) {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Main::explainUsage)
        .execute(args);
  }

  /** Always with the usage, which picocli leaves out where it has a suggestion. */
  private static int explainUsage(ParameterException wrong, String[] args) {
    CommandLine command = wrong.getCommandLine();
    String message = String.valueOf(wrong.getMessage());
    String before = "";
    for (String argument : args) {
      // Somebody may take a secret for an option, and this goes into a log.
      message = message.replace(argument, CommandLineSecrets.masked(before, argument));
      before = argument;
    }
    command.getErr().println(message);
    CommandLine.UnmatchedArgumentException.printSuggestions(wrong, command.getErr());
    command.usage(command.getErr());
    return USAGE;
  }

  /** Runs roles until SIGTERM. */
  @Override
  public Integer call() {
    Launcher launcher = new Launcher(launch.request(spec));
    Thread hook = new Thread(() -> stopAndHalt(launcher), "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    int code = run(launcher);
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return code; // The JVM is going down: the hook ends the process with a code of its own.
    }
    return code;
  }

  private int run(Launcher launcher) {
    try {
      await(launcher.start());
    } catch (RuntimeException e) {
      try {
        boolean clean = await(launcher.stop());
        return launcher.stopRequested() ? clean ? OK : UNCLEAN : explain(e);
      } catch (ConfigurationException reason) {
        return explain(reason); // Found by a verticle while others were still starting.
      }
    }
    try {
      return await(launcher.ended()) ? OK : UNCLEAN;
    } catch (ConfigurationException e) {
      return explain(e);
    }
  }

  /**
   * On SIGTERM and SIGINT. Halts, because a JVM that only returns from its hooks ends with 143 or
   * 130 even though everything was stopped cleanly; this is the only hook that has work to do.
   */
  private static void stopAndHalt(Launcher launcher) {
    int code = UNCLEAN;
    try {
      code = await(launcher.stop()) ? OK : UNCLEAN;
    } catch (ConfigurationException e) {
      code = CONFIGURATION;
    } finally {
      Runtime.getRuntime().halt(code);
    }
  }

  @Command(
      name = "config",
      mixinStandardHelpOptions = true,
      description =
          "Prints the effective settings of the roles, each with its source; secrets are masked.")
  int config(@Mixin LaunchOptions own) {
    LaunchRequest request = own.over(launch).request(spec());
    Vertx vertx = Launcher.newVertx();
    try {
      LaunchPlan plan = await(LaunchPlan.make(vertx, request, Modules.onClassPath()));
      List<EffectiveSettings.Line> lines = plan.effective().lines(plan.inUse());
      int width = lines.stream().mapToInt(line -> line.key().length()).max().orElse(0);
      int values = lines.stream().mapToInt(line -> line.value().length()).max().orElse(0);
      String format = "%-" + width + "s  %-" + Math.max(1, Math.min(values, 60)) + "s  %s%n";
      lines.forEach(
          line ->
              spec()
                  .commandLine()
                  .getOut()
                  .printf(format, line.key(), line.value(), line.source()));
      return OK;
    } catch (RuntimeException e) {
      return explain(e);
    } finally {
      await(vertx.close());
    }
  }

  private CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }

  /** Says on standard error what to change, and returns the exit code. */
  private int explain(RuntimeException e) {
    var err = spec == null ? new PrintWriter(System.err, true, UTF_8) : spec.commandLine().getErr();
    if (e instanceof UnknownRoleException) {
      err.println("bie-relay: " + e.getMessage());
      return USAGE;
    }
    if (e instanceof ConfigurationException configuration) {
      err.println("bie-relay: the configuration is wrong:");
      configuration.problems().forEach(problem -> err.println("  - " + problem));
      return CONFIGURATION;
    }
    if (e instanceof StartException) {
      err.println("bie-relay: " + e.getMessage());
      return NOT_STARTED;
    }
    throw e;
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** The version as the JAR's manifest has it. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"bie-relay " + (version == null ? "(not packaged)" : version)};
    }
  }
}
