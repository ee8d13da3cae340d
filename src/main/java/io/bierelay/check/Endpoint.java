package io.bierelay.check;

import java.net.URI;
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

  /** Of an address with http or https, where Java's own authorities are trusted. */
  public static Endpoint ofUrl(URI url, String setting) {
    boolean https = "https".equals(url.getScheme());
    String host = url.getHost().replaceAll("[\\[\\]]", "");
    return new Endpoint(
        host,
        url.getPort() > 0 ? url.getPort() : https ? 443 : 80,
        https ? ClientSide::javas : null,
        false,
        Greeting.http(host),
        new Remedies(
            setting,
            "write https in place of http in " + setting,
            "write http in place of https in %s, or name the port that speaks TLS"
                .formatted(setting),
            "Java's own trust store (-Djavax.net.ssl.trustStore)",
            "Java's own key store"));
  }

  /** Fit for messages. */
  public String address() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
