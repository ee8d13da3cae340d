package io.bierelay.check;

/**
 * What a step found wrong.
 *
 * @param cause the likely cause, one sentence without a secret
 * @param remedy what a person can do about it
 */
public record Problem(String cause, String remedy) {

  /** The same, as something to throw. */
  public StepFailedException toException() {
    return new StepFailedException(this);
  }
}
