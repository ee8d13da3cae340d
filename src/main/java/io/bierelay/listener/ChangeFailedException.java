package io.bierelay.listener;

/**
 * A message that could not be relayed: its text names the thing and the remedy, and holds neither a
 * secret nor personal data.
 *
 * <p>Without a stack trace, because it tells of the message and of servers, not of the code.
 */
class ChangeFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final FailureReason reason;

  ChangeFailedException(FailureReason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  FailureReason reason() {
    return reason;
  }
}
