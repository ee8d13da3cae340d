package io.bierelay.admin;

import io.bierelay.settings.Settings;
import io.vertx.core.Vertx;

/** What the endpoint consists of, put together as the settings say. */
record AdminParts(
    AdminRoutes routes,
    ViewRoutes views,
    Connections connections,
    CredentialWatch credentials,
    LogLevels levels) {

  static AdminParts make(Vertx vertx, Settings settings, ProcessFacts facts, StatusBoard board) {
    AccessRules rules = AccessRules.of(settings);
    ViewRoutes views =
        new ViewRoutes(
            vertx,
            facts,
            board,
            new OldestEvent(settings.get(AdminSettings.OLDEST_EVENT_LIMIT)),
            settings.get(AdminSettings.STREAM_READERS));
    LogLevels levels = new LogLevels(vertx);
    // Streams were let in by credentials that may be gone.
    CredentialWatch watch = new CredentialWatch(vertx, rules.files(), views::disconnect);
    Authenticator authenticator =
        new Authenticator(
            vertx,
            watch::current,
            rules.anonymous(),
            new LockOut(
                settings.get(AdminSettings.LOCKOUT_FAILURES),
                settings.get(AdminSettings.LOCKOUT_MAX),
                System::nanoTime));
    AdminRoutes routes =
        new AdminRoutes(
            vertx,
            new HostCheck(rules.host(), rules.isLoopback(), settings.get(AdminSettings.HOSTS)),
            new Gate(authenticator, rules.open(), new Audit()),
            views,
            new ControlRoutes(vertx, board, levels));
    return new AdminParts(
        routes,
        views,
        new Connections(vertx, settings.get(AdminSettings.CONNECTIONS)),
        watch,
        levels);
  }

  void close() {
    views.disconnect();
    connections.close();
    credentials.close();
    levels.close();
  }
}
