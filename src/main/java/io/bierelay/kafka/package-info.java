/** How this project's Kafka clients reach Kafka, and what their failures mean. */
@NullMarked
package io.bierelay.kafka;

import org.jspecify.annotations.NullMarked;
