/** What one setting is, and how the effective value of each is found and checked. */
@NullMarked
package io.bierelay.settings;

import org.jspecify.annotations.NullMarked;
