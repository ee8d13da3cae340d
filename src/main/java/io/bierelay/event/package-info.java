/**
 * What flows: event types, identities, notifications and the batches that carry them over the event
 * bus. Knows no Kafka, no RabbitMQ, no SQL.
 */
@NullMarked
package io.bierelay.event;

import org.jspecify.annotations.NullMarked;
