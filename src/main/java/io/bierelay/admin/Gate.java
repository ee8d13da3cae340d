package io.bierelay.admin;

import io.bierelay.access.Role;
import io.bierelay.admin.ApiContract.Audience;
import io.bierelay.admin.Authenticator.Outcome;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Lets through who may, and tells the others why not and what they need. */
final class Gate {

  private static final String BEARER = "Bearer realm=\"bie-relay\"";
  private static final String BASIC = "Basic realm=\"bie-relay\", charset=\"UTF-8\"";

  private final Authenticator authenticator;
  private final List<String> open;
  private final Audit audit;

  /**
   * @param open which of health and metrics anybody may have
   */
  Gate(Authenticator authenticator, List<String> open, Audit audit) {
    this.authenticator = authenticator;
    this.open = open;
    this.audit = audit;
  }

  /** Goes on to the next handler, or answers. The body is not read before that is decided. */
  void pass(RoutingContext context, Audience audience, String operation) {
    if (isOpen(audience)) {
      context.next();
      return;
    }
    HttpServerRequest request = context.request();
    if (audience == Audience.OPERATOR) {
      audit.begin(context, operation);
    }
    if (audience == Audience.OPERATOR && HostCheck.isFromElsewhere(request)) {
      refuse(
          context,
          () ->
              Problem.answer(
                  context,
                  403,
                  "pages of other origins can't change anything here; use this one's"));
      return;
    }
    request.pause();
    authenticator
        .authenticate(request.getHeader(HttpHeaders.AUTHORIZATION), address(context))
        .onFailure(e -> refuse(context, () -> context.fail(e)))
        .onSuccess(outcome -> decide(context, outcome, audience.needs()));
  }

  static String address(RoutingContext context) {
    return Optional.ofNullable(context.request().remoteAddress())
        .map(remote -> Optional.ofNullable(remote.hostAddress()).orElse(remote.toString()))
        .orElse("unknown");
  }

  private boolean isOpen(Audience audience) {
    return audience == Audience.OPEN || open.contains(audience.name().toLowerCase(Locale.ROOT));
  }

  private void decide(RoutingContext context, Outcome outcome, Role needed) {
    if (outcome instanceof Outcome.Is is) {
      is.principal().attachTo(context);
      if (is.principal().may(needed)) {
        context.request().resume();
        context.next();
      } else if (is.principal().known()) {
        refuse(context, () -> forbidden(context, is.principal(), needed));
      } else if (is.principal().role().isPresent()) {
        refuse(context, () -> anonymousMayNot(context));
      } else {
        refuse(context, () -> unauthorized(context, "credentials are needed"));
      }
    } else if (outcome instanceof Outcome.LockedOut locked) {
      refuse(context, () -> lockedOut(context, locked.rest()));
    } else if (outcome instanceof Outcome.Busy) {
      refuse(context, () -> busy(context));
    } else {
      AdminMetrics.refused("wrong-credentials");
      refuse(context, () -> unauthorized(context, "these credentials are not known here"));
    }
  }

  /** The body, if there is one, is never read: then the connection can't be used again. */
  private static void refuse(RoutingContext context, Runnable answer) {
    if (!context.request().isEnded() && hasBody(context.request())) {
      Problem.closeAfter(context);
    }
    context.request().resume();
    answer.run();
  }

  private static boolean hasBody(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
        || (length != null && !length.equals("0"));
  }

  private static void unauthorized(RoutingContext context, String why) {
    // A browser that is offered Basic shows a window of its own and remembers what is typed there,
    // which then goes along with requests of strangers' pages too.
    boolean browser = context.request().headers().contains("sec-fetch-mode");
    List<String> schemes = browser ? List.of(BEARER) : List.of(BEARER, BASIC);
    context.response().putHeader("www-authenticate", schemes);
    Problem.answer(
        context,
        401,
        ("%s; send the header Authorization with Bearer and a token, or Basic with name and"
                + " password, of a file that %s names")
            .formatted(why, AdminSettings.CREDENTIALS.key()));
  }

  private static void forbidden(RoutingContext context, Principal principal, Role needed) {
    AdminMetrics.refused("role");
    Problem.answer(
        context,
        403,
        "'%s' is a %s, and this needs the role %s; use other credentials"
            .formatted(principal.name(), principal.label(), needed.label()));
  }

  private static void anonymousMayNot(RoutingContext context) {
    AdminMetrics.refused("role");
    Problem.answer(
        context,
        403,
        "without credentials one may only look here; name a file of them with %s, or set %s to"
                .formatted(AdminSettings.CREDENTIALS.key(), AdminSettings.INSECURE_ROLE.key())
            + " operator");
  }

  private static void lockedOut(RoutingContext context, Duration rest) {
    AdminMetrics.refused("locked-out");
    Problem.retryAfter(context, rest);
    Problem.answer(
        context,
        429,
        "wrong credentials came too often from your address; wait %d s, then send the right ones"
            .formatted(Math.max(1, rest.toSeconds() + 1)));
  }

  private static void busy(RoutingContext context) {
    Problem.retryAfter(context, Duration.ZERO);
    Problem.answer(context, 503, "too many passwords are being checked; ask again, or use a token");
  }
}
