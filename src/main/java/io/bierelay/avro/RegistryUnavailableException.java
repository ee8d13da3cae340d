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

  /** Whom to ask next, at once. */
  enum Next {
    /** Nobody: it would be the same, or do harm. */
    NOBODY,
    /** An address that was not asked yet; the same one would say the same. */
    OTHERS,
    /** Any address, also the same. */
    ANY
  }

  private final Next next;

  RegistryUnavailableException(String message, Next next) {
    super(message, null, false, false);
    this.next = next;
  }

  Next next() {
    return next;
  }
}
