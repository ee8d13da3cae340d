package io.bierelay.avro;

import org.jspecify.annotations.Nullable;

/** Writes a JSON value as Avro of one schema; immutable, so shared by all threads. */
interface ValueEncoder {

  /** How well a value fits a schema. */
  enum Fit {
    /** It can't be encoded. */
    NO,
    /** It can be converted. */
    CONVERTIBLE,
    /** It is shown like the JSON that this schema's Avro becomes, but has more precision. */
    ALIKE,
    /** It is the JSON that this schema's Avro becomes. */
    EXACT
  }

  /** How deep a value is looked into to decide on a branch. */
  int LOOK_AHEAD = 32;

  /**
   * @throws RecordMismatchException if the value does not fit; what was written until then stays
   */
  void encode(@Nullable Object value, Encoding to);

  /**
   * Writes nothing.
   *
   * @param depth how many levels of containers to look into; 0 for a container's kind only
   */
  Fit fit(@Nullable Object value, int depth, Encoding to);

  /** For a person, to be read after "expected". */
  String expected();

  /** Whether null can be encoded. */
  default boolean nullable() {
    return false;
  }

  /** An encoder of what contains no other value. */
  abstract class Leaf implements ValueEncoder {

    private final String expected;

    Leaf(String expected) {
      this.expected = expected;
    }

    /** Whether it is what Avro to JSON writes; asked only of what can be encoded. */
    abstract boolean isExact(Object value);

    /** How well; asked only of what can be encoded. */
    Fit fitOf(Object value) {
      return isExact(value) ? Fit.EXACT : Fit.CONVERTIBLE;
    }

    @Override
    public String expected() {
      return expected;
    }

    @Override
    public Fit fit(@Nullable Object value, int depth, Encoding to) {
      int mark = to.out.size();
      try {
        encode(value, to);
      } catch (RecordMismatchException e) {
        return Fit.NO;
      } finally {
        to.out.truncate(mark);
      }
      return value == null ? Fit.EXACT : fitOf(value);
    }

    RecordMismatchException mismatch(@Nullable Object value, Encoding to) {
      return to.mismatch(expected, value);
    }
  }
}
