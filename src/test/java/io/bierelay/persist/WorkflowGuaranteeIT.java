package io.bierelay.persist;

import static io.bierelay.persist.WorkflowUnderTest.headers;
import static io.bierelay.persist.WorkflowUnderTest.notification;
import static io.bierelay.persist.WorkflowUnderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.bierelay.guarantee.FaultProxy;
import io.bierelay.sandbox.DocumentedPermissions;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.SandboxPostgres;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The workflow's promise under faults: each good notification is one row, each poison one a dead
 * letter, whatever is killed meanwhile.
 *
 * <p>Two instances of the fat JAR share the queues of servers of the test's own. A short run is
 * part of the build; {@code -Dworkflow.guarantee=all} makes 200,000 notifications and 50 SIGKILLs.
 */
class WorkflowGuaranteeIT {

  private static final boolean ALL = "all".equals(System.getProperty("workflow.guarantee"));
  private static final int EVENTS = ALL ? 200_000 : 12_000;
  private static final int KILLS = ALL ? 50 : 2;
  private static final int CHUNK = 500;
  private static final Duration LIMIT = Duration.ofMinutes(ALL ? 60 : 4);
  private static final String DEAD = "bie-events-dead-letter";
  private static final List<String> TYPES =
      List.of("contention-updated", "contention-deleted", "contention-associated");

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private enum Fault {
    DATABASE_CUT,
    BROKER_CUT,
    BACKENDS_TERMINATED,
    BACKEND_KILLED,
    DISK_FULL,
    DATABASE_RESTARTED,
    BROKER_RESTARTED,
    BROKER_KILLED
  }

  private static boolean isPoison(int number) {
    return number % 200 == 7;
  }

  private static String body(String type, int number) {
    String event = "{\"ClaimId\":%d,\"DiagnosticTypeCode\":\"%d\"}".formatted(number, number % 300);
    if (!isPoison(number)) {
      return notification(type, event);
    }
    return number % 400 == 7
        ? "{\"no\":\"notification\"}"
        : notification(type, "{\"ActorStation\":\"\\u0000\"}");
  }

