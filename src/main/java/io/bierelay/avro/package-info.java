/** Schema registry client, wire format, Avro to JSON. Knows no Kafka client and no broker. */
@NullMarked
package io.bierelay.avro;

import org.jspecify.annotations.NullMarked;
