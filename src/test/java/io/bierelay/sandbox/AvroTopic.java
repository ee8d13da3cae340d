package io.bierelay.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads a topic from its beginning, its values by Avro's own reader. */
public final class AvroTopic implements AutoCloseable {

  private final String topic;
  private final SandboxRegistry registry;
  private final Properties properties;
  private final KafkaConsumer<String, byte[]> consumer;
  private final Map<Integer, Schema> schemas = new HashMap<>();
  private boolean assigned;

  /** A record with its value decoded. */
  public record Decoded(ConsumerRecord<String, byte[]> record, GenericRecord value) {

    /** A field by its path. */
    public Object at(String... path) {
      Object found = value;
      for (String name : path) {
        found = ((GenericRecord) found).get(name);
      }
      return found instanceof CharSequence ? found.toString() : found;
    }
  }

  /** Connects when it is first asked. */
  public AvroTopic(Properties kafka, SandboxRegistry registry, String topic) {
    this.topic = topic;
    this.registry = registry;
    this.properties = kafka;
    Properties p = new Properties();
    p.putAll(kafka);
    p.put("auto.offset.reset", "earliest");
    p.put("isolation.level", "read_committed");
    consumer = new KafkaConsumer<>(p, new StringDeserializer(), new ByteArrayDeserializer());
  }

  /** Whether the topic exists. */
  public boolean exists() {
    try (Admin admin = Admin.create(properties)) {
      return admin.listTopics().names().get(10, TimeUnit.SECONDS).contains(topic);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What has come since the last time; nothing while there is no such topic. */
  public List<Decoded> poll() {
    if (!assigned) {
      if (!exists()) {
        return List.of();
      }
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      assigned = true;
    }
    List<Decoded> decoded = new ArrayList<>();
    for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
      decoded.add(new Decoded(record, decode(record.value())));
    }
    return decoded;
  }

  private GenericRecord decode(byte[] value) {
    if (value[0] != 0) {
      throw new IllegalStateException("no wire format");
    }
    Schema schema =
        schemas.computeIfAbsent(
            ByteBuffer.wrap(value, 1, 4).getInt(),
            id -> new Schema.Parser().parse(registry.schema(id)));
    try {
      BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null);
      GenericRecord record = new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
      if (!decoder.isEnd()) {
        throw new IllegalStateException("bytes are left");
      }
      return record;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    consumer.close(Duration.ofSeconds(1));
  }
}
