package io.bierelay.rabbit;

/** The broker took messages and then refused them ({@code basic.nack}): they are not stored. */
public final class RefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RefusedException(String exchange, int count) {
    super(
        ("RabbitMQ refused %d messages for exchange '%s' (basic.nack): a queue behind it is full, or"
                + " fails; see the queue's length limit, and its node")
            .formatted(count, exchange),
        null,
        false,
        false);
  }
}
