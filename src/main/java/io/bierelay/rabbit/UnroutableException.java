package io.bierelay.rabbit;

import java.util.Set;

/** The broker took messages but had no queue for some of them. */
public final class UnroutableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial")
  private final transient Set<String> messageIds;

  private final String exchange;

  UnroutableException(String exchange, Set<String> messageIds) {
    super(
        "no queue is bound to exchange '%s' for %d of the messages; bind a queue to it"
            .formatted(exchange, messageIds.size()),
        null,
        false,
        false);
    this.exchange = exchange;
    this.messageIds = Set.copyOf(messageIds);
  }

  /** The exchange of the batch's first message. */
  public String exchange() {
    return exchange;
  }

  /** The ids of the messages that were returned. */
  public Set<String> messageIds() {
    return messageIds;
  }
}
