package io.bierelay.avro;

/** Reads one value of one schema and writes it as JSON; immutable, so shared by all threads. */
@FunctionalInterface
interface ValueWriter {

  /**
   * @throws PoisonException if the bytes are not such a value; what was written until then stays
   */
  void write(AvroBytes in, JsonBuffer out);
}
