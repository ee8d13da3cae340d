package io.bierelay.ingest;

import io.bierelay.avro.JsonBuffer;
import io.vertx.core.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** How the value of a record becomes JSON; called on one event loop, which it must not block. */
interface ValueReader {

  /** A value that can be written. */
  interface Value {

    /** The writer's schema in the registry; -1 if there is none. */
    int schemaId();

    /**
     * Appends the value as JSON.
     *
     * @throws io.bierelay.avro.PoisonException if it turns out to be none
     */
    void writeTo(JsonBuffer json);
  }

  /** A value that is JSON already. */
  @SuppressWarnings("ArrayRecordComponent") // Written once; never compared.
  record Text(byte[] json) implements Value {

    @Override
    public int schemaId() {
      return -1;
    }

    @Override
    public void writeTo(JsonBuffer out) {
      out.raw(json);
    }
  }

  /**
   * Reads a record whose value is not null.
   *
   * @return fails with {@link io.bierelay.avro.PoisonException} when it can never be read; any
   *     other failure means that it could not be found out: wait and ask again
   */
  Future<Value> read(ConsumerRecord<byte[], byte[]> record);

  /** Releases what it holds. */
  default Future<Void> close() {
    return Future.succeededFuture();
  }
}
