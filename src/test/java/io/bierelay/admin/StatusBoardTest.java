package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.admin.Check.Condition;
import io.bierelay.launch.LaunchFacts.Expected;
import io.bierelay.status.VerticleStatus;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is remembered, what is missed, and what may be forgotten. */
class StatusBoardTest {

  private static final Duration LIMIT = Duration.ofSeconds(5);

  // Starts near the overflow, as System.nanoTime may.
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000);

  private StatusBoard board(Expected... expected) {
    return new StatusBoard(List.of(expected), LIMIT, nanos::get);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private static VerticleStatus status(
      String verticle, String instance, State state, String reason) {
    return new VerticleStatus(
        verticle,
        instance,
        state,
        reason,
        Instant.EPOCH,
        new JsonArray().add(new JsonObject().put("topic", "T-" + instance)));
  }

  @Test
  void nobodyExpectedAndNobodyThereIsUp() {
    assertThat(board().checks()).isEmpty();
    assertThat(board().isStarted()).isTrue();
  }

  @Test
  void eachMissingInstanceIsNamed() {
    StatusBoard board = board(new Expected("Ingest", 3));
    board.accept(status("Ingest", "a", State.READY, ""));

    assertThat(board.checks())
        .extracting(Check::condition)
        .containsExactly(Condition.MISSING, Condition.MISSING, Condition.READY);
    assertThat(board.checks().get(0).reason()).isEqualTo("not deployed yet");
    assertThat(board.isStarted()).isFalse();
  }

  @Test
  void startedStaysTrueWhenAnInstanceGoesAway() {
    StatusBoard board = board(new Expected("Ingest", 1));
    board.accept(status("Ingest", "a", State.WAITING, "Kafka is away"));
    assertThat(board.isStarted()).isTrue();

    board.accept(status("Ingest", "a", State.STOPPING, "stopping"));
    pass(LIMIT.plusSeconds(1));

    assertThat(board.checks()).extracting(Check::condition).containsExactly(Condition.MISSING);
    assertThat(board.isStarted()).isTrue();
  }

  @Test
  void silenceBeginsJustAfterTheLimit() {
    StatusBoard board = board(new Expected("Ingest", 1));
    board.accept(status("Ingest", "a", State.READY, ""));
    pass(LIMIT);
    assertThat(board.checks()).extracting(Check::condition).containsExactly(Condition.READY);

    pass(Duration.ofMillis(1));
    Check check = board.checks().get(0);
    assertThat(check.condition()).isEqualTo(Condition.SILENT);
    assertThat(check.reason()).contains("no report for 5 s").contains("READY");

    board.accept(status("Ingest", "a", State.READY, ""));
    assertThat(board.checks()).extracting(Check::condition).containsExactly(Condition.READY);
  }

  @Test
  void whatFailedKeepsItsReasonInSilence() {
    StatusBoard board = board(new Expected("Ingest", 1));
    board.accept(status("Ingest", "a", State.FAILED, "topic 'X' is unknown"));
    pass(Duration.ofMinutes(1));

    assertThat(board.checks().get(0).condition()).isEqualTo(Condition.FAILED);
    assertThat(board.checks().get(0).reason()).isEqualTo("topic 'X' is unknown");
  }

  @Test
  void aSilentInstanceIsForgottenOnlyWhenAnotherTookItsPlace() {
    StatusBoard board = board(new Expected("Ingest", 2));
    board.accept(status("Ingest", "a", State.READY, ""));
    pass(LIMIT.plusSeconds(1));
    board.accept(status("Ingest", "b", State.READY, ""));
    assertThat(board.checks())
        .extracting(Check::condition)
        .containsExactly(Condition.SILENT, Condition.READY);

    board.accept(status("Ingest", "c", State.READY, ""));
    assertThat(board.checks()).extracting(Check::instance).containsExactly("b", "c");
    assertThat(board.subscriptions()).hasSize(2);
  }

  @Test
  void whoReportsUnexpectedlyCountsToo() {
    StatusBoard board = board();
    board.accept(status("Stranger", "a", State.WAITING, "for Godot"));
    assertThat(board.checks()).extracting(Check::reason).containsExactly("for Godot");
  }

  @Test
  void theMostUrgentComesFirst() {
    StatusBoard board = board(new Expected("M", 1));
    board.accept(status("R", "1", State.READY, ""));
    board.accept(status("P", "1", State.STOPPING, "stopping"));
    board.accept(status("S", "1", State.STARTING, "starting"));
    board.accept(status("W", "1", State.WAITING, "away"));
    board.accept(status("F", "1", State.FAILED, "wrong"));

    assertThat(board.checks())
        .extracting(Check::name)
        .containsExactly("F", "M", "W", "S", "P", "R");
  }

  @Test
  void subscriptionsTellTheirVerticleAndAge() {
    StatusBoard board = board();
    board.accept(status("B", "1", State.READY, ""));
    pass(Duration.ofMillis(700));
    board.accept(status("A", "2", State.READY, ""));

    assertThat(board.subscriptions())
        .containsExactly(
            new JsonObject().put("topic", "T-2").put("verticle", "A").put("ageMs", 0L),
            new JsonObject().put("topic", "T-1").put("verticle", "B").put("ageMs", 700L));
  }
}
