package io.bierelay.admin;

import io.bierelay.settings.Settings;
import io.vertx.core.Vertx;

/** What the endpoint consists of, put together as the settings say. */
record AdminParts(
    AdminRoutes routes,
    ViewRoutes views,
    Connections connections,
    CredentialWatch credentials,
    CertificateWatch certificates,
    LogLevels levels) {

  static AdminParts make(Vertx vertx, Settings settings, ProcessFacts facts, StatusBoard board) {
    AccessRules rules = AccessRules.of(settings);
    CertificateWatch certificates = new CertificateWatch(vertx, settings);
    ViewRoutes views =
        new ViewRoutes(
            vertx,
            facts,
            board,
            new OldestEvent(settings.get(AdminSettings.OLDEST_EVENT_LIMIT)),
            settings.get(AdminSettings.STREAM_READERS),
            certificates);
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
        certificates,
        levels);
  }

  void close() {
    views.disconnect();
    connections.close();
    credentials.close();
    certificates.close();
    levels.close();
  }
}
