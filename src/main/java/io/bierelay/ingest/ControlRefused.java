package io.bierelay.ingest;

import io.bierelay.event.SubscriptionBus;

/** What a person asked for can't be done, for a reason that the message tells. */
final class ControlRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int code;

  /**
   * @param code one of {@link SubscriptionBus}'s failure codes
   */
  ControlRefused(int code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  int code() {
    return code;
  }

  static ControlRefused notFound(String message) {
    return new ControlRefused(SubscriptionBus.NOT_FOUND, message);
  }

  static ControlRefused conflict(String message) {
    return new ControlRefused(SubscriptionBus.CONFLICT, message);
  }

  static ControlRefused unavailable(String message) {
    return new ControlRefused(SubscriptionBus.UNAVAILABLE, message);
  }
}
