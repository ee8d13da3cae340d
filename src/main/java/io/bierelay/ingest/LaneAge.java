package io.bierelay.ingest;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * How long the oldest unfinished record of a partition has been waiting. Event loop.
 *
 * <p>By its own time stamp where the lane holds it. Where Kafka has it and the lane does not yet,
 * by the time at which the partition's end was first seen behind it, which is right to a second or
 * two; what was there before the lane looked is of unknown age.
 */
final class LaneAge {

  /** More are not needed: a lane that is so far behind holds its oldest record. */
  private static final int MAX_ENDS = 120;

  private final Deque<End> ends = new ArrayDeque<>();

  /**
   * @param seen when the partition was first seen to end here; null for the first look
   */
  private record End(long offset, @Nullable Instant seen) {}

  /** The partition ends here, as of now. */
  void end(long offset, Instant now) {
    End last = ends.peekLast();
    if (offset < 0 || (last != null && last.offset() >= offset)) {
      return;
    }
    ends.add(new End(offset, last == null ? null : now));
    if (ends.size() > MAX_ENDS) {
      // Whatever is before the next one is older than can be told.
      ends.remove();
      ends.addFirst(new End(ends.remove().offset(), null));
    }
  }

  /**
   * In seconds, with one decimal; null if it is not known.
   *
   * @param next the first unfinished offset
   * @param end where the partition ends; -1 if not known
   * @param held the time stamp of the oldest record that the lane holds; null if it holds none
   */
  @Nullable Double seconds(long next, long end, @Nullable Instant held, Instant now) {
    while (!ends.isEmpty() && ends.element().offset() <= next && ends.size() > 1) {
      ends.remove();
    }
    if (held != null) {
      return since(held, now);
    }
    if (end < 0 || next < 0) {
      return null;
    }
    if (next >= end) {
      return 0.0;
    }
    End first = ends.peek();
    Instant seen = first == null || first.offset() <= next ? null : first.seen();
    return seen == null ? null : since(seen, now);
  }

  /** Two machines' clocks: a negative age is their difference. */
  static double since(Instant then, Instant now) {
    return Math.max(0, Math.round(Duration.between(then, now).toMillis() / 100.0)) / 10.0;
  }
}
