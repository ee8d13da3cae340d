package io.bierelay.bench.workflow;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * What nothing can be much faster than: amqp-client, one statement of unnested arrays, and an
 * acknowledgement; two threads with a connection each, so that two batches are in flight.
 *
 * <p>Bodies are received and not looked at; the rows follow from the messages' numbers. It handles
 * no failure. Table, indexes, statement, batch size and linger are the relay's.
 */
public final class Floor {

  private static final String INSERT =
      """
      WITH stored AS (
        INSERT INTO bie_event (uuid, notified_at, event_type, event_details, event_at,
                               benefit_claim_id, contention_id, classification)
        SELECT id, notified, kind::bie_event_type, details::jsonb, at, claim, contention, class
        FROM unnest(?::uuid[], ?::timestamp[], ?::text[], ?::text[], ?::timestamp[],
                    ?::bigint[], ?::bigint[], ?::text[])
          AS r (id, notified, kind, details, at, claim, contention, class)
        ON CONFLICT (uuid) DO NOTHING
        RETURNING uuid
      ), codes AS (
        INSERT INTO diagnostic_code (code) SELECT unnest(?::text[])
        ON CONFLICT (code) DO NOTHING
      ), links AS (
        INSERT INTO bie_event_to_diagnostic_code (bie_event_uuid, diagnostic_code)
        SELECT * FROM unnest(?::uuid[], ?::text[])
        ON CONFLICT (bie_event_uuid, diagnostic_code) DO NOTHING
      )
      SELECT uuid FROM stored
      """;

  /**
   * Whether the number stands in the event's key, behind a letter; what the relay's floor sends.
   */
  private static final boolean KEYED = Boolean.getBoolean("floor.keyed");

  private record Message(long tag, UUID id, int number) {}

  private final BlockingQueue<Message> arrived = new ArrayBlockingQueue<>(100_000);
  private final Object taking = new Object();
  private final int batchSize;
  private final long lingerNanos;
  private final Channel channel;
  private long finishedUpTo;
  private final TreeSet<Long> inFlight = new TreeSet<>();
  private final TreeSet<Long> finished = new TreeSet<>();

  private Floor(Channel channel, int batchSize, long lingerMs) {
    this.channel = channel;
    this.batchSize = batchSize;
    this.lingerNanos = lingerMs * 1_000_000;
  }

