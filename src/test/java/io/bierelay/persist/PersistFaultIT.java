package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RealServices;
import io.bierelay.sandbox.SandboxPostgres;
import io.bierelay.status.VerticleStatus;
import io.bierelay.status.VerticleStatus.State;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of events when the servers fail, and what is said when they are set up wrong. */
class PersistFaultIT {

  private static final String TYPE = "contention-updated";
  private static final String QUEUE = "bie-events-contention-updated.workflow";
  private static final int EVENTS = 10_000;

  @Test
  void aDatabaseThatIsRestartedInTheMiddleLosesNothing() throws Exception {
    try (SandboxPostgres postgres = new SandboxPostgres(true).start();
        WorkflowUnderTest workflow =
            new WorkflowUnderTest(RealServices.freshVirtualHost(), postgres.address())) {
      String id = workflow.deploy(Map.of("persist.batch.size", 50), 1);
      workflow.awaitState(State.READY);
      workflow.publishNumbered(TYPE, 0, EVENTS / 2);
      workflow.awaitCount("bie_event", 1);
      postgres.stop();
      VerticleStatus waiting = workflow.awaitState(State.WAITING);
      assertThat(waiting.reason()).startsWith("PostgreSQL at 127.0.0.1:");
      workflow.publishNumbered(TYPE, EVENTS / 2, EVENTS);
      postgres.start();
      workflow.awaitState(State.READY);
      workflow.awaitCount("bie_event", EVENTS);
      assertThat(workflow.count("bie_event")).isEqualTo(EVENTS);
      assertThat(workflow.count("bie_event_to_diagnostic_code")).isEqualTo(EVENTS);
      assertThat(workflow.deadLetter()).isNull();
      await().atMost(WorkflowUnderTest.PATIENCE).until(() -> accounted(workflow) >= EVENTS);
      workflow.undeploy(id);
      assertThat(workflow.ready(QUEUE)).as("messages that were not acknowledged").isZero();
    }
  }

  private static double accounted(WorkflowUnderTest workflow) {
    return workflow.total("bie.persist.stored") + workflow.total("bie.persist.duplicates");
  }

  @Test
  void aDatabaseThatIsAwayAtStartIsWaitedForWhileTheQueuesCollect() throws Exception {
    try (SandboxPostgres postgres = new SandboxPostgres().start()) {
      postgres.stop();
      try (WorkflowUnderTest workflow =
          new WorkflowUnderTest(RealServices.freshVirtualHost(), postgres.address())) {
        workflow.deploy(Map.of(), 1);
        VerticleStatus waiting = workflow.awaitState(State.WAITING);
        assertThat(waiting.reason()).contains("connection refused", "postgres.port");
        await().atMost(WorkflowUnderTest.PATIENCE).until(() -> isDeclared(workflow));
        workflow.publishNumbered(TYPE, 0, 100);
        assertThat(workflow.ready(QUEUE)).isEqualTo(100);
        postgres.start();
        workflow.awaitState(State.READY);
        workflow.awaitCount("bie_event", 100);
      }
    }
  }

  private static boolean isDeclared(WorkflowUnderTest workflow) throws Exception {
    Channel channel = workflow.connection().createChannel();
    try {
      channel.queueDeclarePassive(QUEUE);
      // As the workflow does a moment later; what is published before has nowhere to go.
      channel.queueBind(QUEUE, "bie-events-" + TYPE, "#");
      channel.abort();
      return true;
    } catch (java.io.IOException notThereYet) {
      return false;
    }
  }

  @Test
  void aConnectionToRabbitThatIsCutAgainAndAgainLosesNothing() throws Exception {
    RabbitAddress rabbit = RealServices.freshVirtualHost();
    try (WorkflowUnderTest workflow = new WorkflowUnderTest(rabbit, RealServices.freshDatabase())) {
      CuttingProxy proxy = new CuttingProxy(workflow.vertx(), rabbit.host(), rabbit.port());
      String id =
          workflow.deploy(
              Map.of(
                  "rabbitmq.host",
                  "127.0.0.1",
                  "rabbitmq.port",
                  proxy.port(),
                  "persist.batch.size",
                  20,
                  "rabbitmq.retry.max",
                  "200ms"),
              1);
      workflow.awaitState(State.READY);
      for (int cut = 0; cut < 10; cut++) {
        workflow.publishNumbered(TYPE, cut * EVENTS / 10, (cut + 1) * EVENTS / 10);
        proxy.cut();
      }
      workflow.awaitCount("bie_event", EVENTS);
      assertThat(workflow.count("bie_event")).isEqualTo(EVENTS);
      assertThat(workflow.deadLetter()).isNull();
      workflow.awaitState(State.READY);
      await()
          .atMost(WorkflowUnderTest.PATIENCE)
          .until(() -> workflow.ready(QUEUE) == 0 && unacked(workflow) == 0);
      workflow.undeploy(id);
      assertThat(workflow.ready(QUEUE)).isZero();
    }
  }

  private static double unacked(WorkflowUnderTest workflow) {
    return workflow.registry.get("bie.persist.unacked").tag("queue", QUEUE).gauge().value();
  }

  @Test
  void aWrongPasswordOrAnUnknownDatabaseIsToldAtStartWithTheRemedy() throws Exception {
    RabbitAddress rabbit = RealServices.freshVirtualHost();
    PostgresAddress postgres = RealServices.freshDatabase();
    try (WorkflowUnderTest workflow = new WorkflowUnderTest(rabbit, postgres)) {
      String id = workflow.deploy(Map.of("postgres.password", "WRONG"), 1);
      assertThat(workflow.awaitState(State.FAILED).reason())
          .contains("refused the login", "postgres.password", "28P01")
          .doesNotContain("WRONG");
      workflow.undeploy(id);
      workflow.deploy(Map.of("postgres.database", "no_such_database"), 1);
      assertThat(workflow.awaitState(State.FAILED).reason())
          .contains("'no_such_database'", "postgres.database");
    }
  }

  @Test
  void aQueueThatExistsWithOtherArgumentsIsToldWithBothSides() throws Exception {
    try (WorkflowUnderTest workflow =
        new WorkflowUnderTest(RealServices.freshVirtualHost(), RealServices.freshDatabase())) {
      Channel channel = workflow.connection().createChannel();
      channel.queueDeclare(
          QUEUE,
          true,
          false,
          false,
          Map.of("x-queue-type", "classic", "x-dead-letter-exchange", "bie-events-dead-letter"));
      workflow.deploy(Map.of(), 1);
      assertThat(workflow.awaitState(State.FAILED).reason()).contains(QUEUE, "quorum", "classic");
    }
  }

  @Test
  void withoutMigrationsTheTablesAreWaitedFor() throws Exception {
    try (WorkflowUnderTest workflow =
        new WorkflowUnderTest(RealServices.freshVirtualHost(), RealServices.freshDatabase())) {
      workflow.deploy(Map.of("postgres.migrate", false, "persist.retry.max", "500ms"), 1);
      assertThat(workflow.awaitState(State.WAITING).reason())
          .contains("bie_event is not there", "postgres.migrate");
      workflow.deploy(Map.of("postgres.migrate", true), 1);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () ->
                  workflow.statuses.stream()
                          .filter(status -> status.state() == State.READY)
                          .map(VerticleStatus::instance)
                          .distinct()
                          .count()
                      == 2);
    }
  }
}