  @Test
  void eachGoodOneIsARowAndEachPoisonADeadLetter() throws Exception {
    System.out.println("WorkflowGuaranteeIT seed " + seed);
    try (RabbitProcess rabbit = new RabbitProcess().start();
        SandboxPostgres postgres = new SandboxPostgres(true).start();
        FaultProxy toDatabase = new FaultProxy(vertx, postgres.address().port());
        FaultProxy toBroker = new FaultProxy(vertx, rabbit.address().port());
        Pair relays = new Pair(rabbit, postgres.address(), toBroker, toDatabase)) {
      Victims victims = new Victims(rabbit, postgres, toBroker, toDatabase);
      relays.awaitReady();
      CompletableFuture<Void> publishing =
          CompletableFuture.runAsync(() -> publishAll(rabbit, EVENTS));
      List<Fault> faults = new ArrayList<>(List.of(Fault.values()));
      for (int kill = 0; kill < KILLS || !faults.isEmpty(); kill++) {
        awaitProgress(postgres.address(), publishing);
        if (kill < KILLS) {
          relays.killOne(random.nextInt(2));
        }
        if (!faults.isEmpty()) {
          apply(faults.remove(random.nextInt(faults.size())), victims);
        } else if (kill % 5 == 0) {
          apply(Fault.values()[random.nextInt(Fault.values().length)], victims);
        }
      }
      publishing.get(LIMIT.toMinutes(), TimeUnit.MINUTES);
      int poison =
          (int) java.util.stream.IntStream.range(0, EVENTS).filter(i -> isPoison(i)).count();
      await()
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(300))
          .ignoreExceptions()
          .until(
              () ->
                  number(postgres.address(), "SELECT count(*) FROM bie_event") >= EVENTS - poison);
      relays.awaitReady();
      await().atMost(LIMIT).ignoreExceptions().until(() -> queued(rabbit) == 0);
      relays.terminate();

      assertThat(queued(rabbit)).as("messages that nobody finished").isZero();
      assertThat(number(postgres.address(), "SELECT count(*) FROM bie_event"))
          .as("seed %d", seed)
          .isEqualTo(EVENTS - poison);
      assertThat(
              number(postgres.address(), "SELECT count(DISTINCT benefit_claim_id) FROM bie_event"))
          .isEqualTo(EVENTS - poison);
      assertThat(number(postgres.address(), "SELECT count(*) FROM bie_event_to_diagnostic_code"))
          .as("each row with its code, in one transaction")
          .isEqualTo(EVENTS - poison);
      assertThat(deadLetters(rabbit))
          .as("exactly the poison, seed %d", seed)
          .isEqualTo(
              new TreeSet<>(
                  java.util.stream.LongStream.range(0, EVENTS)
                      .filter(i -> isPoison((int) i))
                      .boxed()
                      .toList()));
    }
  }

  /** Two processes of the role workflow. */
  private static final class Pair implements AutoCloseable {

    private final Map<String, Object> settings = new HashMap<>();
    private final RelayProcess[] processes = new RelayProcess[2];

    Pair(RabbitProcess rabbit, PostgresAddress postgres, FaultProxy toBroker, FaultProxy toDb) {
      settings.putAll(rabbit.address().settings());
      settings.putAll(postgres.settings());
      // What it may is what the pages say; the test itself may do everything.
      settings.putAll(new DocumentedPermissions().admitWorkflow(rabbit, postgres));
      settings.put("rabbitmq.port", toBroker.port());
      settings.put("postgres.port", toDb.port());
      settings.put("persist.batch.size", 100);
      settings.put("persist.retry.max", "500ms");
      settings.put("rabbitmq.retry.max", "500ms");
      start(0);
      start(1);
    }

    private void start(int which) {
      int port = Ports.free();
      Map<String, Object> own = new HashMap<>(settings);
      own.put("admin.port", port);
      processes[which] = RelayProcess.start(List.of("workflow"), own, "http://127.0.0.1:" + port);
    }

    void killOne(int which) {
      processes[which].kill();
      processes[which].close();
      start(which);
    }

    void awaitReady() {
      for (RelayProcess process : processes) {
        process.awaitReady();
      }
    }

    void terminate() {
      for (RelayProcess process : processes) {
        assertThat(process.terminate()).as("exit code of\n%s", process.readLog()).isIn(0, 143);
      }
    }

    @Override
    public void close() {
      for (RelayProcess process : processes) {
        process.close();
      }
    }
  }

  private void awaitProgress(PostgresAddress postgres, CompletableFuture<Void> publishing) {
    long[] before = {-1};
    int step = random.nextInt(EVENTS / (KILLS + 8)) + 1;
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(
            () -> {
              long now = number(postgres, "SELECT count(*) FROM bie_event");
              if (before[0] < 0) {
                before[0] = now;
              }
              return now >= before[0] + step || (publishing.isDone() && now >= EVENTS * 0.9);
            });
  }

  /** What faults are done to. */
  private record Victims(
      RabbitProcess rabbit, SandboxPostgres postgres, FaultProxy toBroker, FaultProxy toDatabase) {}

  private void apply(Fault fault, Victims victims) throws Exception {
    System.out.println("fault " + fault);
    RabbitProcess rabbit = victims.rabbit();
    SandboxPostgres postgres = victims.postgres();
    switch (fault) {
      case DATABASE_CUT -> victims.toDatabase().cut();
      case BROKER_CUT -> victims.toBroker().cut();
      case BACKENDS_TERMINATED -> {
        for (int i = 0; i < 20; i++) {
          asSuperuser(
              postgres.address(),
              "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                  + " WHERE application_name = 'bie-relay'");
        }
      }
      case BACKEND_KILLED -> {
        // SIGKILL of one backend makes the whole server crash and recover from its log.
        String pid =
            asSuperuser(
                postgres.address(),
                "SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'bie-relay'");
        if (pid != null) {
          ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
        }
      }
      case DISK_FULL -> {
        execute(
            postgres.address(),
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE"
                + " EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;CREATE"
                + " TRIGGER full_disk BEFORE INSERT ON bie_event EXECUTE FUNCTION full_disk()");
        long until = System.nanoTime() + 1_000_000_000L;
        await().until(() -> System.nanoTime() > until);
        execute(
            postgres.address(), "DROP TRIGGER full_disk ON bie_event; DROP FUNCTION full_disk()");
      }
      case DATABASE_RESTARTED -> {
        postgres.stop();
        postgres.start();
      }
      case BROKER_RESTARTED -> {
        rabbit.stop();
        rabbit.start();
      }
      case BROKER_KILLED -> {
        rabbit.kill();
        rabbit.start();
      }
    }
  }

  private static String asSuperuser(PostgresAddress address, String sql) throws Exception {
    try (java.sql.Connection own = DriverManager.getConnection(address.jdbcUrl(), "postgres", "");
        Statement statement = own.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : null;
    } catch (SQLException alsoItsOwnVictim) {
      return null;
    }
  }

  private static void execute(PostgresAddress address, String sql) {
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(
            () -> {
              try (java.sql.Connection own = address.connect();
                  Statement statement = own.createStatement()) {
                statement.execute(sql);
                return true;
              }
            });
  }

  private static long number(PostgresAddress address, String sql) throws SQLException {
    try (java.sql.Connection own = address.connect();
        Statement statement = own.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static long queued(RabbitProcess rabbit) throws Exception {
    try (Connection connection = rabbit.address().connect();
        Channel channel = connection.createChannel()) {
      long sum = 0;
      for (String type : TYPES) {
        sum += channel.messageCount("bie-events-" + type + ".workflow");
      }
      return sum;
    }
  }

  /** One of a hundred is published twice, as after a lost confirm. */
  private static void publishAll(RabbitProcess rabbit, int count) {
    for (int from = 0; from < count; from += CHUNK) {
      int first = from;
      int end = Math.min(count, from + CHUNK);
      await()
          .atMost(LIMIT)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(200))
          .ignoreExceptions()
          .until(() -> published(rabbit, first, end));
    }
  }

  private static boolean published(RabbitProcess rabbit, int from, int to) throws Exception {
    try (Connection connection = rabbit.address().connect();
        Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      for (int i = from; i < to; i++) {
        String type = TYPES.get(i % TYPES.size());
        AMQP.BasicProperties properties =
            new AMQP.BasicProperties.Builder()
                .messageId(numbered(i).toString())
                .deliveryMode(2)
                .headers(headers(type, i))
                .build();
        byte[] body = body(type, i).getBytes(StandardCharsets.UTF_8);
        for (int copy = 0; copy < (i % 100 == 3 ? 2 : 1); copy++) {
          channel.basicPublish("bie-events-" + type, "x", properties, body);
        }
      }
      channel.waitForConfirmsOrDie(20_000);
      return true;
    }
  }

  private static TreeSet<Long> deadLetters(RabbitProcess rabbit) throws Exception {
    TreeSet<Long> offsets = new TreeSet<>();
    try (Connection connection = rabbit.address().connect();
        Channel channel = connection.createChannel()) {
      for (GetResponse letter = channel.basicGet(DEAD, true);
          letter != null;
          letter = channel.basicGet(DEAD, true)) {
        assertThat(letter.getProps().getHeaders().get("stage")).hasToString("persist");
        offsets.add((Long) letter.getProps().getHeaders().get("offset"));
      }
    }
    return offsets;
  }
}
