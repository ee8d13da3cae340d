package io.bierelay.bench.peers.camelsql;

import com.rabbitmq.client.Channel;
import com.zaxxer.hikari.HikariDataSource;
import io.bierelay.bench.peers.StoredRow;
import io.bierelay.bench.relay.Order;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.springrabbit.SpringRabbitMQConstants;
import org.apache.camel.main.Main;
import org.apache.camel.processor.aggregate.AbstractListAggregationStrategy;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;

/**
 * Apache Camel, from its Spring RabbitMQ component by way of an aggregation to its SQL component's
 * batches; acknowledged by hand once the rows are committed.
 */
public final class Peer {

  private static final int ROUTES = 2;

  private Peer() {}

  /** Arguments: the order's file; the candidate's name. */
  public static void main(String[] arguments) throws Exception {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    Order order = Order.read(arguments[0]);
    CachingConnectionFactory rabbit =
        new CachingConnectionFactory(order.rabbit("host"), Integer.parseInt(order.rabbit("port")));
    rabbit.setUsername(order.rabbit("username"));
    rabbit.setPassword(order.rabbit("password"));
    rabbit.setVirtualHost(order.rabbit("vhost"));
    HikariDataSource database = new HikariDataSource();
    database.setJdbcUrl(
        order.all().getProperty("postgres.url")
            + "?reWriteBatchedInserts=true&stringtype=unspecified");
    database.setUsername(order.all().getProperty("postgres.username"));
    database.setPassword(order.all().getProperty("postgres.password"));
    database.setMaximumPoolSize(2 * ROUTES);
    Main main = new Main();
    main.bind("rabbit", rabbit);
    main.bind("db", database);
    for (int i = 0; i < ROUTES; i++) {
      main.configure().addRoutesBuilder(new Route(order, i));
    }
    main.run();
  }

  /** Keeps each delivery's channel and tag beside its row. */
  private record Delivered(Channel channel, long tag, StoredRow row) {}

  private static final class Rows extends AbstractListAggregationStrategy<Delivered> {
    @Override
    public Delivered getValue(Exchange exchange) {
      return exchange.getMessage().getBody(Delivered.class);
    }
  }

  private static final class Route extends RouteBuilder {
    /** Of all routes: which codes need no INSERT. */
    private static final Set<String> KNOWN = ConcurrentHashMap.newKeySet();

    private final Order order;
    private final int number;

    Route(Order order, int number) {
      this.order = order;
      this.number = number;
    }

    @Override
    public void configure() {
      // What is not stored stays unacknowledged and is tried for as long as it takes.
      onException(Exception.class).maximumRedeliveries(-1).redeliveryDelay(1_000);
      String batch = order.all().getProperty("batch.size", "500");
      String linger = order.all().getProperty("batch.linger", "5");
      from("spring-rabbitmq:workflow-"
              + number
              + "?queues="
              + order.all().getProperty("queues")
              + "&connectionFactory=#rabbit&acknowledgeMode=MANUAL&autoDeclare=false"
              + "&exchangePattern=InOnly&concurrentConsumers=1&prefetchCount="
              + order.all().getProperty("prefetch", "1000"))
          .routeId("workflow-" + number)
          .process(Route::read)
          // One thread after the aggregation: its batches are finished in order, so that one
          // acknowledgement serves all before it.
          .aggregate(constant(true), new Rows())
          .completionSize(Integer.parseInt(batch))
          .completionInterval(Long.parseLong(linger))
          .parallelProcessing()
          .executorService(Executors.newSingleThreadExecutor())
          .process(Route::codes)
          .choice()
          .when(exchange -> !exchange.getMessage().getBody(List.class).isEmpty())
          .to(
              "sql:INSERT INTO diagnostic_code (code) VALUES (:#code) ON CONFLICT DO NOTHING"
                  + "?batch=true&dataSource=#db&parametersCount=1")
          .process(Route::remember)
          .end()
          .process(Route::events)
          .to(
              "sql:INSERT INTO bie_event (uuid, notified_at, event_type, event_details, event_at,"
                  + " benefit_claim_id, contention_id, classification) VALUES (:#id, :#notified,"
                  + " :#type, :#details, :#at, :#claim, :#contention, :#class)"
                  + " ON CONFLICT (uuid) DO NOTHING"
                  + "?batch=true&dataSource=#db&parametersCount=8")
          .process(Route::links)
          .choice()
          .when(exchange -> !exchange.getMessage().getBody(List.class).isEmpty())
          .to(
              "sql:INSERT INTO bie_event_to_diagnostic_code (bie_event_uuid, diagnostic_code)"
                  + " VALUES (:#id, :#code) ON CONFLICT DO NOTHING"
                  + "?batch=true&dataSource=#db&parametersCount=2")
          .end()
          .process(Route::acknowledge);
    }

    private static void read(Exchange exchange) throws Exception {
      Message in = exchange.getMessage();
      StoredRow row =
          StoredRow.of(
              in.getHeader(SpringRabbitMQConstants.MESSAGE_ID, String.class),
              in.getHeaders(),
              in.getBody(byte[].class));
      Channel channel = exchange.getProperty(SpringRabbitMQConstants.CHANNEL, Channel.class);
      long tag = in.getHeader(SpringRabbitMQConstants.DELIVERY_TAG, Long.class);
      in.setBody(new Delivered(channel, tag, row));
    }

    @SuppressWarnings("unchecked")
    private static List<Delivered> batch(Exchange exchange) {
      return exchange.getProperty("batch", List.class);
    }

    private static void codes(Exchange exchange) {
      exchange.setProperty("batch", exchange.getMessage().getBody(List.class));
      Set<String> fresh = new TreeSet<>();
      for (Delivered one : batch(exchange)) {
        one.row().codes().stream().filter(c -> !KNOWN.contains(c)).forEach(fresh::add);
      }
      exchange.setProperty("codes", fresh);
      List<Map<String, Object>> rows = new ArrayList<>();
      fresh.forEach(code -> rows.add(Map.of("code", code)));
      exchange.getMessage().setBody(rows);
    }

    private static void remember(Exchange exchange) {
      for (Object code : exchange.getProperty("codes", Set.class)) {
        KNOWN.add(code.toString());
      }
    }

    private static void events(Exchange exchange) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Delivered one : batch(exchange)) {
        StoredRow row = one.row();
        Map<String, Object> columns = new HashMap<>();
        columns.put("id", row.id());
        columns.put("notified", row.notifiedAt());
        columns.put("type", row.type());
        columns.put("details", row.details());
        columns.put("at", row.eventAt());
        columns.put("claim", row.claim());
        columns.put("contention", row.contention());
        columns.put("class", row.classification());
        rows.add(columns);
      }
      exchange.getMessage().setBody(rows);
    }

    private static void links(Exchange exchange) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Delivered one : batch(exchange)) {
        for (String code : one.row().codes()) {
          rows.add(Map.of("id", one.row().id(), "code", code));
        }
      }
      exchange.getMessage().setBody(rows);
    }

    private static void acknowledge(Exchange exchange) throws Exception {
      // Each queue has a channel of its own, whose tags count for it alone.
      Map<Channel, Long> last = new HashMap<>();
      for (Delivered one : batch(exchange)) {
        last.merge(one.channel(), one.tag(), Math::max);
      }
      for (Map.Entry<Channel, Long> one : last.entrySet()) {
        one.getKey().basicAck(one.getValue(), true);
      }
    }
  }
}
