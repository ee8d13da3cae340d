/** Who may do what: roles, hashed credentials, and the files that hold them. */
@NullMarked
package io.bierelay.access;

import org.jspecify.annotations.NullMarked;
