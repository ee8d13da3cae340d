package io.bierelay.launch;

/** A verticle did not start: a port that is taken, a class that is missing, a deadline passed. */
public final class StartException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  StartException(String verticle, Throwable cause) {
    super(verticle + " did not start: " + cause.getMessage(), cause);
  }
}
