/** How long to wait before something that is away is tried again. */
@NullMarked
package io.bierelay.retry;

import org.jspecify.annotations.NullMarked;
