package io.bierelay.bench.peers.camel;

import io.bierelay.bench.peers.Work;
import io.bierelay.bench.relay.Order;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.KafkaComponent;
import org.apache.camel.component.kafka.consumer.KafkaManualCommit;
import org.apache.camel.component.springrabbit.SpringRabbitMQConstants;
import org.apache.camel.main.Main;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory.ConfirmType;

/**
 * Apache Camel, from its Kafka component to its Spring RabbitMQ component: record by record, or a
 * batch at a time whose records are published in parallel.
 */
public final class Peer {

  private static final int CHANNELS = 100;

  private Peer() {}

  /** Arguments: the order's file; the candidate's name. */
  public static void main(String[] arguments) throws Exception {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    Order order = Order.read(arguments[0]);
    boolean batching = arguments[1].equals("CAMEL_BATCH");
    Main main = new Main();
    CachingConnectionFactory rabbit =
        new CachingConnectionFactory(
            order.rabbit("host"), Integer.parseInt(order.rabbit("port")));
    rabbit.setUsername(order.rabbit("username"));
    rabbit.setPassword(order.rabbit("password"));
    rabbit.setVirtualHost(order.rabbit("vhost"));
    rabbit.setPublisherConfirmType(ConfirmType.SIMPLE);
    rabbit.setChannelCacheSize(CHANNELS);
    main.bind("rabbit", rabbit);
    Work work = new Work(order);
    main.configure().addRoutesBuilder(new Route(order, work, batching));
    main.configure().setAutoStartup(true);
    main.run();
  }

  private static final class Route extends RouteBuilder {
    private final Order order;
    private final Work work;
    private final boolean batching;

    Route(Order order, Work work, boolean batching) {
      this.order = order;
      this.work = work;
      this.batching = batching;
    }

    @Override
    public void configure() {
      Properties kafka = order.kafka();
      getContext()
          .getComponent("kafka", KafkaComponent.class)
          .getConfiguration()
          .setSaslJaasConfig(kafka.getProperty("sasl.jaas.config"));
      getContext()
          .getRegistry()
          .bind("publish", java.util.concurrent.Executors.newFixedThreadPool(CHANNELS));
      String from =
          "kafka:"
              + order.all().getProperty("topics")
              + "?brokers="
              + kafka.getProperty("bootstrap.servers")
              + "&groupId="
              + kafka.getProperty("group.id")
              + "&autoOffsetReset=earliest&securityProtocol=SASL_PLAINTEXT&saslMechanism=PLAIN"
              + "&isolationLevel=read_committed"
              + "&keyDeserializer=org.apache.kafka.common.serialization.ByteArrayDeserializer"
              + "&valueDeserializer=org.apache.kafka.common.serialization.ByteArrayDeserializer"
              + "&partitionAssignor=org.apache.kafka.clients.consumer.CooperativeStickyAssignor"
              + "&autoCommitEnable=false&allowManualCommit=true&breakOnFirstError=true";
      String to =
          "spring-rabbitmq:none?connectionFactory=#rabbit&confirm=enabled&confirmTimeout=30000";
      if (batching) {
        // Without an interval a batch ends only when it is full or a poll finds nothing, which
        // takes seconds at a rate that is steady and low; a batch ends at the poll after the one
        // that it came with, so that polls must be short, too.
        from(from
                + "&batching=true&maxPollRecords=2000&batchingIntervalMs=5&pollTimeoutMs=5"
                + "&consumersCount=2")
            .split(body())
            .parallelProcessing()
            .executorService("publish")
            .stopOnException()
            .process(this::writeOf)
            .to(to)
            .end()
            .process(Peer::commit);
      } else {
        from(from + "&maxPollRecords=500&consumersCount=20")
            .process(this::write)
            .to(to)
            .process(Peer::commit);
      }
    }

    /** One exchange of a batch. */
    private void writeOf(Exchange part) throws Exception {
      Message in =
          part.getMessage().getBody() instanceof Exchange one
              ? one.getMessage()
              : part.getMessage();
      write(part, in);
    }

    private void write(Exchange exchange) throws Exception {
      write(exchange, exchange.getMessage());
    }

    private void write(Exchange exchange, Message in) throws Exception {
      String topic = in.getHeader(KafkaConstants.TOPIC, String.class);
      int partition = in.getHeader(KafkaConstants.PARTITION, Integer.class);
      long offset = in.getHeader(KafkaConstants.OFFSET, Long.class);
      long timestamp = in.getHeader(KafkaConstants.TIMESTAMP, Long.class);
      byte[] key = in.getHeader(KafkaConstants.KEY, byte[].class);
      byte[] value = in.getBody(byte[].class);
      Map<String, Object> headers =
          work.headers(topic, partition, offset, timestamp, key, value);
      Message out = exchange.getMessage();
      Object manual = in.getHeader(KafkaConstants.MANUAL_COMMIT);
      out.removeHeaders("*");
      out.setHeaders(headers);
      exchange.setProperty("manual", manual);
      out.setHeader(SpringRabbitMQConstants.EXCHANGE_OVERRIDE_NAME, work.exchange(topic));
      out.setHeader(
          SpringRabbitMQConstants.ROUTING_OVERRIDE_KEY, work.routingKey(topic, partition));
      out.setHeader(SpringRabbitMQConstants.MESSAGE_ID, Work.messageId(topic, partition, offset));
      out.setHeader(SpringRabbitMQConstants.CONTENT_TYPE, "application/json");
      out.setHeader(SpringRabbitMQConstants.TIMESTAMP, new Date());
      out.setHeader(SpringRabbitMQConstants.TYPE, work.type(topic));
      out.setHeader(SpringRabbitMQConstants.APP_ID, "bie-relay");
      out.setHeader(SpringRabbitMQConstants.DELIVERY_MODE, "PERSISTENT");
      out.setBody(work.body(topic, value));
    }
  }

  private static void commit(Exchange exchange) {
    KafkaManualCommit manual = exchange.getProperty("manual", KafkaManualCommit.class);
    if (manual == null) {
      manual = exchange.getMessage().getHeader(KafkaConstants.MANUAL_COMMIT, KafkaManualCommit.class);
    }
    if (manual == null && exchange.getMessage().getBody() instanceof List<?> batch) {
      Exchange last = (Exchange) batch.get(batch.size() - 1);
      manual = last.getMessage().getHeader(KafkaConstants.MANUAL_COMMIT, KafkaManualCommit.class);
    }
    if (manual != null) {
      manual.commit();
    }
  }
}
