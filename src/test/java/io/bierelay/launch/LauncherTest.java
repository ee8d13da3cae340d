package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.status.StatusBeacon;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In which order verticles come and go, and that a start and a stop always end. */
@Timeout(60)
class LauncherTest {

  @TempDir Path directory;

  private final List<String> events = new CopyOnWriteArrayList<>();
  private final List<Launcher> launchers = new ArrayList<>();

  @AfterEach
  void stopAll() {
    for (Launcher launcher : launchers) {
      var unused = catchThrowable(() -> await(launcher.stop()));
    }
  }

  private FakeModule noting(String name, Stage stage) {
    return noting(name, stage, vertx -> Future.succeededFuture(), Future.succeededFuture());
  }

  private FakeModule noting(
      String name, Stage stage, Function<Vertx, Future<?>> start, Future<?> stop) {
    return FakeModule.of(
        name,
        stage,
        vertx -> {
          events.add("+" + name);
          return start.apply(vertx);
        },
        vertx -> {
          events.add("-" + name);
          return stop;
        });
  }

  /** A role for each module by its name in lower case, and one called all. */
  private Launcher launcher(List<String> roles, Map<String, String> env, FakeModule... modules)
      throws IOException {
    JsonObject json = new JsonObject();
    JsonArray all = new JsonArray();
    for (FakeModule module : modules) {
      JsonObject entry = new JsonObject().put("verticle", module.name());
      all.add(entry);
      json.put(module.name().toLowerCase(java.util.Locale.ROOT), new JsonArray().add(entry));
    }
    json.put("all", all);
    Path file =
        Files.writeString(
            directory.resolve("verticles.json"), new JsonObject().put("roles", json).encode());
    Launcher launcher =
        new Launcher(
            new LaunchRequest(roles, List.of(), Optional.of(file), env),
            Modules.of(List.of(modules)));
    launchers.add(launcher);
    return launcher;
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new CompletionException(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Throwable failure(Future<?> future) {
    return catchThrowable(() -> await(future)).getCause();
  }

  @Test
  void startsAdminThenConsumersThenProducersAndStopsInReverse() throws IOException {
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of(),
            noting("P", Stage.PRODUCER),
            noting("C", Stage.CONSUMER),
            noting("A", Stage.ADMIN));
    await(launcher.start());
    assertThat(events).containsExactly("+A", "+C", "+P");
    assertThat(await(launcher.stop())).isTrue();
    assertThat(events).containsExactly("+A", "+C", "+P", "-P", "-C", "-A");
    assertThat(await(launcher.ended())).isTrue();
    assertThat(launcher.stopRequested()).isTrue();
  }

  @Test
  void severalRolesRunInOneProcess() throws IOException {
    Launcher launcher =
        launcher(
            List.of("p", "c"),
            Map.of(),
            noting("P", Stage.PRODUCER),
            noting("C", Stage.CONSUMER),
            noting("A", Stage.ADMIN));
    await(launcher.start());
    assertThat(events).containsExactly("+C", "+P");
  }

  @Test
  void theNextOneStartsOnlyWhenTheOneBeforeHasStarted() throws IOException {
    Promise<Void> slow = Promise.promise();
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of(),
            noting("C", Stage.CONSUMER, vertx -> slow.future(), Future.succeededFuture()),
            noting("P", Stage.PRODUCER));
    Future<Void> start = launcher.start();
    eventually("+C");
    assertThat(start.isComplete()).isFalse();
    slow.complete();
    await(start);
    assertThat(events).containsExactly("+C", "+P");
  }

