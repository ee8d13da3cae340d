package io.bierelay.bench.peers.springjpa;

import io.bierelay.bench.peers.StoredRow;
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
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.amqp.SimpleRabbitListenerContainerFactoryConfigurer;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * Spring Boot with JPA: as a workflow that stores batches or message by message, and as the service
 * that is replaced, which stores a row and then publishes without a confirm.
 */
@SpringBootApplication
public class Peer {

  private static Work work;

  /** Arguments: the order's file; the candidate's name. */
  public static void main(String[] arguments) throws IOException {
    Order order = Order.read(arguments[0]);
    boolean replaced = arguments[1].equals("REPLACED");
    Map<String, Object> properties = new HashMap<>();
    properties.put("peer.way", arguments[1]);
    properties.put("peer.queues", order.all().getProperty("queues", ""));
    properties.put("peer.topics", order.all().getProperty("topics", ""));
    properties.put("peer.batch", order.all().getProperty("batch.size", "500"));
    properties.put("peer.linger", order.all().getProperty("batch.linger", "5"));
    properties.put("peer.prefetch", order.all().getProperty("prefetch", "1000"));
    properties.put("spring.main.banner-mode", "off");
    properties.put("spring.main.keep-alive", true);
    properties.put("logging.level.root", "warn");
    properties.put(
        "spring.datasource.url",
        order.all().getProperty("postgres.url")
            + "?reWriteBatchedInserts=true&stringtype=unspecified");
    properties.put("spring.datasource.username", order.all().getProperty("postgres.username"));
    properties.put("spring.datasource.password", order.all().getProperty("postgres.password"));
    properties.put("spring.jpa.open-in-view", false);
    properties.put("spring.jpa.hibernate.ddl-auto", "none");
    properties.put("spring.jpa.properties.hibernate.jdbc.batch_size", "500");
    properties.put("spring.jpa.properties.hibernate.order_inserts", true);
    properties.put("spring.rabbitmq.host", order.rabbit("host"));
    properties.put("spring.rabbitmq.port", order.rabbit("port"));
    properties.put("spring.rabbitmq.username", order.rabbit("username"));
    properties.put("spring.rabbitmq.password", order.rabbit("password"));
    properties.put("spring.rabbitmq.virtual-host", order.rabbit("vhost"));
    if (replaced) {
      Properties kafka = order.kafka();
      properties.put("spring.kafka.bootstrap-servers", kafka.remove("bootstrap.servers"));
      properties.put("spring.kafka.consumer.group-id", kafka.remove("group.id"));
      kafka.forEach((key, value) -> properties.put("spring.kafka.properties." + key, value));
      String bytes = ByteArrayDeserializer.class.getName();
      properties.put("spring.kafka.consumer.key-deserializer", bytes);
      properties.put("spring.kafka.consumer.value-deserializer", bytes);
      work = new Work(order);
    } else {
      properties.put(
          "spring.autoconfigure.exclude",
          "org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration");
    }
    SpringApplication application = new SpringApplication(Peer.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    application.setDefaultProperties(properties);
    application.run();
    System.out.println("ready");
  }

  private static StoredRow row(Message message) {
    var properties = message.getMessageProperties();
    try {
      return StoredRow.of(
          properties.getMessageId(), properties.getHeaders(), message.getBody());
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** A batch is one transaction; it is acknowledged when it is committed. */
  @Configuration
  @ConditionalOnProperty(name = "peer.way", havingValue = "SPRING_JPA_BATCH")
  static class Batch {
    @Bean
    SimpleRabbitListenerContainerFactory batches(
        SimpleRabbitListenerContainerFactoryConfigurer configurer,
        ConnectionFactory connections,
        org.springframework.core.env.Environment environment) {
      var factory = new SimpleRabbitListenerContainerFactory();
      configurer.configure(factory, connections);
      long linger = environment.getRequiredProperty("peer.linger", Long.class);
      factory.setConsumerBatchEnabled(true);
      factory.setBatchListener(true);
      factory.setBatchSize(environment.getRequiredProperty("peer.batch", Integer.class));
      factory.setReceiveTimeout(linger);
      factory.setBatchReceiveTimeout(linger);
      factory.setPrefetchCount(environment.getRequiredProperty("peer.prefetch", Integer.class));
      factory.setConcurrentConsumers(2);
      return factory;
    }

    @Bean
    BatchListener batchListener(EventService service) {
      return new BatchListener(service);
    }
  }

  /** See {@link Batch}. */
  static class BatchListener {
    private final EventService service;

    BatchListener(EventService service) {
      this.service = service;
    }

    @RabbitListener(queues = "#{'${peer.queues}'.split(',')}", containerFactory = "batches")
    void onBatch(List<Message> messages) {
      List<StoredRow> rows = new ArrayList<>(messages.size());
      messages.forEach(message -> rows.add(row(message)));
      service.store(rows);
    }
  }

  /** A message is one transaction. */
  @Configuration
  @ConditionalOnProperty(name = "peer.way", havingValue = "SPRING_JPA_EACH")
  static class Each {
    @Bean
    SimpleRabbitListenerContainerFactory each(
        SimpleRabbitListenerContainerFactoryConfigurer configurer, ConnectionFactory connections) {
      var factory = new SimpleRabbitListenerContainerFactory();
      configurer.configure(factory, connections);
      factory.setConcurrentConsumers(4);
      return factory;
    }

    @Bean
    EachListener eachListener(EventService service) {
      return new EachListener(service);
    }
  }

  /** See {@link Each}. */
  static class EachListener {
    private final EventService service;

    EachListener(EventService service) {
      this.service = service;
    }

    @RabbitListener(queues = "#{'${peer.queues}'.split(',')}", containerFactory = "each")
    void onMessage(Message message) {
      service.store(List.of(row(message)));
    }
  }

  /** Row first, then the message, with Spring's own settings for everything. */
  @Configuration
  @ConditionalOnProperty(name = "peer.way", havingValue = "REPLACED")
  static class Replaced {
    @Bean
    ReplacedListener replacedListener(EventService service, RabbitTemplate rabbit) {
      return new ReplacedListener(service, rabbit);
    }
  }

  /** See {@link Replaced}. */
  static class ReplacedListener {
    private final EventService service;
    private final RabbitTemplate rabbit;

    ReplacedListener(EventService service, RabbitTemplate rabbit) {
      this.service = service;
      this.rabbit = rabbit;
    }

    @KafkaListener(topics = "#{'${peer.topics}'.split(',')}")
    void onRecord(ConsumerRecord<byte[], byte[]> record) throws IOException {
      String topic = record.topic();
      int partition = record.partition();
      byte[] body = work.body(topic, record.value());
      Map<String, Object> headers =
          work.headers(
              topic, partition, record.offset(), record.timestamp(), record.key(), record.value());
      String id = Work.messageId(topic, partition, record.offset());
      service.store(List.of(StoredRow.of(id, headers, body)));
      rabbit.send(
          work.exchange(topic),
          work.routingKey(topic, partition),
          MessageBuilder.withBody(body)
              .setMessageId(id)
              .setContentType("application/json")
              .setDeliveryMode(MessageDeliveryMode.PERSISTENT)
              .setType(work.type(topic))
              .copyHeaders(headers)
              .build());
    }
  }
}
