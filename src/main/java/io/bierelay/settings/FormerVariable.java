package io.bierelay.settings;

import java.util.Map;
import java.util.function.BiFunction;

/**
 * An environment variable of a service that this one replaces, which goes on to set a value here.
 *
 * <p>It is stronger than defaults and weaker than everything that is said by a new name, so that an
 * environment can be moved over step by step. Immutable.
 *
 * @param name the variable's name, exactly as it was
 * @param setting what it sets here
 * @param convert from its value, with all variables at hand, to one that the setting can parse
 */
public record FormerVariable(
    String name, Setting<?> setting, BiFunction<String, Map<String, String>, Object> convert) {

  /** One whose value needs no change. */
  public static FormerVariable of(String name, Setting<?> setting) {
    return new FormerVariable(name, setting, (value, all) -> value);
  }
}
