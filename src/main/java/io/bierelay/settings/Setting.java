package io.bierelay.settings;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One setting: its key, type, default, range, and a sentence that says what it does.
 *
 * <p>Each package declares its own as constants; documentation, validation, the environment
 * variable's name and the masking of secrets all follow from the declaration. Immutable.
 *
 * @param <T> what the verticle reads
 */
public final class Setting<T> {

  /** Every environment variable of this project starts with it. */
  public static final String ENVIRONMENT_PREFIX = "BIE_";

  private final String key;
  private final SettingType<T> type;
  private final @Nullable T defaultValue;
  private final String range;
  private final Predicate<T> valid;
  private final String sentence;
  private final boolean secret;
  private final boolean required;
  private final @Nullable Exemption unless;

  /** The value of another setting with which this one may be missing. */
  private record Exemption(String key, Object rendered) {}

  private Setting(
      String key,
      SettingType<T> type,
      @Nullable T defaultValue,
      String range,
      Predicate<T> valid,
      String sentence,
      boolean secret,
      boolean required,
      @Nullable Exemption unless) {
    this.key = key;
    this.type = type;
    this.defaultValue = defaultValue;
    this.range = range;
    this.valid = valid;
    this.sentence = sentence;
    this.secret = secret;
    this.required = required;
    this.unless = unless;
  }

  private static <T> Setting<T> of(
      String key, SettingType<T> type, @Nullable T byDefault, String range, Predicate<T> valid) {
    return new Setting<>(key, type, byDefault, range, valid, "", false, false, null);
  }

  /** Text without a default. */
  public static Setting<String> text(String key) {
    return of(key, SettingType.TEXT, null, "", value -> true);
  }

  /** Text with a default. */
  public static Setting<String> text(String key, String byDefault) {
    return of(key, SettingType.TEXT, byDefault, "", value -> true);
  }

  /** Text that is masked wherever settings are shown. */
  public static Setting<String> secret(String key) {
    return new Setting<>(key, SettingType.TEXT, null, "", value -> true, "", true, false, null);
  }

  /** A whole number within {@code min} and {@code max}, both included. */
  public static Setting<Integer> integer(String key, int byDefault, int min, int max) {
    return of(key, SettingType.INTEGER, byDefault, min + " to " + max, v -> v >= min && v <= max);
  }

  /** A part of all, from 0 to 1. */
  public static Setting<Double> ratio(String key, double byDefault) {
    return of(key, SettingType.NUMBER, byDefault, "0 to 1", v -> v >= 0 && v <= 1);
  }

  /** {@code true} or {@code false}. */
  public static Setting<Boolean> bool(String key, boolean byDefault) {
    return of(key, SettingType.BOOLEAN, byDefault, "", value -> true);
  }

  /** A duration such as {@code 200ms}, {@code 5s}, {@code 2m}; a bare number means milliseconds. */
  public static Setting<Duration> duration(
      String key, Duration byDefault, Duration min, Duration max) {
    SettingType<Duration> type = SettingType.DURATION_TYPE;
    return of(
        key,
        type,
        byDefault,
        type.render().apply(min) + " to " + type.render().apply(max),
        value -> value.compareTo(min) >= 0 && value.compareTo(max) <= 0);
  }

  /** A size in bytes such as {@code 512KiB} or {@code 64MiB}; a bare number means bytes. */
  public static Setting<Long> size(String key, long byDefault, long min, long max) {
    SettingType<Long> type = SettingType.SIZE_TYPE;
    return of(
        key,
        type,
        byDefault,
        type.render().apply(min) + " to " + type.render().apply(max),
        value -> value >= min && value <= max);
  }

  /** One of an enum's constants, written in lower case with dashes. */
  public static <E extends Enum<E>> Setting<E> choice(String key, E byDefault) {
    return of(key, SettingType.choice(byDefault.getDeclaringClass()), byDefault, "", value -> true);
  }

  /** A list of texts without a default; in text form separated by commas. */
  public static Setting<List<String>> list(String key) {
    return of(key, SettingType.LIST, null, "", value -> true);
  }

  /** A list of texts; in text form separated by commas. */
  public static Setting<List<String>> list(String key, List<String> byDefault) {
    return of(key, SettingType.LIST, byDefault, "", value -> true);
  }

  /** Names with values; in text form {@code name=value}, separated by commas. */
  public static Setting<Map<String, String>> map(String key, Map<String, String> byDefault) {
    return of(key, SettingType.MAP, byDefault, "", value -> true);
  }

  /** The same setting with the sentence that documents it. */
  public Setting<T> saying(String what) {
    return new Setting<>(key, type, defaultValue, range, valid, what, secret, required, unless);
  }

  /** The same setting, which must have a value wherever it is read. */
  public Setting<T> mandatory() {
    return new Setting<>(key, type, defaultValue, range, valid, sentence, secret, true, null);
  }

  /** The same setting, which must have a value wherever it is read, unless another has this one. */
  public <E> Setting<T> mandatoryUnless(Setting<E> other, E value) {
    Exemption exemption = new Exemption(other.key(), other.render(value));
    return new Setting<>(key, type, defaultValue, range, valid, sentence, secret, true, exemption);
  }

  /**
   * The same setting, whose value must also pass a test.
   *
   * @param words the range in words, as in "a host name"
   */
  public Setting<T> within(String words, Predicate<T> test) {
    return new Setting<>(
        key, type, defaultValue, words, valid.and(test), sentence, secret, required, unless);
  }

  /** The dotted key, as in files. */
  public String key() {
    return key;
  }

  /** The environment variable that sets it. */
  public String environmentVariable() {
    return ENVIRONMENT_PREFIX + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The type's name for documentation. */
  public String typeName() {
    return type.name();
  }

  /** The default, if there is one. */
  public Optional<T> defaultValue() {
    return Optional.ofNullable(defaultValue);
  }

  /** The range in words; empty when any value of the type will do. */
  public String range() {
    return range;
  }

  /** What it does. */
  public String sentence() {
    return sentence;
  }

  /** Whether it must never be shown. */
  public boolean isSecret() {
    return secret;
  }

  /** Whether a verticle that reads it can't do without. */
  public boolean isRequired() {
    return required;
  }

  /**
   * Whether it may be missing although it is required.
   *
   * @param rendered what {@link #render} writes for the value that is given to a key; null for none
   */
  boolean isExempt(Function<String, @Nullable Object> rendered) {
    return unless != null && unless.rendered().equals(rendered.apply(unless.key()));
  }

  /**
   * Reads a value from JSON or text.
   *
   * @throws IllegalArgumentException with a message for the person who wrote the value; it never
   *     contains a secret
   */
  public T parse(Object raw) {
    T value = type.parse().apply(raw);
    if (!valid.test(value)) {
      throw new IllegalArgumentException("expected " + range);
    }
    return value;
  }

  /** Writes a value so that {@link #parse} reads an equal one. */
  public Object render(T value) {
    return type.render().apply(value);
  }

  /** The default as {@link #render} writes it. */
  public Optional<Object> renderedDefault() {
    return defaultValue().map(this::render);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Setting<?> setting && key.equals(setting.key);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(key);
  }

  @Override
  public String toString() {
    return key;
  }
}
