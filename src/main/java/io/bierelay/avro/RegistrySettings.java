package io.bierelay.avro;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** How the schema registry is reached. */
public final class RegistrySettings {

  /** Forms of a store of keys or certificates. */
  public enum StoreType {
    /** By the file's name: PKCS12 for .p12 and .pfx, else PEM. */
    AUTO,
    /** Text, with -----BEGIN lines. */
    PEM,
    /** Binary, usually with a password. */
    PKCS12
  }

  /** The base addresses. */
  public static final Setting<List<String>> URLS =
      Setting.list("registry.urls")
          .mandatory()
          .within(
              "one or more addresses with http or https and a host, without user, query, fragment",
              urls -> !urls.isEmpty() && urls.stream().allMatch(RegistrySettings::isBaseUrl))
          .saying(
              "The schema registry's base addresses; the next one is asked when one fails. With a"
                  + " path where the registry has one, such as /apis/ccompat/v7.");

  /** The user for basic authentication. */
  public static final Setting<String> USERNAME =
      Setting.text("registry.username")
          .saying("The user for basic authentication; unset for none.");

  /** The user's password. */
  public static final Setting<String> PASSWORD =
      Setting.secret("registry.password").saying("The user's password.");

  /** The token, in place of a user. */
  public static final Setting<String> TOKEN =
      Setting.secret("registry.token")
          .saying("The bearer token, in place of registry.username and registry.password.");

  /** How often one question is asked. */
  public static final Setting<Integer> ATTEMPTS =
      Setting.integer("registry.attempts", 3, 1, 10)
          .saying(
              "How often a question is asked in all, at least once at each address, before it counts"
                  + " as not answered and the partition waits; then it is asked again.");

  /** The bound on Retry-After. */
  public static final Setting<Duration> RETRY_AFTER_MAX =
      Setting.duration(
              "registry.retry.after.max",
              Duration.ofSeconds(10),
              Duration.ZERO,
              Duration.ofMinutes(10))
          .saying("How long an address is left alone at most when its answer has Retry-After.");

  /** How long the latest version counts as such. */
  public static final Setting<Duration> LATEST_TTL =
      Setting.duration(
              "registry.latest.ttl",
              Duration.ofMinutes(5),
              Duration.ofMillis(1),
              Duration.ofDays(1))
          .saying("How long the latest schema of a subject is used before it is asked for again.");

  /** The bound on one request. */
  public static final Setting<Duration> TIMEOUT =
      Setting.duration(
              "registry.timeout",
              Duration.ofSeconds(5),
              Duration.ofMillis(50),
              Duration.ofMinutes(1))
          .saying("How long one request may take, from connecting to the answer's last byte.");

  /** How long a poisonous id is remembered. */
  public static final Setting<Duration> UNKNOWN_TTL =
      Setting.duration(
              "registry.unknown.ttl",
              Duration.ofSeconds(30),
              Duration.ofMillis(1),
              Duration.ofHours(1))
          .saying(
              "How long an id that the registry does not know, or whose schema is of no use, is"
                  + " remembered before it is asked for again.");

  /** The bound on the cache. */
  public static final Setting<Integer> CACHE_SIZE =
      Setting.integer("registry.cache.size", 1_000, 1, 100_000)
          .saying("How many compiled schemas are kept; the least recently used one goes first.");

  /** The bound on an answer. */
  public static final Setting<Long> RESPONSE_MAX_SIZE =
      Setting.size("registry.response.max.size", 1L << 20, 1L << 10, 64L << 20)
          .saying("A larger answer of the registry is cut off and refused.");

  /** The store of trusted certificates. */
  public static final Setting<String> TRUSTSTORE_LOCATION =
      Setting.text("registry.truststore.location")
          .saying("File with the certificates to trust for https; unset for Java's own.");

  /** Its password. */
  public static final Setting<String> TRUSTSTORE_PASSWORD =
      Setting.secret("registry.truststore.password").saying("The trust store's password (PKCS12).");

  /** Its form. */
  public static final Setting<StoreType> TRUSTSTORE_TYPE =
      Setting.choice("registry.truststore.type", StoreType.AUTO)
          .saying("The trust store's form; auto: pkcs12 for .p12 and .pfx, else pem.");

  /** The store of the client's certificate. */
  public static final Setting<String> KEYSTORE_LOCATION =
      Setting.text("registry.keystore.location")
          .saying(
              "File with the client's certificate and key: PKCS12 (.p12, .pfx), else PEM; unset for"
                  + " none.");

