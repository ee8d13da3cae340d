package io.bierelay.trace;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Whether events are traced, how many of them, and where the spans go. */
public final class TraceSettings {

  /** What becomes of traces. */
  public enum Mode {
    /** Nothing: incoming headers are not looked at. */
    OFF,
    /** A context that a Kafka record brings is put onto its message as it is; no spans. */
    FORWARD,
    /** Spans of our own, sent to a collector by OTLP over HTTP. */
    OTLP
  }

  /** Switches it on. */
  public static final Setting<Mode> MODE =
      Setting.choice("tracing.mode", Mode.OFF)
          .saying(
              "off: none; forward: a Kafka record's traceparent and tracestate go onto its message as"
                  + " they are; otlp: spans of this service as well, sent to a collector.");

  /** The collector's. */
  public static final Setting<String> ENDPOINT =
      Setting.text("tracing.endpoint", "http://127.0.0.1:4318/v1/traces")
          .within("a URL with http or https, without a user", TraceSettings::isEndpoint)
          .saying("Where spans are sent to, as OTLP in protobuf over HTTP.");

  /** What a collector may ask for, such as a key. */
  public static final Setting<String> HEADERS =
      Setting.secret("tracing.headers")
          .saying(
              "Headers of each request to the collector, such as its key: name=value, separated by"
                  + " commas.");

  /** Of the traces that begin here. */
  public static final Setting<Double> SAMPLE_RATIO =
      Setting.ratio("tracing.sample.ratio", 1)
          .saying(
              "Which part of the events that bring no trace gets one; for those that do, whoever"
                  + " began it has decided.");

  /** Bounds memory. */
  public static final Setting<Integer> QUEUE =
      Setting.integer("tracing.queue", 8_192, 64, 1_000_000)
          .saying(
              "How many ended spans may wait to be sent, about 1 KiB each; further ones are dropped"
                  + " and counted.");

  /** In one request. */
  public static final Setting<Integer> BATCH =
      Setting.integer("tracing.batch", 512, 1, 8_192)
          .saying("How many spans one request to the collector has at most.");

  /** Between two sendings. */
  public static final Setting<Duration> INTERVAL =
      Setting.duration(
              "tracing.interval",
              Duration.ofSeconds(1),
              Duration.ofMillis(10),
              Duration.ofMinutes(1))
          .saying("How often spans are sent that are too few for a batch.");

  /** For one request. */
  public static final Setting<Duration> TIMEOUT =
      Setting.duration(
              "tracing.timeout",
              Duration.ofSeconds(5),
              Duration.ofMillis(100),
              Duration.ofMinutes(1))
          .saying("How long one request to the collector may take.");

  /** At the end. */
  public static final Setting<Duration> STOP_TIMEOUT =
      Setting.duration(
              "tracing.stop.timeout",
              Duration.ofSeconds(2),
              Duration.ofMillis(0),
              Duration.ofSeconds(10))
          .saying("How long a stop may wait for the last spans to be sent.");

  /** All of them. */
  public static final List<Setting<?>> SETTINGS =
      List.of(MODE, ENDPOINT, HEADERS, SAMPLE_RATIO, QUEUE, BATCH, INTERVAL, TIMEOUT, STOP_TIMEOUT);

  /** RFC 9110, section 5.6.2. */
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  private static final Pattern FIELD_VALUE = Pattern.compile("[\\x20-\\x7e]*");

  private TraceSettings() {}

  /** What is wrong together; never with a header's value. */
  public static List<String> problems(Settings settings) {
    return headers(settings).isPresent()
        ? List.of()
        : List.of(
            "'tracing.headers' is not name=value, separated by commas, in printable ASCII; its value"
                + " is a secret and not shown");
  }

  /** What should be known although it works. */
  public static List<String> warnings(Settings settings) {
    List<String> warnings = new ArrayList<>();
    boolean plain = settings.get(ENDPOINT).startsWith("http:");
    if (settings.get(MODE) == Mode.OTLP && plain && settings.find(HEADERS).isPresent()) {
      warnings.add(
          "tracing.headers go to tracing.endpoint without TLS; anybody on the way can read them");
    }
    return warnings;
  }

  /** Empty if they can't be read. */
  static Optional<Map<String, String>> headers(Settings settings) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String one : settings.find(HEADERS).orElse("").split(",", -1)) {
      int at = one.indexOf('=');
      if (one.isBlank()) {
        continue;
      }
      String name = at < 0 ? "" : one.substring(0, at).strip();
      String value = one.substring(at + 1).strip();
      if (!TOKEN.matcher(name).matches() || !FIELD_VALUE.matcher(value).matches()) {
        return Optional.empty();
      }
      headers.put(name, value);
    }
    return Optional.of(headers);
  }

  private static boolean isEndpoint(String text) {
    try {
      URI uri = new URI(text);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getRawUserInfo() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
