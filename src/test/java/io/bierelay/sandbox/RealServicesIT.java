package io.bierelay.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.MessageProperties;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the tests of behaviour run against works, wherever it came from. */
class RealServicesIT {
  private static final Map<String, Object> QUORUM = Map.of("x-queue-type", "quorum");

  @Test
  void rabbitConfirmsAndDelivers() throws Exception {
    RabbitAddress address = RealServices.freshVirtualHost();
    try (var connection = address.connect();
        var channel = connection.createChannel()) {
      assertThat(connection.getServerProperties().get("product")).hasToString("RabbitMQ");
      publish(channel, "hello");
      assertThat(channel.basicGet("work", true).getBody()).asString().isEqualTo("hello");
    }
  }

  @Test
  void virtualHostsAndDatabasesAreOnesOwn() throws Exception {
    RabbitAddress one = RealServices.freshVirtualHost();
    assertThat(RealServices.freshVirtualHost()).isNotEqualTo(one);
    assertThat(one.port()).isEqualTo(RealServices.rabbit().port());
    assertThat(RealServices.freshDatabase()).isNotEqualTo(RealServices.freshDatabase());
  }

  @Test
  void postgresStoresARow() throws SQLException {
    PostgresAddress address = RealServices.freshDatabase();
    try (var connection = address.connect();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE stored (answer int PRIMARY KEY)");
      statement.execute("INSERT INTO stored VALUES (42)");
      try (var rows =
          statement.executeQuery("SELECT answer, current_setting('fsync') FROM stored")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(42);
        assertThat(rows.getString(2)).isEqualTo("on");
      }
    }
  }

  @Test
  void aBrokerOfOnesOwnKeepsMessagesOverStopAndKill() throws Exception {
    try (RabbitProcess rabbit = new RabbitProcess().start()) {
      RabbitAddress address = rabbit.address();
      try (var connection = address.connect();
          var channel = connection.createChannel()) {
        publish(channel, "before the stop");
      }
      rabbit.stop();
      assertThat(address.takesConnections()).isFalse();
      rabbit.start();
      try (var connection = address.connect();
          var channel = connection.createChannel()) {
        publish(channel, "before the kill");
      }
      rabbit.kill();
      assertThat(address.takesConnections()).isFalse();
      rabbit.start();
      try (var connection = address.connect();
          var channel = connection.createChannel()) {
        // Not by the queue's count: a quorum queue that has just recovered still has an old one.
        for (String text : List.of("before the stop", "before the kill")) {
          assertThat(channel.basicGet("work", false).getBody()).asString().isEqualTo(text);
        }
      }
      assertThat(rabbit.ctl("list_queues", "name", "type")).contains("work\tquorum");
    }
  }

  private static void publish(Channel channel, String text) throws IOException {
    channel.queueDeclare("work", true, false, false, QUORUM);
    channel.confirmSelect();
    channel.basicPublish(
        "", "work", true, MessageProperties.PERSISTENT_BASIC, text.getBytes(UTF_8));
    try {
      channel.waitForConfirmsOrDie(10_000);
    } catch (Exception e) {
      throw new IOException("not confirmed", e);
    }
  }
}
