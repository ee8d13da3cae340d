package io.bierelay.avro;

import java.util.List;

/** Writers of everything that contains no other value, apart from decimals. */
final class ScalarWriters {

  private static final JsonConstant TRUE_TEXT = JsonConstant.ascii("true");
  private static final JsonConstant FALSE_TEXT = JsonConstant.ascii("false");
  private static final JsonConstant NULL_TEXT = JsonConstant.ascii("null");

  static final ValueWriter NULL = (in, out) -> out.constant(NULL_TEXT);
  static final ValueWriter BOOLEAN = ScalarWriters::bool;
  static final ValueWriter INT = (in, out) -> out.number((long) in.varint());
  static final ValueWriter LONG = (in, out) -> out.number(in.varlong());
  static final ValueWriter FLOAT = (in, out) -> out.number(Float.intBitsToFloat(in.fixedInt()));
  static final ValueWriter DOUBLE =
      (in, out) -> out.number(Double.longBitsToDouble(in.fixedLong()));
  static final ValueWriter STRING = ScalarWriters::string;
  static final ValueWriter BYTES = ScalarWriters::bytes;

  /** A fixed of 16 bytes in the form 8-4-4-4-12. */
  static final ValueWriter UUID = ScalarWriters::uuid;

  /** A fixed of 12 bytes: three unsigned integers. */
  static final ValueWriter DURATION = ScalarWriters::duration;

  private ScalarWriters() {}

  /** Bytes of a constant length, as base64. */
  static ValueWriter fixed(int size) {
    return (in, out) -> {
      int start = in.take(size);
      out.quotedBase64(in.data(), start, size);
    };
  }

  /** A symbol, quoted once for all. */
  static ValueWriter symbols(List<String> symbols) {
    JsonConstant[] quoted = new JsonConstant[symbols.size()];
    for (int i = 0; i < quoted.length; i++) {
      quoted[i] = JsonConstant.of(new JsonBuffer().quoted(symbols.get(i)));
    }
    return (in, out) -> {
      int index = in.varint();
      if (index < 0 || index >= quoted.length) {
        throw new PoisonException(
            PoisonReason.INVALID_VALUE, "an enum's index is outside its symbols");
      }
      out.constant(quoted[index]);
    };
  }

  private static void bool(AvroBytes in, JsonBuffer out) {
    byte value = in.next();
    if ((value & 0xFE) != 0) {
      throw new PoisonException(PoisonReason.INVALID_VALUE, "a boolean is neither 0 nor 1");
    }
    out.constant(value == 1 ? TRUE_TEXT : FALSE_TEXT);
  }

  static void string(AvroBytes in, JsonBuffer out) {
    int length = in.length();
    if (!out.quotedUtf8(in.data(), in.take(length), length)) {
      throw new PoisonException(PoisonReason.INVALID_VALUE, "a string is not valid UTF-8");
    }
  }

  private static void bytes(AvroBytes in, JsonBuffer out) {
    int length = in.length();
    out.quotedBase64(in.data(), in.take(length), length);
  }

  private static void uuid(AvroBytes in, JsonBuffer out) {
    byte[] data = in.data();
    int at = in.take(16);
    out.ascii('"').hex(data, at, 4);
    out.ascii('-').hex(data, at + 4, 2);
    out.ascii('-').hex(data, at + 6, 2);
    out.ascii('-').hex(data, at + 8, 2);
    out.ascii('-').hex(data, at + 10, 6);
    out.ascii('"');
  }

  private static final JsonConstant MONTHS = JsonConstant.ascii("{\"months\":");
  private static final JsonConstant DAYS = JsonConstant.ascii(",\"days\":");
  private static final JsonConstant MILLIS = JsonConstant.ascii(",\"millis\":");

  private static void duration(AvroBytes in, JsonBuffer out) {
    out.constant(MONTHS).number(Integer.toUnsignedLong(in.fixedInt()));
    out.constant(DAYS).number(Integer.toUnsignedLong(in.fixedInt()));
    out.constant(MILLIS).number(Integer.toUnsignedLong(in.fixedInt())).ascii('}');
  }
}
