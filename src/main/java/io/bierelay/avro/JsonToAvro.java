package io.bierelay.avro;

import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON objects as Avro binary of one schema, without anything in between; the schema leads.
 * {@code docs/events.md} has the rules.
 *
 * <p>Immutable; any number of threads may use it.
 */
public final class JsonToAvro {

  private final ValueEncoder root;
  private final int maxDepth;

  private JsonToAvro(ValueEncoder root, int maxDepth) {
    this.root = root;
    this.maxDepth = maxDepth;
  }

  /** With the default limits. */
  public static JsonToAvro compile(Schema schema) {
    return compile(schema, AvroLimits.DEFAULT);
  }

  /**
   * Compiles the schema once.
   *
   * @param limits of which only the depth bounds what is written
   * @throws PoisonException {@code invalid-schema} if it is nested absurdly deep, or a field's
   *     default is no value of its type
   */
  public static JsonToAvro compile(Schema schema, AvroLimits limits) {
    return new JsonToAvro(EncoderCompiler.compile(schema), limits.maxDepth());
  }

  /**
   * Avro binary of the object; fields that it lacks are told to nobody.
   *
   * @throws RecordMismatchException if it does not fit the schema
   */
  public byte[] encode(JsonObject object) {
    return encode(object, path -> {});
  }

  /**
   * Avro binary of the object.
   *
   * @param missing is told the path of each field that the object lacks, or has as null where the
   *     schema allows none, before the default or null stands in or the failure is thrown; called
   *     on this thread
   * @throws RecordMismatchException if it does not fit the schema
   */
  public byte[] encode(JsonObject object, Consumer<? super String> missing) {
    AvroBuffer out = new AvroBuffer();
    writeValue(object, out, missing);
    return out.toByteArray();
  }

  /**
   * The object in the registry's wire format: as {@link #encode}, behind the header that {@link
   * WireFormat} reads.
   *
   * @param schemaId the id that the registry has for this schema, 0 or above
   * @throws RecordMismatchException if it does not fit the schema
   * @throws IllegalArgumentException if the id is negative
   */
  public byte[] encodeFramed(int schemaId, JsonObject object, Consumer<? super String> missing) {
    if (schemaId < 0) {
      throw new IllegalArgumentException("schema id " + schemaId + " is negative");
    }
    AvroBuffer out = new AvroBuffer();
    out.raw(0);
    out.bigEndianInt(schemaId);
    writeValue(object, out, missing);
    return out.toByteArray();
  }

  /**
   * Appends Avro binary of the object.
   *
   * @param object of text, numbers, booleans, null, lists and further maps, or Vert.x's JSON
   * @param out left as it was when the object does not fit
   * @param missing as of {@link #encode(JsonObject, Consumer)}
   * @throws RecordMismatchException if it does not fit the schema
   */
  public void write(Map<String, ?> object, AvroBuffer out, Consumer<? super String> missing) {
    writeValue(object, out, missing);
  }

  /** Of any type, as the schema's root may be. */
  void writeValue(@Nullable Object value, AvroBuffer out, Consumer<? super String> missing) {
    int mark = out.size();
    boolean written = false;
    try {
      root.encode(value, new Encoding(out, maxDepth, missing));
      written = true;
    } finally {
      if (!written) {
        out.truncate(mark);
      }
    }
  }
}
