package io.bierelay.rabbit;

/** The session that something was pending on is over; what became of it is not known. */
public final class RabbitSessionOverException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Names the reason.
   *
   * @param reason one sentence for the person on call
   */
  public RabbitSessionOverException(String reason) {
    super(reason, null, false, false);
  }
}
