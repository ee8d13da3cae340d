package io.bierelay.check;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * One address of a server, and how it is spoken to there.
 *
 * @param host a name or an address
 * @param tls opens what is brought to the handshake; null where TLS is not wanted
 * @param upgrades whether TLS begins only after the greeting was answered by 'S' (PostgreSQL)
 */
public record Endpoint(
    String host,
    int port,
    @Nullable Callable<ClientSide> tls,
    boolean upgrades,
    Greeting greeting,
    Remedies remedies) {

  /** Fit for messages. */
  public String address() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
