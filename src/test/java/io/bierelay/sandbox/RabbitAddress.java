package io.bierelay.sandbox;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/** Where an AMQP 0-9-1 broker's virtual host is and who may use it. */
public record RabbitAddress(
    String host, int port, String username, String password, String virtualHost) {

  /** Reads {@code amqp://user:password@host:port/virtual-host}; without a path it is {@code /}. */
  public static RabbitAddress parse(String uri) {
    URI parsed = URI.create(uri);
    UserInfo user = UserInfo.of(parsed);
    String path = parsed.getRawPath();
    String virtualHost =
        path == null || path.length() <= 1
            ? "/"
            : URLDecoder.decode(path.substring(1), StandardCharsets.UTF_8);
    int port = parsed.getPort() < 0 ? ConnectionFactory.DEFAULT_AMQP_PORT : parsed.getPort();
    return new RabbitAddress(parsed.getHost(), port, user.name(), user.password(), virtualHost);
  }

  /** The same broker and user with another virtual host. */
  public RabbitAddress withVirtualHost(String other) {
    return new RabbitAddress(host, port, username, password, other);
  }

  /** The same broker through another port, such as a proxy's. */
  public RabbitAddress atPort(int other) {
    return new RabbitAddress(host, other, username, password, virtualHost);
  }

  /** A factory of connections that do not recover by themselves. */
  public ConnectionFactory connectionFactory() {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost(host);
    factory.setPort(port);
    factory.setUsername(username);
    factory.setPassword(password);
    factory.setVirtualHost(virtualHost);
    factory.setAutomaticRecoveryEnabled(false);
    return factory;
  }

  /** A new connection. */
  public Connection connect() throws IOException, TimeoutException {
    return connectionFactory().newConnection();
  }

  /** Whether a connection can be opened just now. */
  public boolean takesConnections() {
    try {
      connect().close();
      return true;
    } catch (IOException | TimeoutException e) {
      return false;
    }
  }

  /** The relay's settings for it. */
  public Map<String, Object> settings() {
    return Map.of(
        "rabbitmq.host", host,
        "rabbitmq.port", port,
        "rabbitmq.username", username,
        "rabbitmq.password", password,
        "rabbitmq.virtual.host", virtualHost);
  }

  /** Leaves the password out. */
  @Override
  public String toString() {
    return "amqp://%s@%s:%d/%s".formatted(username, host, port, virtualHost);
  }
}
