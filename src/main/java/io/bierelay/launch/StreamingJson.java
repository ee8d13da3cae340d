package io.bierelay.launch;

import io.vertx.core.json.jackson.JacksonCodec;
import io.vertx.core.spi.JsonFactory;
import io.vertx.core.spi.json.JsonCodec;

/**
 * Has Vert.x read and write JSON with Jackson's streaming half only.
 *
 * <p>Nothing here maps JSON to beans, and loading the half that does would be a tenth of the start
 * up to the first answer about health.
 */
public final class StreamingJson implements JsonFactory {

  /** Called by the service loader. */
  public StreamingJson() {}

  @Override
  public JsonCodec codec() {
    return new JacksonCodec();
  }
}
