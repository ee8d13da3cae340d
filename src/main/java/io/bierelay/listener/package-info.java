/** Entity changes become records: a message leads to a fetch, a schema, a record, a send. */
@NullMarked
package io.bierelay.listener;

import org.jspecify.annotations.NullMarked;
