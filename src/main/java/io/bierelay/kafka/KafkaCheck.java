package io.bierelay.kafka;

import io.bierelay.check.ClientSide;
import io.bierelay.check.Endpoint;
import io.bierelay.check.Greeting;
import io.bierelay.check.Problem;
import io.bierelay.check.Reach;
import io.bierelay.check.Remedies;
import io.bierelay.check.ServerCheck;
import io.bierelay.check.Steps;
import io.bierelay.kafka.KafkaSettings.SecurityProtocol;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Tries Kafka with the properties of our clients: reaches it, logs in, and asks what it would let
 * us do with topics and group. Joins no group and commits nothing.
 */
public final class KafkaCheck implements ServerCheck {

  private static final int REQUEST_MS = 2_500;

  private final Settings settings;
  private final List<String> topics;
  private final AclOperation operation;
  private final Optional<String> group;
  private final Further further;
  private final Optional<Function<String, NewTopic>> creating;

  /** What a caller tries besides, once it is known that topics may be read. */
  @FunctionalInterface
  public interface Further {
    /** Takes further steps. */
    void run(Steps steps, List<TopicDescription> topics);
  }

  /**
   * Does nothing yet.
   *
   * @param topics what is to be used
   * @param operation what is done with them: READ or WRITE
   * @param group the consumer group
   */
  public KafkaCheck(
      Settings settings,
      List<String> topics,
      AclOperation operation,
      Optional<String> group,
      Further further) {
    this(settings, topics, operation, group, further, Optional.empty());
  }

  private KafkaCheck(
      Settings settings,
      List<String> topics,
      AclOperation operation,
      Optional<String> group,
      Further further,
      Optional<Function<String, NewTopic>> creating) {
    this.settings = settings;
    this.topics = List.copyOf(topics);
    this.operation = operation;
    this.group = group;
    this.further = further;
    this.creating = creating;
  }

  /** The same for a role that creates a topic which is not there; Kafka is asked whether it may. */
  public KafkaCheck creating(Function<String, NewTopic> how) {
    return new KafkaCheck(settings, topics, operation, group, further, Optional.of(how));
  }

  @Override
  public String server() {
    return "Kafka";
  }

  @Override
  public void run(Steps steps) {
    List<Endpoint> bootstrap = new ArrayList<>();
    for (String address : settings.get(KafkaSettings.BOOTSTRAP)) {
      String host = Utils.getHost(address);
      Integer port = Utils.getPort(address);
      if (host == null || port == null) {
        steps.failed(
            "name",
            address,
            new Problem("this is no host:port", "correct kafka.bootstrap.servers"));
      } else {
        bootstrap.add(endpoint(host, port, "kafka.bootstrap.servers"));
      }
    }
    if (!Reach.toAny(steps, bootstrap)) {
      steps.skipped("login", "", "no address was reached");
      return;
    }
    AtomicReference<@Nullable Admin> opened = new AtomicReference<>();
    List<Node> nodes = new CopyOnWriteArrayList<>();
    try {
      boolean in =
          steps.step(
              "login",
              KafkaSettings.address(settings),
              () -> {
                Admin admin = open();
                opened.set(admin);
                KafkaQuestions questions = questions(admin);
                nodes.addAll(questions.nodes());
                return questions.cluster() + as();
              });
      Admin admin = opened.get();
      if (in && admin != null) {
        brokers(steps, nodes, bootstrap);
        KafkaQuestions questions = questions(admin);
        questions.version(steps);
        List<TopicDescription> usable = questions.topics(steps, topics);
        group.ifPresent(id -> questions.group(steps, id));
        further.run(steps, usable);
      }
    } finally {
      Admin admin = opened.get();
      if (admin != null) {
        admin.close(Duration.ZERO);
      }
    }
  }

  private KafkaQuestions questions(Admin admin) {
    return new KafkaQuestions(admin, KafkaSettings.address(settings), operation, creating);
  }

  /** After the first contact clients use only the addresses that the brokers advertise. */
  private void brokers(Steps steps, List<Node> nodes, List<Endpoint> bootstrap) {
    Set<String> known = new HashSet<>();
    bootstrap.forEach(endpoint -> known.add(endpoint.address()));
    List<Endpoint> advertised =
        nodes.stream()
            .map(node -> endpoint(node.host(), node.port(), "the broker's advertised.listeners"))
            .filter(endpoint -> !known.contains(endpoint.address()))
            .toList();
    Reach.toAny(steps, advertised);
  }

  private String as() {
    return KafkaSettings.usesSasl(settings)
        ? settings.find(KafkaSettings.SASL_USERNAME).map(u -> ", as '" + u + "'").orElse("")
        : "";
  }

  private Admin open() {
    Properties properties = KafkaConnection.properties(settings);
    properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "bie-relay-check");
    properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, REQUEST_MS);
    properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_MS);
    return Admin.create(properties);
  }

  @Override
  public Problem explain(Throwable failure) {
    Throwable e = KafkaFailure.unwrap(failure);
    if (e instanceof SslAuthenticationException) {
      return new Problem(
          "the TLS handshake failed: " + e.getMessage(), "see the step TLS; check kafka.ssl.*");
    }
    if (e instanceof UnsupportedSaslMechanismException) {
      return new Problem(
          "the listener does not take this way to log in: " + e.getMessage(),
          "set kafka.sasl.mechanism, or kafka.security.protocol if it wants no login");
    }
    if (e instanceof AuthenticationException) {
      return new Problem(
          "it refused the login%s: %s".formatted(user(), e.getMessage()),
          "check kafka.sasl.username, kafka.sasl.password and kafka.sasl.mechanism");
    }
    if (e instanceof TimeoutException || e instanceof java.util.concurrent.TimeoutException) {
      return new Problem(
          "it does not answer requests in time",
          KafkaSettings.usesSasl(settings)
              ? "is it overloaded, is each broker reachable at the address that it advertises?"
              : "does the listener want a login (kafka.security.protocol sasl-...), is each broker"
                  + " reachable at the address that it advertises?");
    }
    return new Problem(KafkaFailure.describe(e), "check kafka.*");
  }

  private String user() {
    return KafkaSettings.usesSasl(settings)
        ? settings.find(KafkaSettings.SASL_USERNAME).map(u -> " of '" + u + "'").orElse("")
        : "";
  }

  private Endpoint endpoint(String host, int port, String said) {
    SecurityProtocol protocol = settings.get(KafkaSettings.SECURITY_PROTOCOL);
    boolean tls = protocol == SecurityProtocol.SSL || protocol == SecurityProtocol.SASL_SSL;
    boolean sasl = KafkaSettings.usesSasl(settings);
    Callable<ClientSide> side =
        tls
            ? () -> ClientSide.of(TlsMaterial.of(KafkaSettings.CERTIFICATES, settings).refreshed())
            : null;
    return new Endpoint(
        host,
        port,
        side,
        false,
        Greeting.kafka(),
        new Remedies(
            said,
            "set kafka.security.protocol to %s".formatted(sasl ? "sasl-ssl" : "ssl"),
            "set kafka.security.protocol to %s, or name the port that speaks TLS in %s"
                .formatted(sasl ? "sasl-plaintext" : "plaintext", said),
            "kafka.ssl.truststore.location",
            "kafka.ssl.keystore.location"));
  }
}
