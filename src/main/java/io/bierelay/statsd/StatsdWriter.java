package io.bierelay.statsd;

import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramSocket;
import io.vertx.core.datagram.DatagramSocketOptions;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what a registry counts to a StatsD agent, at an interval and once more at the end.
 *
 * <p>Nothing waits for it: counting costs what it cost before, since the same meters are read that
 * {@code /metrics} shows. UDP tells of no loss; an agent that is away misses what was sent to it.
 */
public final class StatsdWriter {

  private static final Logger LOG = LoggerFactory.getLogger(StatsdWriter.class);

  private final Vertx vertx;
  private final MeterRegistry registry;
  private final String host;
  private final int port;
  private final StatsdLines lines;
  private final DatagramSocket socket;
  private final long timer;
  private String trouble = "";

  /** Begins; the host must be configured. */
  public StatsdWriter(
      Vertx vertx, Settings settings, MeterRegistry registry, Map<String, String> tags) {
    this.vertx = vertx;
    this.registry = registry;
    this.host = settings.find(StatsdSettings.HOST).orElseThrow();
    this.port = settings.get(StatsdSettings.PORT);
    this.lines = new StatsdLines(tags);
    this.socket = vertx.createDatagramSocket(new DatagramSocketOptions());
    this.timer =
        vertx.setPeriodic(settings.get(StatsdSettings.INTERVAL).toMillis(), id -> sendSoon());
    LOG.info("metrics are also sent to StatsD at {}:{}", host, port);
  }

  /** Sends what is left, and ends. Completes on any thread, and does not fail. */
  public Future<Void> stop() {
    vertx.cancelTimer(timer);
    Promise<Void> stopped = Promise.promise();
    send().transform(sent -> socket.close()).onComplete(done -> stopped.complete());
    return stopped.future();
  }

  private void sendSoon() {
    send().onComplete(done -> note(done.failed() ? String.valueOf(done.cause()) : ""));
  }

  /** Reading takes milliseconds with many partitions; ordered, so that no two read at once. */
  private Future<Void> send() {
    return vertx.executeBlocking(() -> lines.packets(registry), true).compose(this::send);
  }

  private Future<Void> send(List<byte[]> packets) {
    Future<Void> all = Future.succeededFuture();
    for (byte[] packet : packets) {
      all = all.compose(v -> socket.send(Buffer.buffer(packet), port, host));
    }
    return all;
  }

  /** Once per change: an agent that is away for a day is no news. */
  private void note(String now) {
    if (!now.equals(trouble) && !now.isEmpty()) {
      LOG.warn("can't send metrics to StatsD at {}:{}: {}", host, port, now);
    }
    trouble = now;
  }
}
