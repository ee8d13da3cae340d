package io.bierelay.avro;

import org.jspecify.annotations.Nullable;

/**
 * An object that can't be encoded by a schema: says where, what the schema expects, and what kind
 * of value was found there.
 *
 * <p>Without a stack trace, because it tells of the data and not of the code. The value itself may
 * be personal data, so it is in no text unless the caller asks for it by {@link #value()} or {@link
 * #messageWithValue()}.
 */
public final class RecordMismatchException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final int MAX_SHOWN = 100;

  private final String path;
  private final String expected;
  private final String found;

  /** JSON values need not be serializable, and one that travels must not take the value along. */
  private final transient @Nullable Object value;

  RecordMismatchException(String path, String expected, String found, @Nullable Object value) {
    super(message(path, expected, found), null, false, false);
    this.path = path;
    this.expected = expected;
    this.found = found;
    this.value = value;
  }

  /**
   * The schema's field names from the root on, for example {@code
   * Tenure.HouseholdMembers[2].DateOfBirth}; array items by position, a map's entries as {@code
   * {2}}, by position too, because a key may be personal data. Empty for the root itself.
   */
  public String path() {
    return path;
  }

  /** What the schema asks for, for a person. */
  public String expected() {
    return expected;
  }

  /** The kind of what was found, such as {@code text}; never the value. */
  public String found() {
    return found;
  }

  /** What was found; null when it was null or nothing. Possibly personal data. */
  public @Nullable Object value() {
    return value;
  }

  /** The message and at most 100 characters of the value: possibly personal data. */
  public String messageWithValue() {
    if (value == null) {
      return getMessage();
    }
    String text = String.valueOf(value);
    String shown = text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "..." : text;
    return getMessage() + ": '" + shown.replaceAll("\\p{Cntrl}", "?") + '\'';
  }

  @Override
  public String getMessage() {
    return message(path, expected, found);
  }

  private static String message(String path, String expected, String found) {
    return "%s: expected %s, found %s".formatted(path.isEmpty() ? "(root)" : path, expected, found);
  }
}
