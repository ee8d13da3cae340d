package io.bierelay.guarantee;

import java.time.Duration;
import java.util.List;

/**
 * What a scenario has left to judge.
 *
 * @param ledger what was put in and what came out
 * @param watch what the instances said
 * @param windows what was calm and what was an outage
 * @param faults how often something was done that may repeat events
 * @param unsettled accounts that did not agree when all was quiet
 * @param recoveries from each server's return to the next confirmed notification
 */
record Evidence(
    Ledger ledger,
    ProgressWatch watch,
    Windows windows,
    int faults,
    List<String> unsettled,
    List<Duration> recoveries) {

  Evidence {
    unsettled = List.copyOf(unsettled);
    recoveries = List.copyOf(recoveries);
  }
}
