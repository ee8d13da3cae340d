package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.ShutdownSignalException;
import io.bierelay.check.Problem;
import io.bierelay.rabbit.RabbitCheck.Needed;
import io.bierelay.rabbit.RabbitCheck.Permission;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeoutException;

/**
 * What RabbitMQ is asked after the login, in ways that {@link RabbitCheck} explains: nothing is
 * made and nothing is published.
 */
final class RabbitQuestions {

  private static final Object WRONG_TYPE = "not a number";

  private final Connection connection;
  private final String user;
  private final String virtualHost;

  /**
   * @param user as messages call it
   */
  RabbitQuestions(Connection connection, String user, String virtualHost) {
    this.connection = connection;
    this.user = user;
    this.virtualHost = virtualHost;
  }

  /** Found out by a passive declaration. */
  boolean exists(Needed one) throws Exception {
    try {
      on(
          channel -> {
            if (one.isQueue()) {
              channel.queueDeclarePassive(one.name());
            } else {
              channel.exchangeDeclarePassive(one.name());
            }
          });
      return true;
    } catch (IOException e) {
      if (RabbitFailure.isAbsent(e)) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Asks for each permission.
   *
   * @return what is permitted, in words that continue a sentence
   * @throws io.bierelay.check.StepFailedException if one is missing
   */
  String permitted(Needed one, boolean exists) throws Exception {
    Set<String> allowed = new TreeSet<>();
    for (Permission permission : one.permissions()) {
      if (!exists && permission != Permission.CONFIGURE) {
        continue; // Only of what is there can it be asked without making it.
      }
      try {
        on(channel -> request(channel, one, permission));
      } catch (IOException | ShutdownSignalException e) {
        if (code(e) == AMQP.ACCESS_REFUSED) {
          throw refused(one, permission).toException();
        }
        if (code(e) != AMQP.PRECONDITION_FAILED) {
          throw e;
        }
      }
      allowed.add(permission.name().toLowerCase(Locale.ROOT));
    }
    if (!one.boundTo().isEmpty() && mayBind(one)) {
      allowed.add("bind");
    }
    return allowed.isEmpty() ? "" : "; may " + String.join(", ", allowed);
  }

  /** By taking back a binding that nobody has made: the permissions are those of making one. */
  private boolean mayBind(Needed one) throws Exception {
    try {
      on(
          channel ->
              channel.queueUnbind(
                  one.name(), one.boundTo(), "bie-relay-check-" + UUID.randomUUID()));
      return true;
    } catch (IOException e) {
      if (code(e) == AMQP.NOT_FOUND) {
        return true; // Looked for only after it was known to be permitted.
      }
      if (code(e) == AMQP.ACCESS_REFUSED) {
        throw new Problem(
                "user %s has no permission to bind it to exchange '%s'"
                    .formatted(user, one.boundTo()),
                "that takes write on the queue and read on the exchange (rabbitmqctl"
                    + " set_permissions); see docs/permissions.md")
            .toException();
      }
      throw e;
    }
  }

  private Problem refused(Needed one, Permission permission) {
    String word = permission.name().toLowerCase(Locale.ROOT);
    return new Problem(
        "user %s has no permission to %s it in virtual host '%s'"
            .formatted(user, word, virtualHost),
        "widen the user's pattern for '%s' (rabbitmqctl set_permissions) so that it fits '%s'; see"
                .formatted(word, one.name())
            + " docs/permissions.md");
  }

  /** Ends in 403 if it is not permitted, else in 406 or in nothing. */
  private static void request(Channel channel, Needed one, Permission permission)
      throws IOException {
    switch (permission) {
      case CONFIGURE -> {
        if (one.isQueue()) {
          channel.queueDeclare(one.name(), true, false, false, Map.of("x-expires", WRONG_TYPE));
        } else {
          // An integer where a name must stand; it is looked at whether the exchange exists or not.
          channel.exchangeDeclare(
              one.name(), "topic", true, false, Map.of("alternate-exchange", 1));
        }
      }
      case WRITE -> {
        channel.txSelect();
        channel.basicPublish(one.name(), "bie-relay-check", null, new byte[0]);
        channel.txRollback();
      }
      case READ -> {
        channel.basicQos(1);
        channel.basicConsume(
            one.name(),
            false,
            new HashMap<>(Map.of("x-priority", WRONG_TYPE)),
            new DefaultConsumer(channel));
      }
    }
  }

  private interface Asking {
    void on(Channel channel) throws IOException;
  }

  /** On a channel of its own, because a refusal ends the channel. */
  private void on(Asking asking) throws IOException, TimeoutException {
    Channel channel = connection.createChannel();
    if (channel == null) {
      throw new IOException("no channel is left");
    }
    try {
      asking.on(channel);
    } finally {
      if (channel.isOpen()) {
        channel.abort();
      }
    }
  }

  private static int code(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof ShutdownSignalException shutdown) {
        return shutdown.getReason() instanceof AMQP.Channel.Close close ? close.getReplyCode() : 0;
      }
    }
    return 0;
  }
}
