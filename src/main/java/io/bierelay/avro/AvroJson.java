package io.bierelay.avro;

import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;

/**
 * Writes Avro binary of one schema as JSON, without anything in between; {@code docs/events.md} has
 * the mapping.
 *
 * <p>Immutable; any number of threads may use it, each with a {@link JsonBuffer} of its own.
 */
public final class AvroJson {

  private static final int MAX_MESSAGE = 200;

  private final ValueWriter root;
  private final AvroLimits limits;
  private final int schemaId;

  private AvroJson(ValueWriter root, AvroLimits limits, int schemaId) {
    this.root = root;
    this.limits = limits;
    this.schemaId = schemaId;
  }

  /** For a schema without an id, with the default limits. */
  public static AvroJson compile(Schema schema) {
    return compile(schema, AvroLimits.DEFAULT, -1);
  }

  /**
   * Compiles the writer's schema.
   *
   * @param schemaId stated in every {@link PoisonException}; -1 if there is none
   * @throws PoisonException {@code invalid-schema} if it is nested absurdly deep
   */
  public static AvroJson compile(Schema schema, AvroLimits limits, int schemaId) {
    try {
      return new AvroJson(SchemaCompiler.compile(schema), limits, schemaId);
    } catch (PoisonException e) {
      throw e.withSchemaId(schemaId);
    }
  }

  /**
   * Compiles the last of several schemas in JSON form; earlier ones are those that it refers to.
   *
   * <p>May take long for a hostile schema: not for an event loop.
   *
   * @throws PoisonException {@code invalid-schema}
   */
  static AvroJson compile(List<String> schemas, AvroLimits limits, int schemaId) {
    return compile(parse(schemas, schemaId), limits, schemaId);
  }

  /**
   * Names and defaults are not validated: the registry took the schema, events were written with
   * it, and to read them a name is only a JSON key, which is escaped, and a default is not used.
   * Refusing them here would turn readable events into poison.
   */
  @SuppressWarnings("deprecation") // The newer SchemaParser can't leave defaults unvalidated.
  static Schema parse(List<String> schemas, int schemaId) {
    Schema.Parser parser = new Schema.Parser(NameValidator.NO_VALIDATION);
    parser.setValidateDefaults(false);
    try {
      Schema last = null;
      for (String schema : schemas) {
        last = parser.parse(schema);
      }
      if (last == null) {
        throw new AvroRuntimeException("there is no schema");
      }
      return last;
    } catch (RuntimeException | StackOverflowError e) {
      // Avro's parser is recursive and throws whatever comes up; all of it means the same here.
      throw new PoisonException(
              PoisonReason.INVALID_SCHEMA, "the registry's schema can't be parsed: " + brief(e))
          .withSchemaId(schemaId);
    }
  }

  /**
   * Appends the value as JSON.
   *
   * @param data holds exactly one value from {@code offset} for {@code length} bytes
   * @param out left as it was when the value is poison
   * @throws PoisonException if it is not a value of this schema, or goes beyond the limits
   */
  public void write(byte[] data, int offset, int length, JsonBuffer out) {
    int mark = out.size();
    AvroBytes in = new AvroBytes(data, offset, length, limits.maxDepth());
    out.allow(limits.maxJsonSize());
    boolean written = false;
    try {
      root.write(in, out);
      if (in.left() > 0) {
        throw new PoisonException(
            PoisonReason.TRAILING_BYTES, in.left() + " bytes are left after the value's end");
      }
      written = true;
    } catch (PoisonException e) {
      throw e.withSchemaId(schemaId);
    } finally {
      out.unlimited();
      if (!written) {
        out.truncate(mark);
      }
    }
  }

  private static String brief(Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String line = message.replaceAll("\\s+", " ");
    return line.length() > MAX_MESSAGE ? line.substring(0, MAX_MESSAGE) : line;
  }
}
