package io.bierelay.bench;

/** What the project set out to show by its benchmarks, row by row. */
public enum Promised {
  RELAY_FLOOR(
      "relay, at least once, against the floor, 20 partitions",
      "at least 0.95 of its throughput; at most 1.15 of its CPU per event although we decode",
      "relay",
      3),
  RELAY_PEERS(
      "relay against the best peer with equal guarantees",
      "not behind in throughput; at most 0.6 of its CPU per event in all and 1.0 of it warm, 0.6 of"
          + " its RSS, 0.3 of its CPU to start",
      "relay",
      5),
  RELAY_REPLACED("relay against the replaced service's way, both warm", "at least 10", "relay", 1),
  RELAY_LATENCY(
      "relay latency at 500/s",
      "p50 and p99 at most 1.2 of the floor's with the same commit interval; p99 at most every"
          + " peer's",
      "relay",
      3),
  RELAY_HEAP("heap that sustains full relay speed", "at most 64 MiB", "relay", 1),
  BOTH_FLOOR(
      "both hops at 500/s, against the floors",
      "p50 and p99 at most 1.5 of the floors'",
      "both",
      2),
  BOTH_PEERS("both hops at 500/s, against the peers", "at most 0.25 of the best one's", "both", 2),
  WORKFLOW_FLOOR(
      "workflow against the floor",
      "at least 0.9 of its throughput; at most 1.4 of its CPU per row although we extract and clean",
      "workflow",
      3),
  WORKFLOW_PEERS(
      "workflow against the best peer",
      "at least 1.3 of its throughput; at most 0.5 of its CPU per row",
      "workflow",
      3),
  WORKFLOW_EACH("workflow against JPA per message, both warm", "at least 7", "workflow", 1);

  private final String title;
  private final String needed;
  private final String benchmark;
  private final int figures;

  Promised(String title, String needed, String benchmark, int figures) {
    this.title = title;
    this.needed = needed;
    this.benchmark = benchmark;
    this.figures = figures;
  }

  /** What is compared with what. */
  public String title() {
    return title;
  }

  /** In words. */
  public String needed() {
    return needed;
  }

  /** How many figures it takes; with fewer, for want of peers, it is not shown. */
  public int figures() {
    return figures;
  }

  /** By which command it is measured. */
  public String benchmark() {
    return benchmark;
  }
}
