/** How several processes share one event bus: {@code --cluster}. */
@NullMarked
package io.bierelay.cluster;

import org.jspecify.annotations.NullMarked;
