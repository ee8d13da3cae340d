/** Questions over HTTP that end in time and within bounds, whatever the other side does. */
@NullMarked
package io.bierelay.http;

import org.jspecify.annotations.NullMarked;
