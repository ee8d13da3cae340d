package io.bierelay.admin;

import io.bierelay.access.Role;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/**
 * Who asks.
 *
 * @param name as in the file of credentials
 * @param role what they may do; empty for nothing
 * @param known whether they have shown credentials
 */
record Principal(String name, Optional<Role> role, boolean known) {

  private static final String KEY = "bie.principal";

  static Principal anonymous(Optional<Role> role) {
    return new Principal("anonymous", role, false);
  }

  boolean may(Role needed) {
    return role.filter(has -> has.includes(needed)).isPresent();
  }

  /** What is answered to the question who one is. */
  String label() {
    return known ? role.map(Role::label).orElse("anonymous") : "anonymous";
  }

  void attachTo(RoutingContext context) {
    context.put(KEY, this);
  }

  /** Who asks; nobody in particular where that was not looked at. */
  static Principal of(RoutingContext context) {
    Principal attached = context.get(KEY);
    return attached == null ? anonymous(Optional.empty()) : attached;
  }
}
