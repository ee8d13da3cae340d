/** Queue to PostgreSQL: one row per notification, or a dead letter. */
@NullMarked
package io.bierelay.persist;

import org.jspecify.annotations.NullMarked;
