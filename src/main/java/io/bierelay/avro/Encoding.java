package io.bierelay.avro;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One object's way into Avro: where its bytes go, and where in it we are.
 *
 * <p>The place is kept as a stack and becomes text only when somebody must be told of it.
 */
final class Encoding {

  /** Stands in the stack of names for a map's entry. */
  @SuppressWarnings("StringOperationCanBeSimplified") // Told apart by identity from any name.
  private static final String ENTRY = new String("{}");

  /** How many values may be looked at to decide on one union's branch. */
  private static final int TRIALS = 4_096;

  final AvroBuffer out;
  private final Consumer<? super String> missing;
  private final int maxDepth;
  private @Nullable String[] names = new @Nullable String[8];
  private int[] indices = new int[8];
  private int depth;
  private int trials;

  Encoding(AvroBuffer out, int maxDepth, Consumer<? super String> missing) {
    this.out = out;
    this.maxDepth = maxDepth;
    this.missing = missing;
  }

  /** Goes into a record, array or map. */
  void enter(Object value) {
    if (depth == maxDepth) {
      throw mismatch(
          "records, arrays and maps nested no deeper than avro.max.depth, " + maxDepth, value);
    }
    if (depth == indices.length) {
      names = Arrays.copyOf(names, 2 * depth);
      indices = Arrays.copyOf(indices, 2 * depth);
    }
    names[depth] = null;
    indices[depth++] = -1;
  }

  /** Comes out of it again. */
  void leave() {
    depth--;
  }

  /** Is at this field of the record. */
  void at(String field) {
    names[depth - 1] = field;
  }

  /** Is at this item of the array. */
  void at(int item) {
    indices[depth - 1] = item;
  }

  /** Is at this entry of the map. */
  void atEntry(int entry) {
    names[depth - 1] = ENTRY;
    indices[depth - 1] = entry;
  }

  /** Tells of the field that we are at. */
  void lacks() {
    missing.accept(path());
  }

  /** A union's branch is to be decided on. */
  void beginTrial() {
    trials = TRIALS;
  }

  /**
   * Whether a container may still be looked into: branches of branches could otherwise be tried for
   * ever.
   */
  boolean mayLookInto() {
    return --trials >= 0;
  }

  RecordMismatchException mismatch(String expected, @Nullable Object value) {
    return new RecordMismatchException(path(), expected, kind(value), value);
  }

  RecordMismatchException mismatch(String expected, String found, @Nullable Object value) {
    return new RecordMismatchException(path(), expected, found, value);
  }

  private String path() {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < depth; i++) {
      String name = names[i];
      if (name == null) {
        if (indices[i] >= 0) {
          path.append('[').append(indices[i]).append(']');
        }
      } else if (isEntry(name)) {
        path.append('{').append(indices[i]).append('}');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(name);
      }
    }
    return path.toString();
  }

  @SuppressWarnings("ReferenceEquality") // That is what makes it differ from a name.
  private static boolean isEntry(String name) {
    return name == ENTRY;
  }

  private static String kind(@Nullable Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof CharSequence) {
      return "text";
    }
    if (value instanceof Boolean) {
      return "a boolean";
    }
    if (value instanceof Number number) {
      return isIntegral(number) ? "an integer" : "a number with a fraction or exponent";
    }
    if (Json.object(value) != null) {
      return "an object";
    }
    return Json.list(value) != null ? "an array" : "a " + value.getClass().getSimpleName();
  }

  private static boolean isIntegral(Number number) {
    return !(number instanceof Double
        || number instanceof Float
        || number instanceof java.math.BigDecimal);
  }

  /** The views that Vert.x's JSON and plain collections share. */
  static final class Json {

    private Json() {}

    static @Nullable Map<?, ?> object(@Nullable Object value) {
      if (value instanceof Map<?, ?> map) {
        return map;
      }
      return value instanceof io.vertx.core.json.JsonObject object ? object.getMap() : null;
    }

    static java.util.@Nullable Collection<?> list(@Nullable Object value) {
      if (value instanceof java.util.Collection<?> list) {
        return list;
      }
      return value instanceof io.vertx.core.json.JsonArray array ? array.getList() : null;
    }
  }
}
