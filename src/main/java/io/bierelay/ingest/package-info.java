/**
 * Kafka to event bus: polls, keeps each partition's order in a lane, commits what was confirmed.
 */
@NullMarked
package io.bierelay.ingest;

import org.jspecify.annotations.NullMarked;
