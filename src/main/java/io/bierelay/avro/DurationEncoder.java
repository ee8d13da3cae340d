package io.bierelay.avro;

import io.bierelay.avro.Encoding.Json;
import io.bierelay.avro.ValueEncoder.Leaf;
import java.math.BigInteger;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Encodes Avro's duration: three unsigned ints, from an object of them or from ISO 8601's text. */
final class DurationEncoder extends Leaf {

  private static final long MAX = 0xFFFF_FFFFL;
  private static final Set<String> NAMES = Set.of("months", "days", "millis");
  private static final Pattern ISO =
      Pattern.compile(
          "P(?=.)(?:([0-9]{1,15})Y)?(?:([0-9]{1,15})M)?(?:([0-9]{1,15})W)?(?:([0-9]{1,15})D)?"
              + "(?:T(?=.)(?:([0-9]{1,15})H)?(?:([0-9]{1,15})M)?"
              + "(?:([0-9]{1,15})(?:\\.([0-9]{1,9}))?S)?)?");

  DurationEncoder() {
    super(
        "a duration: an object of months, days and millis, or text such as P1Y2M3DT4H5M6.789S,"
            + " each part from 0 to 4294967295 and no finer than a millisecond");
  }

  @Override
  public void encode(@Nullable Object value, Encoding to) {
    long[] parts = parts(value);
    if (parts == null) {
      throw mismatch(value, to);
    }
    for (long part : parts) {
      if (part < 0 || part > MAX) {
        throw mismatch(value, to);
      }
    }
    for (long part : parts) {
      to.out.fixedInt((int) part);
    }
  }

  @Override
  boolean isExact(Object value) {
    Map<?, ?> object = Json.object(value);
    return object != null && object.size() == NAMES.size();
  }

  private static long @Nullable [] parts(@Nullable Object value) {
    Map<?, ?> object = Json.object(value);
    if (object != null) {
      return parts(object);
    }
    String text = Numbers.text(value);
    Matcher iso = text == null ? null : ISO.matcher(text);
    return iso != null && iso.matches() ? parts(iso) : null;
  }

  /** A part that is lacking is 0, but one that is not known is not ignored. */
  private static long @Nullable [] parts(Map<?, ?> object) {
    if (object.isEmpty() || !NAMES.containsAll(object.keySet())) {
      return null;
    }
    return new long[] {part(object, "months"), part(object, "days"), part(object, "millis")};
  }

  private static long part(Map<?, ?> object, String name) {
    if (!object.containsKey(name)) {
      return 0;
    }
    Long part = Numbers.integer(object.get(name), 0, MAX, false);
    return part == null ? -1 : part;
  }

  private static long @Nullable [] parts(Matcher iso) {
    BigInteger millis = part(iso, 5, 3_600_000).add(part(iso, 6, 60_000)).add(part(iso, 7, 1_000));
    String fraction = iso.group(8);
    if (fraction != null) {
      String nanos = (fraction + "00000000").substring(0, 9);
      if (!nanos.endsWith("000000")) {
        return null;
      }
      millis = millis.add(new BigInteger(nanos.substring(0, 3)));
    }
    return new long[] {
      bounded(part(iso, 1, 12).add(part(iso, 2, 1))),
      bounded(part(iso, 3, 7).add(part(iso, 4, 1))),
      bounded(millis)
    };
  }

  private static BigInteger part(Matcher iso, int group, long unit) {
    String digits = iso.group(group);
    return digits == null
        ? BigInteger.ZERO
        : new BigInteger(digits).multiply(BigInteger.valueOf(unit));
  }

  private static long bounded(BigInteger part) {
    return part.bitLength() > 32 ? -1 : part.longValue();
  }
}
