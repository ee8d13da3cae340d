package io.bierelay.persist;

/** What a message turned out to be. */
sealed interface Reading {

  /** A notification, ready to be stored. */
  record Row(EventRow content) implements Reading {}

  /**
   * No notification; it never will be one.
   *
   * @param reason a short constant, fit for a metric's tag
   * @param detail one sentence for a person; never the content
   */
  record Unusable(String reason, String detail) implements Reading {}
}