  /** Its password. */
  public static final Setting<String> KEYSTORE_PASSWORD =
      Setting.secret("registry.keystore.password").saying("The key store's password (PKCS12).");

  /** The client's key, when it is apart. */
  public static final Setting<String> KEYSTORE_KEY_LOCATION =
      Setting.text("registry.keystore.key.location")
          .saying(
              "PEM file with the client's key, if registry.keystore.location has only the rest.");

  /** The settings that the registry's client reads. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          URLS,
          USERNAME,
          PASSWORD,
          TOKEN,
          TIMEOUT,
          ATTEMPTS,
          RETRY_AFTER_MAX,
          LATEST_TTL,
          UNKNOWN_TTL,
          CACHE_SIZE,
          RESPONSE_MAX_SIZE,
          TRUSTSTORE_LOCATION,
          TRUSTSTORE_PASSWORD,
          TRUSTSTORE_TYPE,
          KEYSTORE_LOCATION,
          KEYSTORE_PASSWORD,
          KEYSTORE_KEY_LOCATION);

  private RegistrySettings() {}

  /** What one setting alone can't tell; one line each, with the remedy. */
  public static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    if (settings.find(USERNAME).isPresent() != settings.find(PASSWORD).isPresent()) {
      problems.add("'registry.username' and 'registry.password' go together; set both or none");
    }
    if (settings.find(TOKEN).isPresent() && settings.find(USERNAME).isPresent()) {
      problems.add(
          "'registry.token' and 'registry.username' exclude each other; set the one that the"
              + " registry wants");
    }
    for (Setting<String> file :
        List.of(TRUSTSTORE_LOCATION, KEYSTORE_LOCATION, KEYSTORE_KEY_LOCATION)) {
      Optional<String> location = settings.find(file);
      if (location.isPresent() && !Files.isReadable(Path.of(location.get()))) {
        problems.add(
            "'%s' is '%s', which is no file that can be read; correct the path or its permissions"
                .formatted(file.key(), location.get()));
      }
    }
    return problems;
  }

  /** What Confluent's own clients are to be told: the same addresses, credentials and stores. */
  public static Map<String, Object> confluentProperties(Settings settings) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("schema.registry.url", String.join(",", settings.get(URLS)));
    settings
        .find(USERNAME)
        .ifPresent(
            user -> {
              properties.put("basic.auth.credentials.source", "USER_INFO");
              properties.put(
                  "basic.auth.user.info", user + ':' + settings.find(PASSWORD).orElse(""));
            });
    settings
        .find(TOKEN)
        .ifPresent(
            token -> {
              properties.put("bearer.auth.credentials.source", "STATIC_TOKEN");
              properties.put("bearer.auth.token", token);
            });
    settings
        .find(TRUSTSTORE_LOCATION)
        .ifPresent(
            location -> {
              StoreType type = typeOf(settings.get(TRUSTSTORE_TYPE), location);
              store(properties, "truststore", location, type, settings.find(TRUSTSTORE_PASSWORD));
            });
    settings
        .find(KEYSTORE_LOCATION)
        .ifPresent(
            location -> {
              StoreType type = typeOf(StoreType.AUTO, location);
              store(properties, "keystore", location, type, settings.find(KEYSTORE_PASSWORD));
            });
    return properties;
  }

  private static void store(
      Map<String, Object> properties,
      String kind,
      String location,
      StoreType type,
      Optional<String> password) {
    String prefix = "schema.registry.ssl." + kind;
    properties.put(prefix + ".location", location);
    properties.put(prefix + ".type", type.name());
    password.ifPresent(value -> properties.put(prefix + ".password", value));
  }

  /** The form of a store, after its file's name when the setting leaves it open. */
  static StoreType typeOf(StoreType stated, String location) {
    if (stated != StoreType.AUTO) {
      return stated;
    }
    String name = location.toLowerCase(Locale.ROOT);
    return name.endsWith(".p12") || name.endsWith(".pfx") ? StoreType.PKCS12 : StoreType.PEM;
  }

  /** A user in the address would end up in logs, and a query has no place below a path. */
  private static boolean isBaseUrl(String url) {
    try {
      URI uri = new URI(url);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getUserInfo() == null
          && uri.getQuery() == null
          && uri.getFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
