package io.bierelay.launch;

import io.bierelay.settings.FormerVariable;
import io.bierelay.settings.SettingsLayer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the variables of services that this one replaces, and says by which name each goes now.
 *
 * <p>Only those of the verticles that run: such names are as general as {@code ENVIRONMENT}, which
 * means nothing to another role.
 */
final class FormerVariables {

  private static final Logger LOG = LoggerFactory.getLogger(FormerVariables.class);

  private FormerVariables() {}

  /** One layer for each that is set, so that a wrong value is told with the variable's name. */
  static List<SettingsLayer> layers(List<VerticleModule> modules, Map<String, String> environment) {
    List<SettingsLayer> layers = new ArrayList<>();
    for (FormerVariable former : declared(modules)) {
      String value = environment.get(former.name());
      if (value == null || value.isBlank()) {
        continue;
      }
      LOG.warn(
          "environment variable '{}' is an old name: use the key '{}', or variable '{}'",
          former.name(),
          former.setting().key(),
          former.setting().environmentVariable());
      layers.add(
          new SettingsLayer(
              "environment variable '%s'".formatted(former.name()),
              new JsonObject()
                  .put(
                      former.setting().key(), former.convert().apply(value.strip(), environment))));
    }
    return layers;
  }

  private static Set<FormerVariable> declared(List<VerticleModule> modules) {
    Set<FormerVariable> all = new LinkedHashSet<>();
    modules.forEach(module -> all.addAll(module.formerVariables()));
    return all;
  }
}
