/** Whether a server can be reached and used, found out step by step without changing anything. */
@NullMarked
package io.bierelay.check;

import org.jspecify.annotations.NullMarked;
