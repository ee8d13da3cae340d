/** The HTTP endpoint of every role: health, metrics, subscriptions. */
@NullMarked
package io.bierelay.admin;

import org.jspecify.annotations.NullMarked;
