/** What a verticle says of itself on the event bus, for whoever shows it. */
@NullMarked
package io.bierelay.status;

import org.jspecify.annotations.NullMarked;