  /** Arguments: AMQP URI, JDBC URL, user, password, batch size, linger in ms, prefetch. */
  public static void main(String[] a) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(a[0]);
    Channel channel = factory.newConnection("floor").createChannel();
    channel.basicQos(Integer.parseInt(a[6]));
    Floor floor = new Floor(channel, Integer.parseInt(a[4]), Long.parseLong(a[5]));
    for (int i = 0; i < 2; i++) {
      Connection database = DriverManager.getConnection(a[1], a[2], a[3]);
      PreparedStatement insert = database.prepareStatement(INSERT);
      Thread thread = new Thread(() -> floor.work(database, insert), "floor-" + i);
      thread.start();
    }
    for (String type : BenchMessages.TYPES) {
      channel.basicConsume(BenchMessages.queue(type), false, floor.new Deliveries());
    }
    System.out.println("ready");
  }

  private final class Deliveries extends DefaultConsumer {
    Deliveries() {
      super(channel);
    }

    @Override
    public void handleDelivery(
        String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
      arrived.add(message(envelope.getDeliveryTag(), properties));
    }

    private Message message(long tag, AMQP.BasicProperties properties) {
      if (KEYED) {
        int number = Integer.parseInt(properties.getHeaders().get("key").toString().substring(1));
        return new Message(tag, new UUID(0, number), number);
      }
      int number = ((Number) properties.getHeaders().get(BenchMessages.NUMBER)).intValue();
      return new Message(tag, UUID.fromString(properties.getMessageId()), number);
    }
  }

  private void work(Connection database, PreparedStatement insert) {
    try {
      while (true) {
        List<Message> batch;
        synchronized (taking) {
          batch = nextBatch();
          synchronized (inFlight) {
            inFlight.add(batch.get(0).tag());
          }
        }
        store(database, insert, batch);
        finished(batch);
      }
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  private List<Message> nextBatch() throws InterruptedException {
    List<Message> batch = new ArrayList<>(batchSize);
    batch.add(arrived.take());
    long end = System.nanoTime() + lingerNanos;
    while (batch.size() < batchSize) {
      arrived.drainTo(batch, batchSize - batch.size());
      if (batch.size() < batchSize) {
        Message next = arrived.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (next == null) {
          break;
        }
        batch.add(next);
      }
    }
    return batch;
  }

  private static void store(Connection database, PreparedStatement insert, List<Message> batch)
      throws SQLException {
    int size = batch.size();
    UUID[] ids = new UUID[size];
    Timestamp[] notified = new Timestamp[size];
    String[] kinds = new String[size];
    String[] details = new String[size];
    Timestamp[] at = new Timestamp[size];
    Long[] claims = new Long[size];
    Long[] contentions = new Long[size];
    String[] classes = new String[size];
    TreeSet<String> codes = new TreeSet<>();
    List<UUID> linkIds = new ArrayList<>();
    List<String> linkCodes = new ArrayList<>();
    batch.sort((x, y) -> x.id().compareTo(y.id()));
    for (int i = 0; i < size; i++) {
      int number = batch.get(i).number();
      ids[i] = batch.get(i).id();
      notified[i] = gmt(BenchMessages.notifiedAt(number));
      kinds[i] = BenchMessages.type(number);
      details[i] = BenchMessages.details(number);
      at[i] = gmt(BenchMessages.eventAt(number));
      claims[i] = BenchMessages.claim(number);
      contentions[i] = BenchMessages.contention(number);
      classes[i] = BenchMessages.classification(number);
      for (String code : BenchMessages.codes(number)) {
        codes.add(code);
        linkIds.add(ids[i]);
        linkCodes.add(code);
      }
    }
    insert.setArray(1, database.createArrayOf("uuid", ids));
    insert.setArray(2, database.createArrayOf("timestamp", notified));
    insert.setArray(3, database.createArrayOf("text", kinds));
    insert.setArray(4, database.createArrayOf("text", details));
    insert.setArray(5, database.createArrayOf("timestamp", at));
    insert.setArray(6, database.createArrayOf("int8", claims));
    insert.setArray(7, database.createArrayOf("int8", contentions));
    insert.setArray(8, database.createArrayOf("text", classes));
    insert.setArray(9, database.createArrayOf("text", codes.toArray(String[]::new)));
    insert.setArray(10, database.createArrayOf("uuid", linkIds.toArray(UUID[]::new)));
    insert.setArray(11, database.createArrayOf("text", linkCodes.toArray(String[]::new)));
    insert.executeQuery().close();
  }

  static Timestamp gmt(java.time.Instant instant) {
    return Timestamp.valueOf(LocalDateTime.ofInstant(instant, ZoneOffset.UTC));
  }

  /** Acknowledges several at once, up to the oldest batch that is still in flight. */
  private void finished(List<Message> batch) throws java.io.IOException {
    long first = Long.MAX_VALUE;
    long last = 0;
    for (Message message : batch) {
      first = Math.min(first, message.tag());
      last = Math.max(last, message.tag());
    }
    synchronized (inFlight) {
      inFlight.remove(first);
      finished.add(last);
      long bound = inFlight.isEmpty() ? Long.MAX_VALUE : inFlight.first();
      Long upTo = finished.lower(bound);
      if (upTo != null && upTo > finishedUpTo) {
        channel.basicAck(upTo, true);
        finishedUpTo = upTo;
        finished.headSet(upTo, true).clear();
      }
    }
  }
}
