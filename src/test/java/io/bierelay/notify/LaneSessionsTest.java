package io.bierelay.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.LaneBus.CloseNotice;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.NotificationBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which batches are taken: those of the lane's session, one after the other. */
class LaneSessionsTest {

  private static final OpenRequest LANE = new OpenRequest("t", 0, 1, "e", "id", -1, false);

  private final LaneSessions sessions = new LaneSessions();

  private String refusal(long session, long sequence) {
    return sessions.refusal(new NotificationBatch("t", 0, session, sequence, List.of()));
  }

  private long begin() {
    long session = sessions.nextNumber();
    sessions.begin(LANE, session);
    return session;
  }

  @Test
  void oneBehindAGapIsRefusedAndAllThatFollow() {
    long session = begin();
    assertThat(refusal(session, 0)).isNull();
    assertThat(refusal(session, 1)).isNull();
    assertThat(refusal(session, 3)).contains("batch 3", "where 2 was to come");
    assertThat(refusal(session, 2)).as("the session is over").contains("earlier batch");
    assertThat(refusal(begin(), 0)).isNull();
  }

  @Test
  void oneThatComesTwiceIsRefused() {
    long session = begin();
    assertThat(refusal(session, 0)).isNull();
    assertThat(refusal(session, 0)).contains("where 1 was to come");
  }

  @Test
  void whatComesOfAnEarlierSessionIsRefusedAndItsEndChangesNothing() {
    long zombie = begin();
    assertThat(refusal(zombie, 0)).isNull();
    long current = begin();
    assertThat(refusal(zombie, 1)).isNotNull();
    sessions.end(new CloseNotice("t", 0, zombie, true));
    assertThat(refusal(current, 0)).isNull();
    sessions.end(new CloseNotice("t", 0, current, true));
    assertThat(refusal(current, 1)).isNotNull();
  }

  @Test
  void whatHasNoAnswerYetIsToldAlsoOfASessionThatIsOver() {
    long session = begin();
    refusal(session, 0);
    refusal(session, 1);
    sessions.answered(new NotificationBatch("t", 0, session, 0, List.of()));
    begin();
    assertThat(sessions.underWay(session)).containsExactly(1L);
    sessions.answered(new NotificationBatch("t", 0, session, 1, List.of()));
    assertThat(sessions.underWay(session)).isEmpty();
  }

  /** The word that a lane is done goes to all notifiers: it must mean one of them. */
  @Test
  void notifiersDoNotShareNumbers() {
    assertThat(new LaneSessions().nextNumber()).isNotEqualTo(sessions.nextNumber());
  }
}
