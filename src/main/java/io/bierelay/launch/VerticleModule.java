package io.bierelay.launch;

import io.bierelay.check.CheckRequest;
import io.bierelay.check.ServerCheck;
import io.bierelay.metrics.Metric;
import io.bierelay.settings.FormerVariable;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;

/**
 * What the launcher must know of a verticle without loading it: a service provider, listed in
 * {@code META-INF/services}.
 *
 * <p>An implementation refers to the verticle's class only inside {@link #create}, so that a
 * verticle which is switched off is never loaded.
 */
public interface VerticleModule {

  /** Its name in {@code verticles.json}: the simple name of the verticle's class. */
  String name();

  /** When it starts. */
  Stage stage();

  /** The settings that it reads; it is given no others. */
  List<Setting<?>> settings();

  /** The metrics that it registers. */
  List<Metric> metrics();

  /**
   * Checks what one setting alone can't tell.
   *
   * @return problems, one line each, with the remedy; empty when all is well
   */
  default List<String> problems(Settings settings) {
    return List.of();
  }

  /** What a person should know at each start although it works: one line each, with the remedy. */
  default List<String> warnings(Settings settings) {
    return List.of();
  }

  /**
   * Those of its settings that a process without a verticle that reads them must not be given: a
   * start with one of them is refused. One that is no secret counts as given if it names a file
   * that can be read.
   */
  default List<Setting<String>> credentials() {
    return List.of();
  }

  /** Variables of a service that this verticle replaces; read only where it runs. */
  default List<FormerVariable> formerVariables() {
    return List.of();
  }

  /** How the command {@code check} finds out whether this verticle could do its work. */
  default List<ServerCheck> checks(CheckRequest request) {
    return List.of();
  }

  /**
   * Lays out in a server what must be there before events flow, for the command {@code migrate};
   * one attempt, whatever the settings say of doing so at each start.
   *
   * @return what was done, in words; empty where there is nothing to lay out. Fails with an {@link
   *     IllegalStateException} that says why and what to do
   */
  default Future<Optional<String>> prepare(Vertx vertx, Settings settings) {
    return Future.succeededFuture(Optional.empty());
  }

  /** Makes one instance; called once per instance, before deployment. */
  Deployable create();
}
