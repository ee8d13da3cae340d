package io.bierelay.notify;

import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.rabbit.LedgerQueue.Found;
import java.util.Optional;

/**
 * What may be taken as published, given what a ledger says. When in doubt nothing may: to publish
 * once more is the lesser evil.
 */
final class LedgerRule {

  /** How much of what a ledger says counts. */
  enum Trust {
    /** What every queue has confirmed: certain, whatever the queues and the broker are. */
    CONFIRMED,
    /** Also what has reached the exchange: only as certain as the queues behind it are. */
    ROUTED
  }

  /**
   * What follows.
   *
   * @param before everything below this offset is published; -1 if that is not known
   * @param doubt why it is not known though it should be; empty otherwise
   */
  record Verdict(long before, String doubt) {}

  private static final Verdict FRESH = new Verdict(-1, "");

  private LedgerRule() {}

  /**
   * Judges.
   *
   * @param life the broker's witness as it is now; empty without one
   */
  static Verdict judge(OpenRequest lane, Found found, Trust trust, String life) {
    if (lane.reset()) {
      return FRESH;
    }
    if (!found.problem().isEmpty()) {
      return new Verdict(-1, "the ledger can't be used: " + found.problem());
    }
    if (found.last() == null) {
      return lane.committed() < 0
          ? FRESH
          : new Verdict(
              -1,
              "the ledger is empty: it is new, or somebody has purged or deleted it, or consumes"
                  + " it");
    }
    Optional<LedgerNote> note = LedgerNote.read(found.last(), lane.topic(), lane.partition());
    return note.isEmpty()
        ? new Verdict(-1, "the ledger holds a message that this service has not written")
        : judge(lane, note.get(), trust, life);
  }

  private static Verdict judge(OpenRequest lane, LedgerNote note, Trust trust, String life) {
    if (!note.topicId().equals(lane.topicId())) {
      return FRESH; // The topic was deleted and created again: its offsets mean other events.
    }
    boolean movedBack =
        lane.committed() < note.base()
            || (note.committed() && lane.committed() <= note.confirmed());
    if (movedBack) {
      return new Verdict(
          -1,
          "the committed offset %d was moved back, behind %d"
              .formatted(lane.committed(), Math.max(note.base(), note.confirmed() + 1)));
    }
    if (trust == Trust.CONFIRMED || note.routed() == note.confirmed()) {
      return new Verdict(note.confirmed() + 1, "");
    }
    return !life.isEmpty() && life.equals(note.life())
        ? new Verdict(note.routed() + 1, "")
        : new Verdict(
            note.confirmed() + 1,
            "RabbitMQ was restarted: what it had not confirmed is published again");
  }
}
