/** One event's way as a trace: what is taken over, made and sent to a collector; off by default. */
@NullMarked
package io.bierelay.trace;

import org.jspecify.annotations.NullMarked;