  @Test
  void aStartThatFailsStopsWhatWasStarted() throws IOException {
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of(),
            noting("A", Stage.ADMIN),
            noting(
                "C",
                Stage.CONSUMER,
                vertx -> Future.failedFuture("port 80 is taken"),
                Future.succeededFuture()),
            noting("P", Stage.PRODUCER));
    assertThat(failure(launcher.start()))
        .isInstanceOf(StartException.class)
        .hasMessage("C did not start: port 80 is taken");
    assertThat(await(launcher.ended())).isTrue();
    assertThat(events).containsExactly("+A", "+C", "-A");
    assertThat(launcher.stopRequested()).isFalse();
  }

  @Test
  void aStartThatNeverEndsIsGivenUp() throws IOException {
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of("BIE_LAUNCH_START_TIMEOUT", "1s"),
            noting("A", Stage.ADMIN),
            noting(
                "C",
                Stage.CONSUMER,
                vertx -> Promise.promise().future(),
                Future.succeededFuture()));
    assertThat(failure(launcher.start()))
        .isInstanceOf(StartException.class)
        .hasMessageStartingWith("C did not start: ");
    await(launcher.ended());
    assertThat(events).containsSubsequence("+A", "+C", "-A");
  }

  @Test
  void aStopThatHangsIsBoundedAndUnclean() throws IOException {
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of("BIE_LAUNCH_STOP_TIMEOUT", "200ms"),
            noting("A", Stage.ADMIN),
            noting(
                "C",
                Stage.CONSUMER,
                vertx -> Future.succeededFuture(),
                Promise.promise().future()));
    await(launcher.start());
    long begun = System.nanoTime();
    assertThat(await(launcher.stop())).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
    assertThat(events).containsExactly("+A", "+C", "-C", "-A");
  }

  @Test
  void aDrainStopsAllButTheAdminEndpointAndAStopTheRest() throws IOException {
    AtomicReference<Vertx> vertx = new AtomicReference<>();
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of(),
            noting("P", Stage.PRODUCER),
            noting("C", Stage.CONSUMER),
            noting(
                "A",
                Stage.ADMIN,
                on -> {
                  vertx.set(on);
                  return Future.succeededFuture();
                },
                Future.succeededFuture()));
    await(launcher.start());
    assertThat(await(drain(vertx.get())).body())
        .isEqualTo(
            new JsonObject().put("drained", new JsonArray().add("P").add("C")).put("clean", true));
    assertThat(events).containsExactly("+A", "+C", "+P", "-P", "-C");
    assertThat(await(drain(vertx.get())).body().getJsonArray("drained")).isEmpty();
    assertThat(await(launcher.stop())).isTrue();
    assertThat(events).containsExactly("+A", "+C", "+P", "-P", "-C", "-A");
  }

  private static Future<Message<JsonObject>> drain(Vertx vertx) {
    return vertx.eventBus().request(DrainBus.ADDRESS, new JsonObject());
  }

  @Test
  void aStopThatFailsIsUnclean() throws IOException {
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of(),
            noting("A", Stage.ADMIN),
            noting(
                "C", Stage.CONSUMER, vertx -> Future.succeededFuture(), Future.failedFuture("no")));
    await(launcher.start());
    assertThat(await(launcher.stop())).isFalse();
    assertThat(events).containsExactly("+A", "+C", "-C", "-A");
  }

  @Test
  void aStopDuringTheStartStopsWhatWasStartedAndStartsNoMore() throws IOException {
    Promise<Void> slow = Promise.promise();
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of(),
            noting("A", Stage.ADMIN),
            noting("C", Stage.CONSUMER, vertx -> slow.future(), Future.succeededFuture()),
            noting("P", Stage.PRODUCER));
    Future<Void> start = launcher.start();
    eventually("+C");
    Future<Boolean> stop = launcher.stop();
    slow.complete();
    assertThat(await(stop)).isTrue();
    assertThat(failure(start)).isInstanceOf(StartException.class);
    assertThat(events).containsExactly("+A", "+C", "-C", "-A");
    assertThat(launcher.stopRequested()).isTrue();
  }

  @Test
  void aStopBeforeTheStartEndsAndNothingStartsAfterIt() throws IOException {
    Launcher launcher = launcher(List.of("all"), Map.of(), noting("A", Stage.ADMIN));
    assertThat(await(launcher.stop())).isTrue();
    assertThat(failure(launcher.start())).isInstanceOf(StartException.class);
    assertThat(launcher.stopRequested()).isTrue();
    assertThat(events).isEmpty();
  }

  @Test
  void aVerticleThatCantGoOnEndsAll() throws IOException {
    List<StatusBeacon> beacons = new CopyOnWriteArrayList<>();
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of(),
            noting("A", Stage.ADMIN),
            noting(
                "C",
                Stage.CONSUMER,
                vertx -> {
                  beacons.add(new StatusBeacon(vertx, "C", "1"));
                  return Future.succeededFuture();
                },
                Future.succeededFuture()));
    await(launcher.start());
    beacons.get(0).failed("the password is wrong; set rabbitmq.password");
    assertThat(failure(launcher.ended()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("C: the password is wrong; set rabbitmq.password");
    assertThat(events).containsExactly("+A", "+C", "-C", "-A");
    assertThat(launcher.stopRequested()).isFalse();
  }

  @Test
  void aVerticleThatCantGoOnWhileOthersStartEndsAllWithItsReason() throws IOException {
    Promise<Void> slow = Promise.promise();
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of(),
            noting(
                "A",
                Stage.ADMIN,
                vertx -> {
                  new StatusBeacon(vertx, "A", "1").failed("the password is wrong");
                  return Future.succeededFuture();
                },
                Future.succeededFuture()),
            noting("C", Stage.CONSUMER, vertx -> slow.future(), Future.succeededFuture()),
            noting("P", Stage.PRODUCER));
    Future<Void> start = launcher.start();
    // Whether C is begun or not when the reason arrives: P must not be.
    org.awaitility.Awaitility.await().until(() -> start.isComplete() || events.contains("+C"));
    slow.complete();
    assertThat(failure(launcher.ended()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("A: the password is wrong");
    assertThat(launcher.stopRequested()).isFalse();
  }

  @Test
  void aWrongConfigurationStartsNothing() throws IOException {
    Launcher launcher =
        launcher(
            List.of("all"),
            Map.of("BIE_FAKE_PORT", "0", "BIE_FAKE_HOTS", "x"),
            noting("A", Stage.ADMIN));
    assertThat(failure(launcher.start()))
        .isInstanceOfSatisfying(
            ConfigurationException.class, e -> assertThat(e.problems()).hasSize(2));
    assertThat(events).isEmpty();
    await(launcher.ended());
  }

  @Test
  void anUnknownRoleStartsNothing() throws IOException {
    Launcher launcher = launcher(List.of("al"), Map.of(), noting("A", Stage.ADMIN));
    assertThat(failure(launcher.start())).isInstanceOf(UnknownRoleException.class);
    await(launcher.ended());
  }

  @Test
  void aMissingRosterIsNamed() {
    Launcher launcher =
        new Launcher(
            new LaunchRequest(
                List.of("a"), List.of(), Optional.of(directory.resolve("none.json")), Map.of()),
            Modules.of(List.of()));
    launchers.add(launcher);
    assertThat(failure(launcher.start()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "--verticles " + directory.resolve("none.json") + ": no such file, or not readable");
  }

  @Test
  void aVerticleThatIsSwitchedOffIsNotMade() throws IOException {
    AtomicBoolean made = new AtomicBoolean();
    FakeModule off =
        new FakeModule(
            "Off",
            Stage.CONSUMER,
            List.of(),
            () -> {
              made.set(true);
              throw new IllegalStateException();
            });
    Path file =
        Files.writeString(
            directory.resolve("off.json"),
            "{\"roles\":{\"a\":[{\"verticle\":\"A\"},{\"verticle\":\"Off\",\"enabled\":false}]}}");
    Launcher launcher =
        new Launcher(
            new LaunchRequest(List.of("a"), List.of(), Optional.of(file), Map.of()),
            Modules.of(List.of(noting("A", Stage.ADMIN), off)));
    launchers.add(launcher);
    await(launcher.start());
    assertThat(events).containsExactly("+A");
    assertThat(made).isFalse();
  }

  /** The last word of a stop must not depend on an event loop that the stop has ended. */
  @RepeatedTest(100)
  void everyStopEnds() throws IOException {
    Launcher launcher =
        launcher(List.of("all"), Map.of(), noting("A", Stage.ADMIN), noting("P", Stage.PRODUCER));
    await(launcher.start());
    assertThat(await(launcher.stop())).isTrue();
  }

  private void eventually(String event) {
    org.awaitility.Awaitility.await().until(() -> events.contains(event));
  }
}
