package io.bierelay.ingest;

import io.bierelay.kafka.KafkaConnection;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How old the first uncommitted record of partitions is that no process tells of, such as those
 * that nobody owns. One event loop; the reading happens on a worker thread.
 *
 * <p>Only the time stamp is looked at, by a consumer that is in no group and commits nothing. A
 * record's stamp never changes, so each is read once; until then its age is not known.
 */
final class OldestRecords {

  private static final Logger LOG = LoggerFactory.getLogger(OldestRecords.class);
  private static final int MOST_AT_ONCE = 50;
  private static final int MOST_KNOWN = 10_000;
  private static final Duration LIMIT = Duration.ofSeconds(3);
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Context context;
  private final Settings settings;
  private final Map<At, Instant> known =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<At, Instant> eldest) {
          return size() > MOST_KNOWN;
        }
      };
  private final Set<At> wanted = new HashSet<>();
  private boolean reading;
  private long notBefore = System.nanoTime();

  private record At(TopicPartition partition, long offset) {}

  OldestRecords(Context context, Settings settings) {
    this.context = context;
    this.settings = settings;
  }

  /** In seconds; null if it is not known (yet). */
  @Nullable Double ageOf(TopicPartition partition, long offset, Instant now) {
    if (offset < 0) {
      return null;
    }
    At at = new At(partition, offset);
    Instant stamp = known.get(at);
    if (stamp == null) {
      wanted.add(at);
      readSoon();
      return null;
    }
    return stamp.toEpochMilli() <= 0 ? null : LaneAge.since(stamp, now);
  }

  private void readSoon() {
    if (reading) {
      return;
    }
    reading = true;
    long wait = Math.max(1, (notBefore - System.nanoTime()) / 1_000_000);
    context.owner().setTimer(wait, timer -> context.runOnContext(v -> read()));
  }

  private void read() {
    List<At> now = wanted.stream().limit(MOST_AT_ONCE).toList();
    // Those that are still of interest are asked for again.
    wanted.clear();
    notBefore = System.nanoTime() + PAUSE.toNanos();
    context
        .<Map<At, Instant>>executeBlocking(() -> stamps(now), false)
        .onSuccess(known::putAll)
        .onFailure(e -> LOG.debug("could not read the oldest records: {}", e.toString()))
        .onComplete(done -> reading = false);
  }

  private Map<At, Instant> stamps(List<At> places) {
    Map<TopicPartition, At> missing = new HashMap<>();
    places.forEach(at -> missing.put(at.partition(), at));
    Map<At, Instant> found = new HashMap<>();
    long end = System.nanoTime() + LIMIT.toNanos();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(missing.keySet());
      missing.forEach((partition, at) -> consumer.seek(partition, at.offset()));
      while (!missing.isEmpty() && System.nanoTime() < end) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
        for (TopicPartition partition : records.partitions()) {
          At at = missing.remove(partition);
          if (at != null) {
            ConsumerRecord<byte[], byte[]> first = records.records(partition).get(0);
            found.put(at, Instant.ofEpochMilli(first.timestamp()));
          }
        }
        consumer.pause(records.partitions());
      }
    } catch (KafkaException e) {
      LOG.debug("could not read all of the oldest records: {}", e.toString());
    }
    return found;
  }

  private Properties properties() {
    Properties properties = KafkaConnection.properties(settings);
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, ClientId.of(0) + "-oldest");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // What is no longer there has left a successor, whose age is what counts.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1 << 16);
    properties.put(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
        settings.get(IngestSettings.ISOLATION).name().toLowerCase(Locale.ROOT));
    return properties;
  }
}
