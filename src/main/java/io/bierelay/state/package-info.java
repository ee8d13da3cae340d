/**
 * Keeps in Redis what the processes of a consumer group tell one another, and what people said of
 * partitions. Nobody depends on it.
 */
@NullMarked
package io.bierelay.state;

import org.jspecify.annotations.NullMarked;
