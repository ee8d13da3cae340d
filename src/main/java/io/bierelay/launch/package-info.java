/**
 * From a role's name to deployed verticles: the roster (verticles.json), the sources of settings,
 * start and stop in order.
 */
@NullMarked
package io.bierelay.launch;

import org.jspecify.annotations.NullMarked;
