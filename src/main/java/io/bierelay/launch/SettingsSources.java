package io.bierelay.launch;

import com.fasterxml.jackson.core.JacksonException;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Setting;
import io.bierelay.settings.SettingsCatalog;
import io.bierelay.settings.SettingsLayer;
import io.bierelay.settings.Suggestion;
import io.vertx.config.ConfigRetriever;
import io.vertx.config.ConfigRetrieverOptions;
import io.vertx.config.ConfigStoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Reads the sources of settings, weakest first: files, directories of secret files, environment.
 *
 * <p>Within each kind the order of the command line holds, the later one wins.
 */
final class SettingsSources {

  /**
   * Variables that Kubernetes adds for every service of the name space: a service called {@code
   * bie-relay} would otherwise look like unknown settings.
   */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(".*_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\\d+_(TCP|UDP|SCTP)(_.*)?)?)");

  private static final Pattern LINK = Pattern.compile("(tcp|udp|sctp)://.+:\\d+");

  private final Vertx vertx;
  private final SettingsCatalog catalog;

  SettingsSources(Vertx vertx, SettingsCatalog catalog) {
    this.vertx = vertx;
    this.catalog = catalog;
  }

  /**
   * What was read.
   *
   * @param problems what could not be read, one line each
   */
  record Sources(List<SettingsLayer> layers, List<String> problems) {

    /**
     * Refuses unreadable sources, and in the same breath what is wrong in the readable ones; a
     * missing value only then doesn't count, because an unreadable source may have it.
     *
     * @throws ConfigurationException with all problems at once
     */
    void refuseProblems(SettingsCatalog catalog, List<SettingsLayer> all) {
      if (problems.isEmpty()) {
        return;
      }
      List<String> both = new ArrayList<>(problems);
      try {
        catalog.resolve(all, Set.of());
      } catch (ConfigurationException e) {
        both.addAll(e.problems());
      }
      throw new ConfigurationException(both);
    }
  }

  /** All layers that can be read, and what is wrong with the others. */
  Future<Sources> read(List<Path> conf, Map<String, String> environment) {
    List<String> problems = new ArrayList<>();
    List<Future<SettingsLayer>> files = new ArrayList<>();
    List<Future<SettingsLayer>> directories = new ArrayList<>();
    for (Path path : conf) {
      if (Files.isDirectory(path)) {
        directories.add(readDirectory(path));
      } else if (!Files.isReadable(path)) {
        problems.add("--conf %s: no such file or directory, or not readable".formatted(path));
      } else {
        format(path)
            .ifPresentOrElse(
                format -> files.add(readFile(path, format)),
                () ->
                    problems.add(
                        "--conf %s: expected a name that ends with .yaml, .yml or .json"
                            .formatted(path)));
      }
    }
    List<SettingsLayer> layers = new ArrayList<>();
    return collect(files, layers, problems)
        .compose(v -> collect(directories, layers, problems))
        .map(
            v -> {
              layers.add(environment(environment, problems));
              return new Sources(layers, problems);
            });
  }

  private static Future<Void> collect(
      List<Future<SettingsLayer>> reads, List<SettingsLayer> layers, List<String> problems) {
    return Future.join(reads)
        .otherwiseEmpty()
        .map(
            done -> {
              for (Future<SettingsLayer> read : reads) {
                if (read.succeeded()) {
                  layers.add(read.result());
                } else {
                  problems.add(String.valueOf(read.cause().getMessage()));
                }
              }
              return null;
            });
  }

  private static Optional<String> format(Path path) {
    String name = path.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".yaml") || name.endsWith(".yml")) {
      return Optional.of("yaml");
    }
    return name.endsWith(".json") ? Optional.of("json") : Optional.empty();
  }

  private Future<SettingsLayer> readFile(Path path, String format) {
    return retrieve(
            new ConfigStoreOptions()
                .setType("file")
                .setFormat(format)
                .setConfig(new JsonObject().put("path", path.toAbsolutePath().toString())))
        .map(values -> new SettingsLayer(path.toString(), values))
        .recover(
            e ->
                Future.failedFuture(
                    new ConfigurationException(
                        "%s is not valid %s%s"
                            .formatted(path, format.toUpperCase(Locale.ROOT), at(e)))));
  }

  /** The place only: a parser's message quotes the text, which may be a secret. */
  private static String at(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof JacksonException jackson && jackson.getLocation() != null) {
        return ", see line %d, column %d"
            .formatted(jackson.getLocation().getLineNr(), jackson.getLocation().getColumnNr());
      }
      if (t instanceof MarkedYAMLException yaml && yaml.getProblemMark() != null) {
        return ", see line %d, column %d"
            .formatted(yaml.getProblemMark().getLine() + 1, yaml.getProblemMark().getColumn() + 1);
      }
    }
    return "";
  }

  private Future<SettingsLayer> readDirectory(Path path) {
    return retrieve(
            new ConfigStoreOptions()
                .setType(SecretFilesStore.TYPE)
                .setConfig(new JsonObject().put("path", path.toAbsolutePath().toString())))
        .map(values -> new SettingsLayer(path.toString(), byKey(values), files(path, values)))
        .recover(
            e ->
                Future.failedFuture(
                    new ConfigurationException(
                        "--conf %s: %s".formatted(path, SecretFilesStore.explain(e)))));
  }

  /** A secret's file may be called like the key or like the environment variable. */
  private JsonObject byKey(JsonObject values) {
    JsonObject result = new JsonObject();
    for (String name : values.fieldNames()) {
      result.put(key(name), values.getValue(name));
    }
    return result;
  }

  private String key(String file) {
    return catalog.byEnvironmentVariable(file).map(Setting::key).orElse(file);
  }

  private Map<String, String> files(Path directory, JsonObject values) {
    Map<String, String> files = new HashMap<>();
    for (String name : values.fieldNames()) {
      files.put(key(name), directory.toAbsolutePath().resolve(name).toString());
    }
    return files;
  }

  private SettingsLayer environment(Map<String, String> environment, List<String> problems) {
    JsonObject values = new JsonObject();
    new TreeMap<>(environment)
        .forEach(
            (name, value) -> {
              if (!name.startsWith(Setting.ENVIRONMENT_PREFIX) || isServiceLink(name, value)) {
                return;
              }
              Optional<Setting<?>> setting = catalog.byEnvironmentVariable(name);
              if (setting.isPresent()) {
                values.put(setting.get().key(), value);
              } else {
                List<String> known =
                    catalog.all().stream().map(Setting::environmentVariable).toList();
                problems.add(
                    "environment: no setting for variable '%s'%s; see docs/configuration.md"
                        .formatted(
                            name,
                            Suggestion.nearest(name, known)
                                .map(near -> "; did you mean '" + near + "'?")
                                .orElse("")));
              }
            });
    return new SettingsLayer("environment", values);
  }

  /** Only the address tells a service's {@code ..._PORT} from a setting's of the same name. */
  private boolean isServiceLink(String name, String value) {
    return SERVICE_LINK.matcher(name).matches()
        && (catalog.byEnvironmentVariable(name).isEmpty() || LINK.matcher(value).matches());
  }

  private Future<JsonObject> retrieve(ConfigStoreOptions store) {
    ConfigRetriever retriever =
        ConfigRetriever.create(
            vertx,
            new ConfigRetrieverOptions()
                .setIncludeDefaultStores(false)
                .setScanPeriod(-1)
                .addStore(store));
    return retriever.getConfig().eventually(retriever::close);
  }
}
