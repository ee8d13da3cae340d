package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;

/**
 * A message that a queue delivered and that waits for its acknowledgement.
 *
 * @param deliveryTag valid within its session only; grows with each delivery of the channel
 * @param redelivered whether it was delivered before and not acknowledged
 * @param body not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over once; never compared, never a key.
public record RabbitDelivery(
    String queue,
    long deliveryTag,
    boolean redelivered,
    AMQP.BasicProperties properties,
    byte[] body) {}
