package io.bierelay.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import org.apache.avro.Schema;

/** The Avro schemas of the five events, as BIE publishes them. */
public final class ContentionSchemas {
  private static final Map<ContentionType, Schema> SCHEMAS = new EnumMap<>(ContentionType.class);

  static {
    for (ContentionType type : ContentionType.values()) {
      SCHEMAS.put(type, read("/avro/" + type.recordName() + ".avsc"));
    }
  }

  private ContentionSchemas() {}

  /** The schema of that kind of event. */
  public static Schema of(ContentionType type) {
    return SCHEMAS.get(type);
  }

  private static Schema read(String resource) {
    try (InputStream in = ContentionSchemas.class.getResourceAsStream(resource)) {
      return new Schema.Parser().parse(in);
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }
}
