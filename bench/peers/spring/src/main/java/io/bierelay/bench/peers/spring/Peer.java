package io.bierelay.bench.peers.spring;

import io.bierelay.bench.peers.Work;
import io.bierelay.bench.relay.Order;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.support.Acknowledgment;

/**
 * Spring Boot with spring-kafka and spring-amqp, in the three ways that their documentation shows
 * for who wants to lose nothing.
 */
@SpringBootApplication
public class Peer {

  private static final int CONFIRM_MS = 30_000;

  /** Arguments: the order's file; the candidate's name. */
  public static void main(String[] arguments) throws IOException {
    Order order = Order.read(arguments[0]);
    Map<String, Object> properties = new HashMap<>();
    properties.put("peer.way", arguments[1]);
    properties.put("peer.topics", order.all().getProperty("topics"));
    properties.put("spring.main.banner-mode", "off");
    properties.put("spring.main.keep-alive", true);
    properties.put("logging.level.root", "warn");
    Properties kafka = order.kafka();
    properties.put("spring.kafka.bootstrap-servers", kafka.remove("bootstrap.servers"));
    properties.put("spring.kafka.consumer.group-id", kafka.remove("group.id"));
    kafka.forEach((key, value) -> properties.put("spring.kafka.properties." + key, value));
    properties.put("spring.kafka.properties.isolation.level", "read_committed");
    // With range, the default, a topic of four partitions serves four consumers and no more.
    properties.put(
        "spring.kafka.properties.partition.assignment.strategy",
        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
    properties.put("spring.kafka.consumer.enable-auto-commit", false);
    properties.put("spring.kafka.consumer.key-deserializer", ByteArrayDeserializer.class.getName());
    properties.put(
        "spring.kafka.consumer.value-deserializer", ByteArrayDeserializer.class.getName());
    properties.put("spring.rabbitmq.host", order.rabbit("host"));
    properties.put("spring.rabbitmq.port", order.rabbit("port"));
    properties.put("spring.rabbitmq.username", order.rabbit("username"));
    properties.put("spring.rabbitmq.password", order.rabbit("password"));
    properties.put("spring.rabbitmq.virtual-host", order.rabbit("vhost"));
    properties.put("spring.rabbitmq.template.mandatory", true);
    properties.putAll(way(arguments[1]));
    SpringApplication application = new SpringApplication(Peer.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    application.setAdditionalProfiles();
    application.setDefaultProperties(properties);
    WORK = new Work(order);
    application.run();
  }

  private static Work WORK;

  private static Map<String, Object> way(String name) {
    return switch (name) {
      case "SPRING_BATCH" ->
          Map.of(
              "spring.kafka.listener.type", "batch",
              "spring.kafka.listener.ack-mode", "batch",
              "spring.kafka.listener.concurrency", 2,
              "spring.kafka.consumer.max-poll-records", 2_000,
              "spring.rabbitmq.publisher-confirm-type", "simple");
      case "SPRING_CORRELATED" ->
          Map.of(
              "spring.kafka.listener.ack-mode", "manual",
              "spring.kafka.listener.async-acks", true,
              "spring.kafka.listener.concurrency", 2,
              "spring.kafka.consumer.max-poll-records", 2_000,
              "spring.rabbitmq.publisher-returns", true,
              "spring.rabbitmq.cache.channel.size", 100,
              "spring.rabbitmq.publisher-confirm-type", "correlated");
      default ->
          Map.of(
              "spring.kafka.listener.ack-mode", "batch",
              "spring.kafka.listener.concurrency", 20,
              "spring.rabbitmq.cache.channel.size", 30,
              "spring.rabbitmq.publisher-confirm-type", "simple");
    };
  }

  private static Message message(ConsumerRecord<byte[], byte[]> record) throws IOException {
    String topic = record.topic();
    return MessageBuilder.withBody(WORK.body(topic, record.value()))
        .setMessageId(Work.messageId(topic, record.partition(), record.offset()))
        .setContentType("application/json")
        .setDeliveryMode(MessageDeliveryMode.PERSISTENT)
        .setTimestamp(new java.util.Date())
        .setType(WORK.type(topic))
        .setAppId("bie-relay")
        .copyHeaders(
            WORK.headers(
                topic,
                record.partition(),
                record.offset(),
                record.timestamp(),
                record.key(),
                record.value()))
        .build();
  }

  /** A batch is published on one channel, its confirms are awaited once, its offsets committed. */
  @Configuration
  @ConditionalOnProperty(name = "peer.way", havingValue = "SPRING_BATCH")
  static class Batch {
    @Bean
    BatchListener batchListener(RabbitTemplate rabbit) {
      return new BatchListener(rabbit);
    }
  }

  /** See {@link Batch}. */
  static class BatchListener {
    private final RabbitTemplate rabbit;

    BatchListener(RabbitTemplate rabbit) {
      this.rabbit = rabbit;
    }

    @KafkaListener(topics = "#{'${peer.topics}'.split(',')}")
    void onBatch(List<ConsumerRecord<byte[], byte[]>> records) throws IOException {
      List<Message> messages = new ArrayList<>(records.size());
      for (ConsumerRecord<byte[], byte[]> record : records) {
        messages.add(message(record));
      }
      rabbit.invoke(
          own -> {
            for (int i = 0; i < messages.size(); i++) {
              ConsumerRecord<byte[], byte[]> record = records.get(i);
              own.send(
                  WORK.exchange(record.topic()),
                  WORK.routingKey(record.topic(), record.partition()),
                  messages.get(i));
            }
            own.waitForConfirmsOrDie(CONFIRM_MS);
            return null;
          });
    }
  }

  /** Each record is acknowledged when its confirm has come; spring-kafka keeps the order. */
  @Configuration
  @ConditionalOnProperty(name = "peer.way", havingValue = "SPRING_CORRELATED")
  static class Correlated {
    @Bean
    CorrelatedListener correlatedListener(RabbitTemplate rabbit) {
      return new CorrelatedListener(rabbit);
    }
  }

  /** See {@link Correlated}. */
  static class CorrelatedListener {
    private final RabbitTemplate rabbit;

    CorrelatedListener(RabbitTemplate rabbit) {
      this.rabbit = rabbit;
    }

    @KafkaListener(topics = "#{'${peer.topics}'.split(',')}")
    void onRecord(ConsumerRecord<byte[], byte[]> record, Acknowledgment acknowledgment)
        throws IOException {
      Message message = message(record);
      CorrelationData data = new CorrelationData(message.getMessageProperties().getMessageId());
      data.getFuture()
          .whenComplete(
              (confirm, failure) -> {
                if (failure == null && confirm.isAck() && data.getReturned() == null) {
                  acknowledgment.acknowledge();
                }
              });
      rabbit.send(
          WORK.exchange(record.topic()),
          WORK.routingKey(record.topic(), record.partition()),
          message,
          data);
    }
  }

  /** Each record's confirm is awaited before the next. */
  @Configuration
  @ConditionalOnProperty(name = "peer.way", havingValue = "SPRING_RECORD")
  static class Single {
    @Bean
    RecordListener recordListener(RabbitTemplate rabbit) {
      return new RecordListener(rabbit);
    }
  }

  /** See {@link Single}. */
  static class RecordListener {
    private final RabbitTemplate rabbit;

    RecordListener(RabbitTemplate rabbit) {
      this.rabbit = rabbit;
    }

    @KafkaListener(topics = "#{'${peer.topics}'.split(',')}")
    void onRecord(ConsumerRecord<byte[], byte[]> record) throws IOException {
      Message message = message(record);
      rabbit.invoke(
          own -> {
            own.send(
                WORK.exchange(record.topic()),
                WORK.routingKey(record.topic(), record.partition()),
                message);
            own.waitForConfirmsOrDie(CONFIRM_MS);
            return null;
          });
    }
  }
}
