package io.bierelay.statsd;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Tag;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes down how a registry's meters have changed, as lines of Datadog's StatsD: {@code
 * name:value|type|#tag:value,…}.
 *
 * <p>What only grows is sent as the difference since the last time, so the agent's sum is what the
 * registry has; what can fall is sent as it is. Used by one thread at a time.
 */
final class StatsdLines {

  /** Fits into one packet of an Ethernet with room for headers; Datadog recommends as much. */
  static final int PACKET_BYTES = 1_432;

  private final String tags;
  private final Map<String, Double> sent = new HashMap<>();

  /**
   * @param common tags of every line, by name
   */
  StatsdLines(Map<String, String> common) {
    List<String> all = new ArrayList<>();
    common.forEach((name, value) -> all.add(clean(name) + ':' + clean(value)));
    this.tags = String.join(",", all);
  }

  /** What has changed, in packets of whole lines. */
  List<byte[]> packets(MeterRegistry registry) {
    List<byte[]> packets = new ArrayList<>();
    StringBuilder packet = new StringBuilder();
    int bytes = 0;
    for (Meter meter : registry.getMeters()) {
      for (Measurement measurement : meter.measure()) {
        String line = line(meter, measurement);
        int length = line.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0) {
          continue;
        }
        if (bytes > 0 && bytes + length > PACKET_BYTES) {
          packets.add(packet.toString().getBytes(StandardCharsets.UTF_8));
          packet.setLength(0);
          bytes = 0;
        }
        packet.append(line);
        bytes += length;
      }
    }
    if (bytes > 0) {
      packets.add(packet.toString().getBytes(StandardCharsets.UTF_8));
    }
    return packets;
  }

  /** Empty if there is nothing to say. */
  private String line(Meter meter, Measurement measurement) {
    double value = measurement.getValue();
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return "";
    }
    Statistic statistic = measurement.getStatistic();
    Meter.Id id = meter.getId();
    boolean grows =
        statistic == Statistic.COUNT
            || statistic == Statistic.TOTAL
            || statistic == Statistic.TOTAL_TIME;
    String series = clean(id.getName()) + suffix(id.getType(), statistic);
    String own = tagsOf(id);
    if (!grows) {
      return series + ':' + number(value) + "|g" + own + '\n';
    }
    double before = sent.getOrDefault(series + own, 0.0);
    // Less than before: the meter was removed and made anew, when a partition came back.
    double more = value < before ? value : value - before;
    sent.put(series + own, value);
    return more == 0 ? "" : series + ':' + number(more) + "|c" + own + '\n';
  }

  private static String suffix(Meter.Type type, Statistic statistic) {
    if (type == Meter.Type.COUNTER || statistic == Statistic.VALUE) {
      return "";
    }
    return switch (statistic) {
      case TOTAL, TOTAL_TIME -> ".sum";
      default -> '.' + statistic.name().toLowerCase(Locale.ROOT).replace('_', '.');
    };
  }

  private String tagsOf(Meter.Id id) {
    StringBuilder all = new StringBuilder("|#").append(tags);
    for (Tag tag : id.getTags()) {
      if (!tag.getValue().isEmpty()) {
        all.append(',').append(clean(tag.getKey())).append(':').append(clean(tag.getValue()));
      }
    }
    return all.toString();
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /** What would end a line, a value or a tag. */
  private static String clean(String text) {
    return text.replaceAll("[,|#\\s]", "_");
  }
}
