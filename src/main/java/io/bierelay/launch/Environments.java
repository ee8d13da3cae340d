package io.bierelay.launch;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.SettingsLayer;
import io.bierelay.settings.Suggestion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The files of settings that are in the JAR, one for each environment of the specification. */
public final class Environments {

  /** Their names, as {@code --env} takes them. */
  public static final List<String> NAMES = List.of("local", "dev", "qa", "sandbox", "preprod");

  private Environments() {}

  /**
   * What the file of that name says.
   *
   * @throws ConfigurationException if there is none
   */
  static SettingsLayer layer(String name) {
    if (!NAMES.contains(name)) {
      throw new ConfigurationException(
          "--env %s: no such environment; %s".formatted(name, Suggestion.describe(name, NAMES)));
    }
    try (InputStream in = Environments.class.getResourceAsStream("/conf/" + name + ".yaml")) {
      if (in == null) {
        throw new ConfigurationException(
            "this JAR has no conf/%s.yaml; give the file with --conf".formatted(name));
      }
      return new SettingsLayer(
          "--env " + name,
          YamlProcessor.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException("can't read conf/" + name + ".yaml in this JAR", e);
    }
  }
}
