package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;

/**
 * One message to publish. The body is handed over, not copied.
 *
 * @param properties with a message id, by which a returned message is recognised
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over once; never compared, never a key.
public record OutboundMessage(
    String exchange, String routingKey, AMQP.BasicProperties properties, byte[] body) {}
