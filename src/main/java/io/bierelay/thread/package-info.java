/** Threads for calls that block: what a client library does not offer without. */
@NullMarked
package io.bierelay.thread;

import org.jspecify.annotations.NullMarked;
