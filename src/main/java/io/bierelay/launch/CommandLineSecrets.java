package io.bierelay.launch;

import io.bierelay.settings.EffectiveSettings;
import io.bierelay.settings.Setting;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds secrets in this process's command line, which everybody on the machine can read: those that
 * a library takes from a system property, those that somebody believes to be settings, and any
 * secret setting's value.
 */
public final class CommandLineSecrets {

  /** An option of the JVM or of ours, with its value. */
  private static final Pattern OPTION = Pattern.compile("(-D|--?)?([\\w.-]+)=(.+)", Pattern.DOTALL);

  /** How libraries call a secret; a file with one may be named. */
  private static final Pattern SECRET =
      Pattern.compile(".*(password|passwd|passphrase|secret|token|jaas\\.?config).*");

  private static final Pattern FILE = Pattern.compile(".*(file|location|path|url|class|provider)");

  /** Less is part of some word by chance. */
  private static final int SHORTEST = 6;

  private CommandLineSecrets() {}

  /** This process's arguments, and what the JVM was told besides, as by JAVA_TOOL_OPTIONS. */
  static List<String> own() {
    Set<String> all = new LinkedHashSet<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
    ProcessHandle.current().info().arguments().map(List::of).ifPresent(all::addAll);
    return List.copyOf(all);
  }

  /** One line for each secret, without its value, with the remedy. */
  static List<String> warnings(List<String> arguments, EffectiveSettings effective) {
    Map<Setting<?>, String> secrets = effective.secrets();
    Set<String> warnings = new LinkedHashSet<>();
    for (String argument : arguments) {
      List<String> found = new ArrayList<>();
      nameOf(argument).ifPresent(found::add);
      secrets.forEach(
          (setting, value) -> {
            if (value.length() >= SHORTEST && argument.contains(value)) {
              found.add(setting.key());
            }
          });
      found.forEach(
          name ->
              warnings.add(
                  ("a secret ('%s') stands in the command line, where everybody on this machine can"
                          + " read it; give it as a file in a directory (--conf <directory>), and"
                          + " replace it by another")
                      .formatted(name)));
    }
    return List.copyOf(warnings);
  }

  /**
   * The same argument, fit for messages: without what may be a secret's value.
   *
   * @param before the argument before it, whose value it may be; empty for none
   */
  public static String masked(String before, String argument) {
    boolean value = before.startsWith("-") && nameOf(before + "=x").isPresent();
    Matcher option = OPTION.matcher(argument);
    if (value && !before.contains("=") && !argument.startsWith("-")) {
      return EffectiveSettings.MASK;
    }
    return nameOf(argument).isPresent() && option.matches()
        ? argument.substring(0, option.start(3)) + EffectiveSettings.MASK
        : argument;
  }

  /** The name of an option that has a secret's value. */
  private static Optional<String> nameOf(String argument) {
    Matcher option = OPTION.matcher(argument);
    if (!option.matches()) {
      return Optional.empty();
    }
    String name = option.group(2);
    String plain = name.toLowerCase(Locale.ROOT).replace('_', '.');
    return SECRET.matcher(plain).matches() && !FILE.matcher(plain).matches()
        ? Optional.of(name)
        : Optional.empty();
  }
}
