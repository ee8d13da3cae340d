package io.bierelay.settings;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a setting's value is read from JSON, YAML or text, and written back.
 *
 * <p>What {@link #render} returns can always be parsed again to an equal value: that is how
 * effective settings travel to a verticle as its deployment's configuration.
 *
 * @param name what documentation and error messages call it
 * @param parse from a JSON value or text; throws {@link IllegalArgumentException} with a message
 *     that says what was expected
 * @param render to a JSON value
 */
record SettingType<T>(String name, Function<Object, T> parse, Function<T, Object> render) {

  private static final Pattern DURATION = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)?");
  private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*(B|KiB|MiB|GiB)?");

  private static final String DURATION_EXPECTED = "expected a duration such as 200ms, 5s, 2m or 1h";
  private static final String SIZE_EXPECTED = "expected a size such as 512KiB or 64MiB";

  static final SettingType<String> TEXT =
      new SettingType<>("text", SettingType::scalar, value -> value);

  static final SettingType<Boolean> BOOLEAN =
      new SettingType<>(
          "boolean",
          raw ->
              switch (scalar(raw).strip().toLowerCase(Locale.ROOT)) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException("expected true or false");
              },
          value -> value);

  static final SettingType<Integer> INTEGER =
      new SettingType<>(
          "integer",
          raw -> {
            try {
              return Integer.valueOf(scalar(raw).strip());
            } catch (NumberFormatException e) {
              throw new IllegalArgumentException("expected a whole number", e);
            }
          },
          value -> value);

  static final SettingType<Double> NUMBER =
      new SettingType<>(
          "number",
          raw -> {
            try {
              return Double.valueOf(scalar(raw).strip());
            } catch (NumberFormatException e) {
              throw new IllegalArgumentException("expected a number such as 0.01", e);
            }
          },
          value -> value);

  static final SettingType<Duration> DURATION_TYPE =
      new SettingType<>("duration", SettingType::parseDuration, SettingType::renderDuration);

  static final SettingType<Long> SIZE_TYPE =
      new SettingType<>("size", SettingType::parseSize, SettingType::renderSize);

  static final SettingType<List<String>> LIST =
      new SettingType<>("list", SettingType::parseList, JsonArray::new);

  static final SettingType<Map<String, String>> MAP =
      new SettingType<>(
          "map", SettingType::parseMap, value -> new JsonObject(new LinkedHashMap<>(value)));

  static <E extends Enum<E>> SettingType<E> choice(Class<E> type) {
    String known =
        Arrays.stream(type.getEnumConstants())
            .map(SettingType::choiceName)
            .collect(Collectors.joining("|"));
    return new SettingType<>(
        known,
        raw ->
            Arrays.stream(type.getEnumConstants())
                .filter(value -> choiceName(value).equals(asChoice(scalar(raw))))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of " + known)),
        SettingType::choiceName);
  }

  private static String choiceName(Enum<?> value) {
    return asChoice(value.name());
  }

  /** Kafka and others write such names in capitals with underscores; both ways are understood. */
  private static String asChoice(String text) {
    return text.strip().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String scalar(@Nullable Object raw) {
    if (raw == null || raw instanceof JsonObject || raw instanceof JsonArray) {
      throw new IllegalArgumentException("expected a single value");
    }
    return raw.toString();
  }

  private static Duration parseDuration(Object raw) {
    Matcher matcher = DURATION.matcher(scalar(raw).strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(DURATION_EXPECTED);
    }
    try {
      long amount = Long.parseLong(matcher.group(1));
      String unit = matcher.group(2) == null ? "ms" : matcher.group(2);
      return switch (unit) {
        case "s" -> Duration.ofSeconds(amount);
        case "m" -> Duration.ofMinutes(amount);
        case "h" -> Duration.ofHours(amount);
        case "d" -> Duration.ofDays(amount);
        default -> Duration.ofMillis(amount);
      };
    } catch (NumberFormatException | ArithmeticException e) {
      throw new IllegalArgumentException(DURATION_EXPECTED + ", and not that long", e);
    }
  }

  private static String renderDuration(Duration value) {
    long ms = value.toMillis();
    if (ms == 0 || ms % 1000 != 0) {
      return ms + "ms";
    }
    long seconds = ms / 1000;
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  private static Long parseSize(Object raw) {
    Matcher matcher = SIZE.matcher(scalar(raw).strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(SIZE_EXPECTED);
    }
    try {
      long amount = Long.parseLong(matcher.group(1));
      String unit = matcher.group(2) == null ? "B" : matcher.group(2);
      return switch (unit) {
        case "KiB" -> Math.multiplyExact(amount, 1L << 10);
        case "MiB" -> Math.multiplyExact(amount, 1L << 20);
        case "GiB" -> Math.multiplyExact(amount, 1L << 30);
        default -> amount;
      };
    } catch (NumberFormatException | ArithmeticException e) {
      throw new IllegalArgumentException(SIZE_EXPECTED + ", and not that large", e);
    }
  }

  private static String renderSize(Long value) {
    if (value != 0 && value % (1L << 30) == 0) {
      return (value >> 30) + "GiB";
    }
    if (value != 0 && value % (1L << 20) == 0) {
      return (value >> 20) + "MiB";
    }
    return value != 0 && value % (1L << 10) == 0 ? (value >> 10) + "KiB" : value + "B";
  }

  private static List<String> parseList(Object raw) {
    List<String> values = new ArrayList<>();
    if (raw instanceof JsonArray array) {
      for (Object item : array) {
        values.add(scalar(item).strip());
      }
    } else {
      for (String item : scalar(raw).split(",", -1)) {
        if (!item.isBlank()) {
          values.add(item.strip());
        }
      }
    }
    return List.copyOf(values);
  }

  private static Map<String, String> parseMap(Object raw) {
    Map<String, String> values = new LinkedHashMap<>();
    if (raw instanceof JsonObject object) {
      putAll("", object, values);
    } else {
      for (String item : parseList(raw)) {
        int at = item.indexOf('=');
        if (at <= 0) {
          throw new IllegalArgumentException("expected key=value pairs, separated by commas");
        }
        values.put(item.substring(0, at).strip(), item.substring(at + 1).strip());
      }
    }
    return Collections.unmodifiableMap(values);
  }

  private static void putAll(String prefix, JsonObject object, Map<String, String> into) {
    for (String name : object.fieldNames()) {
      Object value = object.getValue(name);
      if (value instanceof JsonObject nested) {
        putAll(prefix + name + ".", nested, into);
      } else if (value == null) {
        throw new IllegalArgumentException("'" + prefix + name + "' has no value");
      } else {
        into.put(prefix + name, scalar(value));
      }
    }
  }
}
