package io.bierelay.avro;

import io.bierelay.avro.ValueEncoder.Leaf;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Encoders of bytes and fixed, from base64 or from bytes themselves, and of UUIDs in a fixed. */
final class BytesEncoders {

  /** A fixed of 16 bytes from the form 8-4-4-4-12. */
  static final ValueEncoder UUID = new Uuid();

  private BytesEncoders() {}

  static ValueEncoder bytes() {
    return new Binary("bytes: text in base64 (RFC 4648, section 4, with padding)", -1);
  }

  static ValueEncoder fixed(int size) {
    return new Binary(
        "a fixed of %d bytes: text in base64 (RFC 4648, section 4, with padding)".formatted(size),
        size);
  }

  private static final class Binary extends Leaf {

    private final int size;

    /**
     * @param size -1 if it may be any
     */
    Binary(String expected, int size) {
      super(expected);
      this.size = size;
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      byte[] bytes = bytesOf(value);
      if (bytes == null) {
        throw mismatch(value, to);
      }
      if (size < 0) {
        to.out.bytes(bytes);
      } else if (bytes.length == size) {
        to.out.raw(bytes);
      } else {
        throw to.mismatch(expected(), bytes.length + " bytes", value);
      }
    }

    @Override
    boolean isExact(Object value) {
      return value instanceof CharSequence;
    }

    private static byte @Nullable [] bytesOf(@Nullable Object value) {
      if (value instanceof CharSequence text) {
        return fromBase64(text.toString());
      }
      if (value instanceof Buffer buffer) {
        return buffer.getBytes();
      }
      if (value instanceof ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
      }
      return value instanceof byte[] bytes ? bytes : null;
    }

    /** Java's decoder drops stray bits of the last character; then not all of the text counted. */
    private static byte @Nullable [] fromBase64(String text) {
      try {
        byte[] bytes = Base64.getDecoder().decode(text);
        return Base64.getEncoder().encodeToString(bytes).equals(text) ? bytes : null;
      } catch (IllegalArgumentException e) {
        return null;
      }
    }
  }

  private static final class Uuid extends Leaf {

    private static final Pattern FORM =
        Pattern.compile("[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}");

    Uuid() {
      super("a UUID: text in the form 8-4-4-4-12");
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      java.util.UUID uuid;
      if (value instanceof java.util.UUID ready) {
        uuid = ready;
      } else if (value instanceof CharSequence text && FORM.matcher(text).matches()) {
        uuid = java.util.UUID.fromString(text.toString());
      } else {
        throw mismatch(value, to);
      }
      to.out.fixedLong(Long.reverseBytes(uuid.getMostSignificantBits()));
      to.out.fixedLong(Long.reverseBytes(uuid.getLeastSignificantBits()));
    }

    @Override
    boolean isExact(Object value) {
      String text = value.toString();
      return text.equals(text.toLowerCase(java.util.Locale.ROOT));
    }
  }
}
