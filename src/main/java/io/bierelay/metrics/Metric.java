package io.bierelay.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * One metric: its name, kind, unit, tags, and a sentence that says what it counts.
 *
 * <p>Each package declares its own as constants; the table in {@code docs/metrics.md} is generated
 * from the declarations, and nothing is registered without one. Tag values never hold personal
 * data. Immutable.
 *
 * @param name dotted, in lower case, as Micrometer writes names
 * @param unit of the value, such as {@code events}, {@code bytes} or {@code seconds}
 * @param tags the names of its tags, in the order in which values are given
 */
public record Metric(String name, Kind kind, String unit, List<String> tags, String sentence) {

  /** What kind of value a metric has. */
  public enum Kind {
    /** Only grows, until the process starts again. */
    COUNTER,
    /** A value as it is now. */
    GAUGE,
    /** Durations: count, sum, maximum and a histogram. */
    TIMER
  }

  /** Makes the list of tags immutable. */
  public Metric {
    tags = List.copyOf(tags);
  }

  /** A value that only grows. */
  public static Metric counter(String name, String unit, String sentence, String... tags) {
    return new Metric(name, Kind.COUNTER, unit, List.of(tags), sentence);
  }

  /** A value as it is now. */
  public static Metric gauge(String name, String unit, String sentence, String... tags) {
    return new Metric(name, Kind.GAUGE, unit, List.of(tags), sentence);
  }

  /** Durations. */
  public static Metric timer(String name, String sentence, String... tags) {
    return new Metric(name, Kind.TIMER, "seconds", List.of(tags), sentence);
  }

  /** Registers the counter, or returns the one that is registered with these tag values. */
  public Counter counter(MeterRegistry registry, String... values) {
    return Counter.builder(name).description(sentence).tags(tagsOf(values)).register(registry);
  }

  /** Registers the gauge; it reads {@code value} at each scrape, on the scraping thread. */
  public Gauge gauge(MeterRegistry registry, Supplier<Number> value, String... values) {
    return Gauge.builder(name, value).description(sentence).tags(tagsOf(values)).register(registry);
  }

  /** Registers the timer, or returns the one that is registered with these tag values. */
  public Timer timer(MeterRegistry registry, String... values) {
    return Timer.builder(name)
        .description(sentence)
        .serviceLevelObjectives(
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10))
        .tags(tagsOf(values))
        .register(registry);
  }

  /** The name under which Prometheus shows it. */
  public String prometheusName() {
    String base = name.replace('.', '_').replace('-', '_');
    return switch (kind) {
      case COUNTER -> base + "_total";
      case TIMER -> base + "_seconds";
      case GAUGE -> base;
    };
  }

  private List<Tag> tagsOf(String... values) {
    if (values.length != tags.size()) {
      throw new IllegalArgumentException(
          "metric '%s' has the tags %s, but %d values were given"
              .formatted(name, tags, values.length));
    }
    List<Tag> result = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      result.add(Tag.of(tags.get(i), values[i]));
    }
    return result;
  }
}
