package io.bierelay.launch;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Suggestion;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * What {@code verticles.json} says: for each role its verticles, how many instances of each, and
 * options. Immutable, and valid: a file with a mistake makes no roster.
 */
public final class Roster {

  private static final List<String> TOP_KEYS = List.of("roles");
  private static final List<String> ENTRY_KEYS =
      List.of("verticle", "enabled", "instances", "options");
  private static final int MAX_INSTANCES = 64;

  private final String source;
  private final Map<String, List<Entry>> roles = new LinkedHashMap<>();

  private Roster(String source) {
    this.source = source;
  }

  /**
   * One verticle to deploy.
   *
   * @param instances 1 to 64
   * @param options values of the verticle's settings that are stronger than the defaults and weaker
   *     than everything else
   */
  public record Entry(VerticleModule module, int instances, JsonObject options) {}

  /**
   * Reads and checks.
   *
   * @param source the file's name for messages
   * @throws ConfigurationException with all problems at once
   */
  public static Roster parse(String source, String text, Modules modules) {
    JsonObject json;
    try {
      json = new JsonObject(text);
    } catch (DecodeException e) {
      throw new ConfigurationException(source + " is not valid JSON: " + firstLine(e));
    }
    Roster roster = new Roster(source);
    List<String> problems = new ArrayList<>();
    refuseUnknown(source, json, TOP_KEYS, problems);
    if (json.getValue("roles") instanceof JsonObject roles) {
      for (String role : roles.fieldNames()) {
        roster.addRole(role, roles.getValue(role), modules, problems);
      }
    } else {
      problems.add(source + ": 'roles' must be an object with one entry per role");
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return roster;
  }

  private static String firstLine(DecodeException e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse("");
  }

  private void addRole(String role, Object value, Modules modules, List<String> problems) {
    List<Entry> entries = new ArrayList<>();
    if (value instanceof JsonArray array) {
      for (Object item : array) {
        if (item instanceof JsonObject entry) {
          addEntry(role, entry, modules, entries, problems);
        } else {
          problems.add(
              "%s: role '%s': each entry must be an object with 'verticle'"
                  .formatted(source, role));
        }
      }
    } else {
      problems.add("%s: role '%s' must be a list of verticles".formatted(source, role));
    }
    roles.put(role, List.copyOf(entries));
  }

  private void addEntry(
      String role, JsonObject json, Modules modules, List<Entry> entries, List<String> problems) {
    String where = "%s: role '%s'".formatted(source, role);
    refuseUnknown(where, json, ENTRY_KEYS, problems);
    if (!(json.getValue("verticle") instanceof String name)) {
      problems.add(where + ": an entry has no 'verticle'; known: " + modules.names());
      return;
    }
    where += ": " + name;
    VerticleModule module = modules.find(name).orElse(null);
    if (module == null) {
      problems.add(
          "%s: no such verticle; %s".formatted(where, Suggestion.describe(name, modules.names())));
      return;
    }
    Object enabled = json.getValue("enabled", true);
    Object instances = json.getValue("instances", 1);
    Object options = json.getValue("options", new JsonObject());
    if (!(enabled instanceof Boolean on)) {
      problems.add(where + ": 'enabled' is '" + enabled + "', expected true or false");
    } else if (!(instances instanceof Integer count) || count < 1 || count > MAX_INSTANCES) {
      problems.add(
          "%s: 'instances' is '%s', expected 1 to %d".formatted(where, instances, MAX_INSTANCES));
    } else if (!(options instanceof JsonObject object)) {
      problems.add(where + ": 'options' must be an object of settings");
    } else {
      List<String> keys = module.settings().stream().map(Setting::key).toList();
      refuseUnknown(where + ": options", object, keys, problems);
      if (on) {
        entries.add(new Entry(module, count, object));
      }
    }
  }

  private static void refuseUnknown(
      String where, JsonObject json, Collection<String> known, List<String> problems) {
    for (String key : json.fieldNames()) {
      if (!known.contains(key)) {
        problems.add(
            "%s: unknown key '%s'; %s".formatted(where, key, Suggestion.describe(key, known)));
      }
    }
  }

  /** The names of all roles. */
  public Collection<String> roles() {
    return new TreeSet<>(roles.keySet());
  }

  /**
   * What to deploy for some roles, in the order of starting. A verticle that several roles list is
   * deployed once, with the larger number of instances.
   *
   * @throws UnknownRoleException if a role is not in the file
   * @throws ConfigurationException if nothing is left to deploy, or two roles disagree on an option
   */
  public List<Entry> select(Collection<String> wanted) {
    Map<String, Entry> selected = new LinkedHashMap<>();
    for (String role : wanted) {
      List<Entry> entries = roles.get(role);
      if (entries == null) {
        throw new UnknownRoleException(
            "unknown role '%s'; %s".formatted(role, Suggestion.describe(role, roles())));
      }
      if (entries.isEmpty()) {
        throw new ConfigurationException(
            "%s lists no verticle for role '%s': there is nothing to run".formatted(source, role));
      }
      for (Entry entry : entries) {
        selected.merge(entry.module().name(), entry, this::merge);
      }
    }
    refuseDisagreement(selected.values());
    return selected.values().stream()
        .sorted(Comparator.comparing(entry -> entry.module().stage()))
        .toList();
  }

  /** A setting has one value in a process: two verticles can't be given two of the same. */
  private void refuseDisagreement(Collection<Entry> entries) {
    Map<String, Entry> first = new HashMap<>();
    for (Entry entry : entries) {
      for (String key : entry.options().fieldNames()) {
        Entry other = first.putIfAbsent(key, entry);
        if (other != null
            && !Objects.equals(other.options().getValue(key), entry.options().getValue(key))) {
          throw new ConfigurationException(
              "%s: %s and %s are given different values of '%s'; run them as two processes"
                  .formatted(source, other.module().name(), entry.module().name(), key));
        }
      }
    }
  }

  private Entry merge(Entry one, Entry other) {
    JsonObject options = one.options().copy();
    for (String key : other.options().fieldNames()) {
      Object value = other.options().getValue(key);
      if (options.containsKey(key) && !Objects.equals(value, options.getValue(key))) {
        throw new ConfigurationException(
            "%s: the chosen roles give %s different values of '%s'; run them as two processes"
                .formatted(source, one.module().name(), key));
      }
      options.put(key, value);
    }
    return new Entry(one.module(), Math.max(one.instances(), other.instances()), options);
  }
}
