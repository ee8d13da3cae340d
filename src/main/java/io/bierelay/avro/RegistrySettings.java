package io.bierelay.avro;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.bierelay.tls.StoreForm;
import io.bierelay.tls.TlsSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** How the schema registry is reached. */
public final class RegistrySettings {

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

  /** Keys and certificates. */
  public static final TlsSettings CERTIFICATES = TlsSettings.of("the schema registry", "registry");

  /** The settings that the registry's client reads. */
  public static final List<Setting<?>> SETTINGS =
      Stream.concat(
              Stream.of(
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
                  RESPONSE_MAX_SIZE),
              CERTIFICATES.all().stream())
          .<Setting<?>>map(setting -> setting)
          .toList();

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
    problems.addAll(CERTIFICATES.problems(settings));
    return problems;
  }

  /** What a person should know at each start. */
  public static List<String> warnings(Settings settings) {
    List<String> warnings = new ArrayList<>();
    if (usesTls(settings)) {
      warnings.addAll(CERTIFICATES.warnings(settings));
    }
    boolean login = settings.find(USERNAME).or(() -> settings.find(TOKEN)).isPresent();
    if (login && settings.get(URLS).stream().anyMatch(url -> url.startsWith("http:"))) {
      warnings.add(
          "'registry.urls' has an address with http: the registry's password or token is sent there"
              + " in the clear; use https");
    }
    return warnings;
  }

  /** Whether any address is encrypted. */
  static boolean usesTls(Settings settings) {
    return settings.get(URLS).stream().anyMatch(url -> url.startsWith("https:"));
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
    store(properties, "truststore", settings);
    store(properties, "keystore", settings);
    if (settings.get(CERTIFICATES.anyHost())) {
      properties.put("schema.registry.ssl.endpoint.identification.algorithm", "");
    }
    return properties;
  }

  private static void store(Map<String, Object> properties, String kind, Settings settings) {
    boolean trust = kind.equals("truststore");
    String prefix = "schema.registry.ssl." + kind;
    settings
        .find(trust ? CERTIFICATES.trustLocation() : CERTIFICATES.keyStoreLocation())
        .ifPresent(
            location -> {
              StoreForm stated =
                  settings.get(trust ? CERTIFICATES.trustForm() : CERTIFICATES.keyStoreForm());
              properties.put(prefix + ".location", location);
              properties.put(prefix + ".type", stated.of(Path.of(location)).name());
              settings
                  .find(trust ? CERTIFICATES.trustPassword() : CERTIFICATES.keyStorePassword())
                  .ifPresent(value -> properties.put(prefix + ".password", value));
            });
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
