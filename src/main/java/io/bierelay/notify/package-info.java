/** Event bus to exchange: publishes batches, waits for the broker's confirms, replies. */
@NullMarked
package io.bierelay.notify;

import org.jspecify.annotations.NullMarked;
