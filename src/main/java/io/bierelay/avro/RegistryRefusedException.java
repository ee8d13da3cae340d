package io.bierelay.avro;

/**
 * The registry understood the question and said no: there is no such subject, or it does not take
 * the schema. Asking again does not help; something must be changed first.
 *
 * <p>The message names the subject, the registry's words and the remedy. Without a stack trace,
 * because it is no statement about the code.
 */
public final class RegistryRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int errorCode;

  RegistryRefusedException(String message, int errorCode) {
    super(message, null, false, false);
    this.errorCode = errorCode;
  }

  /** The registry's own code, such as 40401 for an unknown subject or 409 for incompatible. */
  public int errorCode() {
    return errorCode;
  }
}
