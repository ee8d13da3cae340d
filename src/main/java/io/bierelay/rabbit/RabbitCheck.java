package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.ShutdownSignalException;
import io.bierelay.check.ClientSide;
import io.bierelay.check.Endpoint;
import io.bierelay.check.Greeting;
import io.bierelay.check.Problem;
import io.bierelay.check.Reach;
import io.bierelay.check.Remedies;
import io.bierelay.check.ServerCheck;
import io.bierelay.check.Steps;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tries RabbitMQ as a session of ours would use it, and leaves no trace there.
 *
 * <p>What exists is found out by passive declarations. Whether the user may do what the role does
 * is found out by requests that RabbitMQ must refuse after it has looked at the permissions: a
 * declaration, or a consumption, with an argument of a wrong type, and a publication within a
 * transaction that is rolled back. A refusal for the permission's sake is reply code 403, and for
 * the argument's 406. This is RabbitMQ's order of looking at things, so other brokers are not asked
 * in this way.
 */
public final class RabbitCheck implements ServerCheck {

  private static final Object WRONG_TYPE = "not a number";

  /** What RabbitMQ lets a user do with names that fit a pattern. */
  public enum Permission {
    /** Declare. */
    CONFIGURE,
    /** Publish to an exchange. */
    WRITE,
    /** Consume from a queue. */
    READ
  }

  /**
   * Something that a role uses.
   *
   * @param isQueue a queue, else an exchange
   * @param permissions what the role does with it
   * @param boundTo the exchange that the role binds the queue to; empty for none
   */
  public record Needed(boolean isQueue, String name, Set<Permission> permissions, String boundTo) {

    /** An exchange. */
    public static Needed exchange(String name, Permission... permissions) {
      return new Needed(false, name, Set.of(permissions), "");
    }

    /** A queue that the role declares and binds. */
    public static Needed queue(String name, String boundTo, Permission... permissions) {
      return new Needed(true, name, Set.of(permissions), boundTo);
    }
  }

  private final Settings settings;
  private final List<Needed> needed;

  /** Does nothing yet. */
  public RabbitCheck(Settings settings, List<Needed> needed) {
    this.settings = settings;
    this.needed = List.copyOf(needed);
  }

  @Override
  public String server() {
    return "RabbitMQ";
  }

  @Override
  public void run(Steps steps) {
    if (!Reach.to(steps, endpoint())) {
      return;
    }
    AtomicReference<@Nullable Connection> opened = new AtomicReference<>();
    try {
      boolean in =
          steps.step(
              "login",
              RabbitSettings.address(settings),
              () -> {
                ConnectionFactory factory = RabbitSettings.factory(settings, "bie-relay-check");
                factory.setConnectionTimeout(2_000);
                factory.setHandshakeTimeout(2_000);
                factory.setChannelRpcTimeout(2_500);
                Connection connection = factory.newConnection("bie-relay-check");
                opened.set(connection);
                return "'%s' in virtual host '%s'"
                    .formatted(
                        settings.get(RabbitSettings.USERNAME),
                        settings.get(RabbitSettings.VIRTUAL_HOST));
              });
      Connection connection = opened.get();
      if (in && connection != null) {
        ask(steps, connection);
      }
    } finally {
      Connection connection = opened.get();
      if (connection != null) {
        connection.abort(500);
      }
    }
  }

  private void ask(Steps steps, Connection connection) {
    String product = property(connection, "product");
    steps.passed(
        "version",
        RabbitSettings.address(settings),
        product + " " + property(connection, "version"));
    boolean rabbit = product.equals("RabbitMQ");
    for (Needed one : needed) {
      String kind = one.isQueue() ? "queue" : "exchange";
      AtomicBoolean absent = new AtomicBoolean();
      boolean fine =
          steps.step(
              kind,
              one.name(),
              () -> {
                boolean exists = exists(connection, one);
                absent.set(!exists);
                return (exists ? "there" : "not there yet, the role declares it when it starts")
                    + (rabbit ? permitted(connection, one, exists) : "; permissions not looked at");
              });
      if (fine && absent.get() && !one.permissions().contains(Permission.CONFIGURE)) {
        steps.noted(
            kind,
            one.name(),
            "there is none, and this role does not declare it",
            "start the other role");
      }
    }
  }

  private static String property(Connection connection, String name) {
    return Objects.toString(connection.getServerProperties().get(name), "?");
  }

  private static boolean exists(Connection connection, Needed one) throws Exception {
    try {
      on(
          connection,
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

  private String permitted(Connection connection, Needed one, boolean exists) throws Exception {
    Set<String> allowed = new TreeSet<>();
    for (Permission permission : one.permissions()) {
      if (!exists && permission != Permission.CONFIGURE) {
        continue; // Only of what is there can it be asked without making it.
      }
      try {
        on(connection, channel -> request(channel, one, permission));
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
    if (!one.boundTo().isEmpty() && mayBind(connection, one)) {
      allowed.add("bind");
    }
    return allowed.isEmpty() ? "" : "; may " + String.join(", ", allowed);
  }

  /** By taking back a binding that nobody has made: the permissions are those of making one. */
  private boolean mayBind(Connection connection, Needed one) throws Exception {
    try {
      on(
          connection,
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
                "user '%s' has no permission to bind it to exchange '%s'"
                    .formatted(settings.get(RabbitSettings.USERNAME), one.boundTo()),
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
        "user '%s' has no permission to %s it in virtual host '%s'"
            .formatted(
                settings.get(RabbitSettings.USERNAME),
                word,
                settings.get(RabbitSettings.VIRTUAL_HOST)),
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
  private static void on(Connection connection, Asking asking)
      throws IOException, TimeoutException {
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

  @Override
  public Problem explain(Throwable failure) {
    if (RabbitFailure.isLogin(failure)) {
      return new Problem(
          "it refused the login of '%s'".formatted(settings.get(RabbitSettings.USERNAME)),
          "check rabbitmq.username and rabbitmq.password; the user guest is let in from its own"
              + " machine only");
    }
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof ShutdownSignalException shutdown
          && shutdown.getReason() instanceof AMQP.Connection.Close close
          && close.getReplyCode() == AMQP.NOT_ALLOWED) {
        return new Problem(
            "it does not let '%s' into virtual host '%s'"
                .formatted(
                    settings.get(RabbitSettings.USERNAME),
                    settings.get(RabbitSettings.VIRTUAL_HOST)),
            "check rabbitmq.virtual.host; grant the user permissions there");
      }
    }
    if (failure instanceof TimeoutException) {
      return new Problem(
          "it does not answer in time", "is it overloaded, or blocked by an alarm of its own?");
    }
    return new Problem(RabbitFailure.describe(failure), "check rabbitmq.*");
  }

  private Endpoint endpoint() {
    Callable<ClientSide> tls =
        settings.get(RabbitSettings.TLS)
            ? () -> ClientSide.of(TlsMaterial.of(RabbitSettings.CERTIFICATES, settings).refreshed())
            : null;
    return new Endpoint(
        settings.get(RabbitSettings.HOST),
        settings.get(RabbitSettings.PORT),
        tls,
        false,
        Greeting.amqp(),
        new Remedies(
            "rabbitmq.host and rabbitmq.port",
            "set rabbitmq.tls to true",
            "set rabbitmq.tls to false, or rabbitmq.port to the one that speaks TLS (5671)",
            "rabbitmq.truststore.location",
            "rabbitmq.keystore.location"));
  }
}
