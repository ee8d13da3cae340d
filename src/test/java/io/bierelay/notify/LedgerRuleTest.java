package io.bierelay.notify;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.notify.LedgerRule.Trust;
import io.bierelay.notify.LedgerRule.Verdict;
import io.bierelay.rabbit.LedgerQueue.Found;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What may be left out is what a ledger says, and only if nothing speaks against it. */
class LedgerRuleTest {

  private static final OpenRequest LANE = lane("id", 100, false);

  @Test
  void whatIsConfirmedIsLeftOut() {
    assertThat(judge(LANE, note("id", 130, 120, 90, false, "")).before()).isEqualTo(121);
  }

  @Test
  void whatWasMerelyRoutedIsLeftOutIfThatIsTrustedAndTheBrokerLivesOn() {
    Found found = found(note("id", 130, 120, 90, false, "life"));
    assertThat(LedgerRule.judge(LANE, found, Trust.ROUTED, "life").before()).isEqualTo(131);
    assertThat(LedgerRule.judge(LANE, found, Trust.CONFIRMED, "life").before()).isEqualTo(121);
    Verdict restarted = LedgerRule.judge(LANE, found, Trust.ROUTED, "another life");
    assertThat(restarted.before()).isEqualTo(121);
    assertThat(restarted.doubt()).contains("RabbitMQ was restarted");
    assertThat(LedgerRule.judge(LANE, found, Trust.ROUTED, "").before()).isEqualTo(121);
  }

  @Test
  void anotherIncarnationOfTheTopicIsAnotherMatter() {
    Verdict verdict = judge(LANE, note("older id", 130, 120, 90, false, ""));
    assertThat(verdict).isEqualTo(new Verdict(-1, ""));
  }

  @Test
  void aResetForgets() {
    assertThat(judge(lane("id", -1, true), note("id", 130, 120, 90, false, "")))
        .isEqualTo(new Verdict(-1, ""));
  }

  @Test
  void anOffsetThatWasMovedBackIsMeant() {
    assertThat(judge(lane("id", 80, false), note("id", 130, 120, 90, false, "")))
        .satisfies(v -> assertThat(v.before()).isEqualTo(-1))
        .satisfies(v -> assertThat(v.doubt()).contains("moved back"));
    // Kafka knew that 120 is done; only somebody's will can have made it forget.
    assertThat(judge(lane("id", 120, false), note("id", 120, 120, 90, true, "")).before())
        .isEqualTo(-1);
    assertThat(judge(lane("id", 121, false), note("id", 120, 120, 90, true, "")).before())
        .isEqualTo(121);
  }

  @Test
  void whateverIsNotAsItWasLeftIsADoubt() {
    assertThat(judge(LANE, (AMQP.BasicProperties) null).doubt()).contains("empty");
    assertThat(LedgerRule.judge(LANE, new Found(0, null, "clash"), Trust.CONFIRMED, ""))
        .satisfies(v -> assertThat(v.doubt()).contains("clash"));
    assertThat(judge(LANE, new AMQP.BasicProperties()).doubt()).contains("has not written");
  }

  @Test
  void aNoteThatWasTamperedWithIsNone() {
    AMQP.BasicProperties good = note("id", 130, 120, 90, false, "").write("t", 3);
    for (String header : new String[] {"routed", "confirmed"}) {
      Map<String, Object> headers = new HashMap<>(good.getHeaders());
      headers.put(header, 125L);
      AMQP.BasicProperties tampered = good.builder().headers(headers).build();
      assertThat(judge(LANE, tampered).doubt()).as(header).contains("has not written");
    }
    assertThat(LedgerNote.read(good, "t", 4)).as("of another partition").isEmpty();
  }

  @Test
  void thePartitionsFirstOwnerFindsNothingAndDoubtsNothing() {
    assertThat(LedgerRule.judge(lane("id", -1, false), new Found(0, null, ""), Trust.CONFIRMED, ""))
        .isEqualTo(new Verdict(-1, ""));
  }

  private static OpenRequest lane(String topicId, long committed, boolean reset) {
    return new OpenRequest("t", 3, 1, "contention-updated", topicId, committed, reset);
  }

  private static LedgerNote note(
      String topicId, long routed, long confirmed, long base, boolean committed, String life) {
    return new LedgerNote(topicId, routed, confirmed, base, committed, life);
  }

  private static Verdict judge(OpenRequest lane, LedgerNote note) {
    return LedgerRule.judge(lane, found(note), Trust.CONFIRMED, "");
  }

  private static Verdict judge(OpenRequest lane, AMQP.@Nullable BasicProperties last) {
    return LedgerRule.judge(lane, new Found(0, last, ""), Trust.CONFIRMED, "");
  }

  private static Found found(LedgerNote note) {
    return new Found(0, note.write("t", 3), "");
  }
}
