package io.bierelay.avro;

/**
 * The registry gave no answer that tells anything about the schema: it is away, refuses us, or is
 * not what stands at its address.
 *
 * <p>Never a reason to give a record up: wait and ask again. The message names the address, what
 * came instead, and the remedy; it holds no secret. Without a stack trace, because it is no
 * statement about the code.
 */
public final class RegistryUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean elsewhere;

  /**
   * @param elsewhere whether another try, or another of the registry's addresses, may do better at
   *     once
   */
  RegistryUnavailableException(String message, boolean elsewhere) {
    super(message, null, false, false);
    this.elsewhere = elsewhere;
  }

  boolean mayWorkElsewhere() {
    return elsewhere;
  }
}
