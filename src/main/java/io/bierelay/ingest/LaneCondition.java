package io.bierelay.ingest;

import java.time.Instant;

/** Whether a lane goes on, why not, and since when. Event loop. */
final class LaneCondition {

  private String reason = "";
  private String lastError = "";
  private Instant since = Instant.now();

  /** It does not go on for now. */
  void held(String why) {
    if (reason.isEmpty()) {
      since = Instant.now();
    }
    reason = why;
    lastError = why;
  }

  /** It goes on. */
  void goesOn() {
    if (!reason.isEmpty()) {
      reason = "";
      since = Instant.now();
    }
  }

  /** Why it does not go on; empty when it does. */
  String reason() {
    return reason;
  }

  /** The last failure, even if it is over; empty if there was none. */
  String lastError() {
    return lastError;
  }

  /** Since when it has gone on, or has not. */
  Instant since() {
    return since;
  }
}
