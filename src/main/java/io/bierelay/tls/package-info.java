/**
 * Keys and certificates: how they are configured, read, checked and renewed, for all rooms that
 * talk to a server.
 */
@NullMarked
package io.bierelay.tls;

import org.jspecify.annotations.NullMarked;
