/** One RabbitMQ connection with its channels, which live and die together. */
@NullMarked
package io.bierelay.rabbit;

import org.jspecify.annotations.NullMarked;
