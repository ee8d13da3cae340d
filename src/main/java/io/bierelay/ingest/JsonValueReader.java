package io.bierelay.ingest;

import io.bierelay.avro.AvroLimits;
import io.bierelay.avro.JsonText;
import io.bierelay.avro.PoisonException;
import io.vertx.core.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Takes values that are JSON text as they are, once they are known to be that. */
final class JsonValueReader implements ValueReader {

  private final AvroLimits limits;

  JsonValueReader(AvroLimits limits) {
    this.limits = limits;
  }

  @Override
  public Future<Value> read(ConsumerRecord<byte[], byte[]> record) {
    try {
      JsonText.check(record.value(), limits);
    } catch (PoisonException e) {
      return Future.failedFuture(e);
    }
    return Future.succeededFuture(new Text(record.value()));
  }
}
