package io.bierelay.avro;

/**
 * A record that can never be decoded, however often it is tried.
 *
 * <p>Without a stack trace, because it tells of the data and not of the code, and a stream of
 * poison must stay cheap. Its texts never contain content of the record; the names of the schema's
 * fields are no content.
 */
public final class PoisonException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Names come from other people's schemas, so a header or log line must not grow with them. */
  private static final int MAX_PATH = 160;

  private final PoisonReason reason;
  private final String detail;
  private final String path;
  private final int schemaId;

  /**
   * Without a schema id, because none is known yet.
   *
   * @param detail one sentence for a person; never content of the record
   */
  public PoisonException(PoisonReason reason, String detail) {
    this(reason, detail, "", -1);
  }

  private PoisonException(PoisonReason reason, String detail, String path, int schemaId) {
    super(reason.tag() + ": " + sentence(detail, path), null, false, false);
    this.reason = reason;
    this.detail = detail;
    this.path = path;
    this.schemaId = schemaId;
  }

  /** The kind of failure. */
  public PoisonReason reason() {
    return reason;
  }

  /** One sentence for a person, with the field's path where one is known. */
  public String detail() {
    return sentence(detail, path);
  }

  /** The writer's schema in the registry, or -1 when the value had none. */
  public int schemaId() {
    return schemaId;
  }

  /** The same failure, of a value with this schema. */
  public PoisonException withSchemaId(int id) {
    return id == schemaId ? this : new PoisonException(reason, detail, path, id);
  }

  /** The same failure, found inside this field. */
  PoisonException inside(String field) {
    if (path.length() >= MAX_PATH) {
      return this;
    }
    String longer = path.isEmpty() ? printable(field) : printable(field) + '.' + path;
    String shown = longer.length() > MAX_PATH ? longer.substring(0, MAX_PATH) : longer;
    return new PoisonException(reason, detail, shown, schemaId);
  }

  /** Names are not validated when schemas are parsed, and may hold anything, even line breaks. */
  private static String printable(String name) {
    String start = name.length() > MAX_PATH ? name.substring(0, MAX_PATH) : name;
    return start.replaceAll("[^A-Za-z0-9_-]", "?");
  }

  private static String sentence(String detail, String path) {
    return path.isEmpty() ? detail : detail + " (in field " + path + ")";
  }
}
