/** What one metric is: name, type, unit, tags, one sentence. */
@NullMarked
package io.bierelay.metrics;

import org.jspecify.annotations.NullMarked;
