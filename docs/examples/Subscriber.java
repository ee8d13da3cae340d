import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.AMQP.BasicProperties;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Prints each event once: java -cp amqp-client.jar:slf4j-api.jar Subscriber.java */
public final class Subscriber {

  private static final int REMEMBERED = 100_000;

  /** The last ids. It forgets all when it ends: who must not, keeps them with what it does. */
  private static final Map<String, Boolean> SEEN =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  public static void main(String[] arguments) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(System.getenv("AMQP_URL"));
    Connection connection = factory.newConnection("example");
    Channel channel = connection.createChannel();
    String queue = "example.contention-updated";
    channel.exchangeDeclare("bie-events-contention-updated", "topic", true);
    channel.queueDeclare(queue, true, false, false, Map.of("x-queue-type", "quorum"));
    channel.queueBind(queue, "bie-events-contention-updated", "#");
    channel.basicQos(100);
    channel.basicConsume(
        queue,
        false,
        new DefaultConsumer(channel) {
          @Override
          public void handleDelivery(
              String tag, Envelope envelope, BasicProperties properties, byte[] body)
              throws IOException {
            String id = properties.getMessageId();
            if (!SEEN.containsKey(id)) {
              String notification = new String(body, StandardCharsets.UTF_8);
              System.out.println(id + " " + notification.length());
              SEEN.put(id, true);
            }
            // Only now: what was not acknowledged is delivered again.
            channel.basicAck(envelope.getDeliveryTag(), false);
          }
        });
    System.out.println("waiting");
  }
}
