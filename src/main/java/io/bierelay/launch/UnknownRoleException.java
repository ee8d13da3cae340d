package io.bierelay.launch;

/** A role was asked for that {@code verticles.json} does not list. */
public final class UnknownRoleException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UnknownRoleException(String message) {
    super(message, null, false, false);
  }
}
