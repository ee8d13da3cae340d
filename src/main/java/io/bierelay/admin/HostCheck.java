package io.bierelay.admin;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.SecurityPolicyHandler;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Refuses requests that mean another host.
 *
 * <p>Against DNS rebinding: a page of a stranger whose name now resolves to 127.0.0.1 is of the
 * same origin as this endpoint, in the eyes of a browser on this machine; only the name it used
 * gives it away. A request without a name comes from no browser.
 */
final class HostCheck implements SecurityPolicyHandler {

  private final Set<String> allowed = new HashSet<>();
  private final boolean checks;

  /**
   * @param host the address that is listened on
   * @param names by which it is called besides
   */
  HostCheck(String host, boolean loopback, List<String> names) {
    checks = loopback || !names.isEmpty();
    allowed.add(plain(host));
    allowed.addAll(List.of("localhost", "127.0.0.1", "::1"));
    names.forEach(name -> allowed.add(plain(name)));
  }

  @Override
  public void handle(RoutingContext context) {
    HostAndPort authority = context.request().authority();
    boolean named = context.request().headers().contains(HttpHeaders.HOST);
    if (checks && named && (authority == null || !allowed.contains(plain(authority.host())))) {
      Problem.closeAfter(context);
      Problem.answer(
          context,
          421,
          "this endpoint does not go by the name in the header Host; ask for localhost, or add the"
              + " name to %s".formatted(AdminSettings.HOSTS.key()));
    } else {
      context.next();
    }
  }

  /**
   * Whether a page of another origin asks. Only browsers say the origin, and they say it with all
   * that changes something.
   */
  static boolean isFromElsewhere(HttpServerRequest request) {
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    HostAndPort authority = request.authority();
    if (origin == null) {
      return false;
    }
    return authority == null || !origin.replaceFirst("^https?://", "").equals(text(authority));
  }

  private static String text(HostAndPort authority) {
    return authority.port() > 0 ? authority.host() + ":" + authority.port() : authority.host();
  }

  private static String plain(String host) {
    return host.toLowerCase(Locale.ROOT).replaceAll("^\\[|\\]$", "");
  }
}
