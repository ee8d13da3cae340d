package io.bierelay.command;

import io.bierelay.launch.LaunchRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say what runs and with which settings, for every command that needs them. */
public final class LaunchOptions {

  /** Nothing in it has a meaning for picocli, or for a shell that did not do its work. */
  private static final Pattern PLAIN = Pattern.compile("[\\w./][\\w./,:+=-]*");

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      split = ",",
      description =
          "What to run, as verticles.json names it; several with commas. Required, but for the"
              + " commands status and credential.")
  private List<String> roles = new ArrayList<>();

  @Option(
      names = "--env",
      paramLabel = "NAME",
      description = {
        "Begin with the settings of an environment that are in the JAR: local, dev, qa, sandbox or"
            + " preprod. All that --conf and the environment's variables say is stronger."
      })
  private @Nullable String place;

  @Option(
      names = "--conf",
      paramLabel = "FILE|DIR",
      description = {
        "Settings: a YAML or JSON file, or a directory of secret files, one per setting. May be"
            + " given several times; later ones win, directories win over files, and the"
            + " environment (BIE_...) wins over all."
      })
  private List<Path> conf = new ArrayList<>();

  @Option(
      names = "--verticles",
      paramLabel = "FILE",
      description = "Another verticles.json than the one in the JAR.")
  private @Nullable Path verticles;

  @Option(
      names = "--cluster",
      description =
          "Share the event bus with other processes, so that verticles of one role may run in"
              + " several; see cluster.members and cluster.kubernetes.service.")
  private boolean cluster;

  /** Made by picocli's caller. */
  public LaunchOptions() {}

  /**
   * Reads a command line of these options alone, as every pod has it, without picocli: its classes
   * have the format of Java 5, which no archive of class data takes, so a tenth of the CPU time up
   * to the first event went into loading and verifying them.
   *
   * @return null where anything at all is unusual, a value missing, a role left out: then picocli
   *     reads it, and says what is wrong with it
   */
  public static @Nullable LaunchOptions plainly(String[] arguments) {
    LaunchOptions options = new LaunchOptions();
    for (int i = 0; i < arguments.length; i++) {
      String name = arguments[i];
      if (name.equals("--cluster") && !options.cluster) {
        options.cluster = true;
        continue;
      }
      String value = ++i < arguments.length ? arguments[i] : "";
      if (!PLAIN.matcher(value).matches() || !options.take(name, value)) {
        return null;
      }
    }
    return options.roles.isEmpty() ? null : options;
  }

  /** Whether it is one of these, and the first of those that may be given once. */
  private boolean take(String name, String value) {
    switch (name) {
      case "--role" -> roles.addAll(List.of(value.split(",", -1)));
      case "--conf" -> conf.add(Path.of(value));
      case "--env" -> {
        boolean first = place == null;
        place = value;
        return first;
      }
      case "--verticles" -> {
        boolean first = verticles == null;
        verticles = Path.of(value);
        return first;
      }
      default -> {
        return false;
      }
    }
    return !roles.contains("");
  }

  /**
   * What they ask for.
   *
   * @param command whose usage is shown where a role is missing; null if they were read plainly
   */
  public LaunchRequest request(@Nullable CommandSpec command) {
    if (roles.isEmpty() && command != null) {
      throw new ParameterException(command.commandLine(), "Missing required option: '--role=ROLE'");
    }
    return new LaunchRequest(
        roles,
        conf,
        Optional.ofNullable(verticles),
        System.getenv(),
        Optional.ofNullable(place),
        cluster);
  }

  /** These, and where they say nothing what was given before the command's name. */
  public LaunchOptions over(LaunchOptions before) {
    LaunchOptions both = new LaunchOptions();
    both.roles = roles.isEmpty() ? before.roles : roles;
    both.place = place == null ? before.place : place;
    both.cluster = cluster || before.cluster;
    both.conf.addAll(before.conf);
    both.conf.addAll(conf);
    both.verticles = verticles == null ? before.verticles : verticles;
    return both;
  }

  /** These, over what was given before the command's name. */
  LaunchOptions overParents(CommandSpec command) {
    CommandSpec parent = command.parent();
    CommandSpec before = parent == null ? null : parent.mixins().get("launch");
    return before != null && before.userObject() instanceof LaunchOptions given
        ? over(given)
        : this;
  }
}
