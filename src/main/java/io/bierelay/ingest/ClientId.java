package io.bierelay.ingest;

import io.bierelay.status.ProcessIdentity;
import java.util.Optional;

/**
 * How a consumer calls itself to Kafka, so that whoever reads the group's description learns the
 * process: {@code bie-relay@<host>:<process>/<consumer>}.
 */
final class ClientId {

  private static final String PREFIX = "bie-relay@";

  private ClientId() {}

  /**
   * @param member which consumer of this process it is, from 0 on
   */
  static String of(int member) {
    return PREFIX + ProcessIdentity.own().instance() + "/" + member;
  }

  /** The process of a client id that {@link #of} has made; empty for any other. */
  static Optional<String> instanceOf(String clientId) {
    int end = clientId.lastIndexOf('/');
    return clientId.startsWith(PREFIX) && end > PREFIX.length()
        ? Optional.of(clientId.substring(PREFIX.length(), end))
        : Optional.empty();
  }
}
