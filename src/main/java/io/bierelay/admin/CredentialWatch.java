package io.bierelay.admin;

import io.bierelay.access.Credentials;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the credentials as the files last said, and reads them again when they change.
 *
 * <p>What is wrong or gone changes nothing: a secret that is being replaced must lock nobody out.
 * Belongs to the admin verticle's context.
 */
final class CredentialWatch {

  private static final Logger LOG = LoggerFactory.getLogger(CredentialWatch.class);
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final List<Path> files;
  private final Runnable changed;
  private Credentials current = Credentials.none();
  private String seen = "";
  private boolean reading;
  private long timer = -1;

  /**
   * @param changed called after other credentials came into force
   */
  CredentialWatch(Vertx vertx, List<Path> files, Runnable changed) {
    this.vertx = vertx;
    this.files = files;
    this.changed = changed;
  }

  /** What a look at the files gave: their content's hash, and what it means. */
  private record Look(String fingerprint, Credentials credentials, List<String> problems) {}

  /** Reads for the first time, and then on every change. */
  Future<Void> start() {
    if (files.isEmpty()) {
      return Future.succeededFuture();
    }
    timer = vertx.setPeriodic(INTERVAL.toMillis(), id -> look());
    return look();
  }

  Credentials current() {
    return current;
  }

  void close() {
    if (timer >= 0) {
      vertx.cancelTimer(timer);
    }
  }

  private Future<Void> look() {
    if (reading) {
      return Future.succeededFuture();
    }
    reading = true;
    // The content and not the time of change: Kubernetes swaps a link, others restore a backup.
    return vertx
        .executeBlocking(this::read, false)
        .onComplete(done -> reading = false)
        .onSuccess(this::take)
        .onFailure(e -> LOG.error("can't read {}", files, e))
        .mapEmpty();
  }

  private Look read() {
    List<String> problems = new ArrayList<>();
    Credentials credentials = Credentials.read(files, problems);
    return new Look(credentials.fingerprint() + problems, credentials, problems);
  }

  private void take(Look look) {
    if (Objects.equals(look.fingerprint(), seen)) {
      return;
    }
    boolean first = seen.isEmpty();
    seen = look.fingerprint();
    if (!look.problems().isEmpty()) {
      LOG.error("credentials stay as they were: {}", String.join("; ", look.problems()));
      return;
    }
    current = look.credentials();
    if (!first) {
      LOG.info("credentials were changed: {} are known now", current.size());
      changed.run();
    }
  }
}
