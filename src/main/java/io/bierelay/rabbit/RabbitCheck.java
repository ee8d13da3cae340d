package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
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
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

    private boolean isSame(Needed other) {
      return isQueue == other.isQueue && name.equals(other.name);
    }

    /** What both roles do with it. */
    private Needed and(Needed other) {
      Set<Permission> both = EnumSet.noneOf(Permission.class);
      both.addAll(permissions);
      both.addAll(other.permissions);
      return new Needed(isQueue, name, both, boundTo.isEmpty() ? other.boundTo : boundTo);
    }

    /** A queue that the role declares and binds. */
    public static Needed queue(String name, String boundTo, Permission... permissions) {
      return new Needed(true, name, Set.of(permissions), boundTo);
    }
  }

  private final Settings settings;
  private final List<Needed> needed;
  private final boolean trustsRouting;

  /** Does nothing yet. */
  public RabbitCheck(Settings settings, List<Needed> needed) {
    this(settings, needed, false);
  }

  private RabbitCheck(Settings settings, List<Needed> needed, boolean trustsRouting) {
    this.settings = settings;
    this.needed = List.copyOf(needed);
    this.trustsRouting = trustsRouting;
  }

  /** The same for a role that takes what an exchange has routed for what its queues will get. */
  public RabbitCheck trustingRouting() {
    return new RabbitCheck(settings, needed, true);
  }

  @Override
  public String server() {
    return "RabbitMQ";
  }

  @Override
  public Optional<ServerCheck> and(ServerCheck other) {
    if (!(other instanceof RabbitCheck second)) {
      return Optional.empty();
    }
    List<Needed> all = new ArrayList<>(needed);
    for (Needed one : second.needed) {
      Optional<Needed> known = all.stream().filter(one::isSame).findFirst();
      if (known.isPresent()) {
        all.set(all.indexOf(known.get()), known.get().and(one));
      } else {
        all.add(one);
      }
    }
    // A setting has one value in a process.
    return Optional.of(new RabbitCheck(settings, all, trustsRouting || second.trustsRouting));
  }

  /** With a certificate it is the broker that knows the name. */
  private String user() {
    return settings
        .find(RabbitSettings.USERNAME)
        .map(name -> "'" + name + "'")
        .orElse("of the client certificate");
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
                return "user %s in virtual host '%s'"
                    .formatted(user(), settings.get(RabbitSettings.VIRTUAL_HOST));
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
    BrokerVersion broker = BrokerVersion.of(connection);
    version(steps, broker);
    boolean rabbit = broker.isRabbitMq();
    RabbitQuestions questions =
        new RabbitQuestions(connection, user(), settings.get(RabbitSettings.VIRTUAL_HOST));
    for (Needed one : needed) {
      String kind = one.isQueue() ? "queue" : "exchange";
      AtomicBoolean absent = new AtomicBoolean();
      boolean fine =
          steps.step(
              kind,
              one.name(),
              () -> {
                boolean exists = questions.exists(one);
                absent.set(!exists);
                return (exists ? "there" : "not there yet, the role declares it when it starts")
                    + (rabbit ? questions.permitted(one, exists) : "; permissions not looked at");
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

  private void version(Steps steps, BrokerVersion broker) {
    String address = RabbitSettings.address(settings);
    if (trustsRouting && !broker.keepsWhatIsRouted()) {
      steps.noted(
          "version",
          address,
          broker + ": a quorum queue there may lose what was routed when its publisher dies",
          "bind classic queues only, take RabbitMQ 4.0 or newer, or set notify.ledger.trust to"
              + " confirmed");
    } else {
      steps.passed("version", address, broker.toString());
    }
  }

  @Override
  public Problem explain(Throwable failure) {
    if (RabbitFailure.isLogin(failure)) {
      boolean external = settings.get(RabbitSettings.AUTH) == RabbitSettings.Auth.EXTERNAL;
      return new Problem(
          "it refused the login of the user " + user(),
          external
              ? "has it a user of the name in the certificate of rabbitmq.keystore.location, and"
                  + " the plugin rabbitmq_auth_mechanism_ssl?"
              : "check rabbitmq.username and rabbitmq.password; the user guest is let in from its"
                  + " own machine only");
    }
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof ShutdownSignalException shutdown
          && shutdown.getReason() instanceof AMQP.Connection.Close close
          && close.getReplyCode() == AMQP.NOT_ALLOWED) {
        return new Problem(
            "it does not let the user %s into virtual host '%s'"
                .formatted(user(), settings.get(RabbitSettings.VIRTUAL_HOST)),
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
