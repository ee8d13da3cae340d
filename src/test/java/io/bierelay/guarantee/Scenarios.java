package io.bierelay.guarantee;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All scenarios, and which of them are chosen. */
final class Scenarios {

  private Scenarios() {}

  static List<Scenario> all() {
    return Stream.of(
            InstanceScenarios.all(),
            RabbitScenarios.all(),
            KafkaScenarios.all(),
            DataScenarios.all(),
            ClusterScenarios.all(),
            UpgradeScenarios.all())
        .flatMap(List::stream)
        .toList();
  }

  /**
   * Those that are meant.
   *
   * @param selection {@code all}, {@code ci} for the shorter selection, or names separated by
   *     commas, with dashes for spaces; the beginning of a name is enough
   */
  static List<Scenario> chosen(String selection) {
    return switch (selection) {
      case "all", "", "true" -> all();
      case "ci" -> all().stream().filter(Scenario::isBrief).toList();
      default -> Arrays.stream(selection.split(",")).flatMap(Scenarios::named).toList();
    };
  }

  private static Stream<Scenario> named(String beginning) {
    List<Scenario> found =
        all().stream().filter(one -> key(one.name()).startsWith(key(beginning))).toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "no scenario is called '%s'; there are: %s"
              .formatted(
                  beginning,
                  all().stream().map(one -> key(one.name())).collect(Collectors.joining(", "))));
    }
    return found.stream();
  }

  private static String key(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
  }
}
