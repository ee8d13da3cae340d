package io.bierelay.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.bierelay.sandbox.OldTlsServer;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.sandbox.SandboxAuthority.Issued;
import io.bierelay.sandbox.SandboxKafka;
import io.bierelay.sandbox.SandboxKafka.Listener;
import io.bierelay.sandbox.SandboxTokens;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every way into a Kafka of three nodes, each of which leads a partition and is asked for its end,
 * and for each way what is said when one thing about it is wrong.
 */
class KafkaTlsIT {

  private static final String TOPIC = "matrix";
  private static final String CLOSED = "closed";
  private static final int NODES = 3;
  private static final String BEARER = "bearer";
  private static final String OAUTH = "org.apache.kafka.common.security.oauthbearer.";
  private static final String SPECIAL = " a\"b\\c;'=$%{}&<>#,";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** For who is not answered at all, whatever time there is. */
  private static final Duration SHORT = Duration.ofSeconds(3);

  private static final SandboxAuthority CA = new SandboxAuthority("Sandbox CA");
  private static final SandboxAuthority OTHER = new SandboxAuthority("Other CA");
  private static final Map<String, Listener> DOORS = new HashMap<>();
  private static final SandboxTokens TOKENS = new SandboxTokens(BEARER);

  @TempDir private static Path files;
  private static SandboxKafka kafka;
  private static Path trust;

  @BeforeAll
  static void start() throws Exception {
    trust = CA.pem(files.resolve("ca.pem"));
    SandboxKafka.Builder builder = SandboxKafka.builder().nodes(NODES);
    builder.listener(listener("OPEN", "PLAINTEXT", Map.of()));
    builder.listener(listener("SERVER", "SSL", tls(CA.server("broker"), "none")));
    builder.listener(listener("MUTUAL", "SSL", tls(CA.server("broker"), "required")));
    builder.listener(listener("FOREIGN", "SSL", tls(OTHER.server("broker"), "none")));
    builder.listener(
        listener(
            "ELSEWHERE",
            "SSL",
            tls(CA.issue("CN=broker", Duration.ofDays(9), "elsewhere.test"), "none")));
    builder.listener(
        listener(
            "EXPIRED",
            "SSL",
            tls(CA.issue("CN=broker", Duration.ofDays(-1), "localhost", "127.0.0.1"), "none")));
    Map<String, String> plain = tls(CA.server("broker"), "none");
    builder.listener(listener("PLAIN", "SASL_SSL", plain));
    Map<String, String> scram = tls(CA.server("broker"), "none");
    scram.put("sasl.enabled.mechanisms", "SCRAM-SHA-512");
    scram.put(
        "scram-sha-512.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    builder.listener(listener("SCRAM", "SASL_SSL", scram));
    Map<String, String> token = tls(CA.server("broker"), "none");
    token.put("sasl.enabled.mechanisms", "OAUTHBEARER");
    token.put("sasl.oauthbearer.jwks.endpoint.url", TOKENS.keysUrl());
    token.put("oauthbearer.sasl.jaas.config", OAUTH + "OAuthBearerLoginModule required;");
    token.put(
        "oauthbearer.sasl.server.callback.handler.class",
        OAUTH + "OAuthBearerValidatorCallbackHandler");
    builder.listener(listener("TOKEN", "SASL_SSL", token));
    kafka = builder.build().start();
    kafka.createTopics(List.of(TOPIC, CLOSED), NODES);
    try (Admin admin = Admin.create(kafka.adminProperties())) {
      List<AclBinding> rights = new ArrayList<>();
      for (String user : List.of("ANONYMOUS", "CN=relay", "scrammer", BEARER)) {
        rights.add(
            new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, TOPIC, PatternType.LITERAL),
                new AccessControlEntry(
                    "User:" + user, "*", AclOperation.READ, AclPermissionType.ALLOW)));
      }
      admin.createAcls(rights).all().get();
      admin
          .alterUserScramCredentials(
              List.of(
                  new UserScramCredentialUpsertion(
                      "scrammer",
                      new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096),
                      SPECIAL)))
          .all()
          .get();
    }
  }

  @AfterAll
  static void stop() {
    kafka.close();
    TOKENS.close();
  }

  private static Listener listener(String name, String protocol, Map<String, String> config) {
    Listener door = Listener.at(name, protocol, NODES, config);
    DOORS.put(name, door);
    return door;
  }

  private static Map<String, String> tls(Issued server, String clientAuth) {
    Map<String, String> config = new HashMap<>();
    config.put("ssl.keystore.type", "PEM");
    config.put(
        "ssl.keystore.location",
        server.pem(files.resolve(server.certificate().getSerialNumber() + ".pem")).toString());
    config.put("ssl.truststore.type", "PEM");
    config.put("ssl.truststore.location", trust.toString());
    config.put("ssl.client.auth", clientAuth);
    return config;
  }

  private static JsonObject to(String listener, String protocol) {
    return new JsonObject()
        .put("kafka.bootstrap.servers", addresses(DOORS.get(listener).bootstrap()))
        .put("kafka.security.protocol", protocol)
        .put("kafka.ssl.truststore.location", trust.toString());
  }

  private static JsonArray addresses(String bootstrap) {
    return new JsonArray(List.of((Object[]) bootstrap.split(",")));
  }

  private static JsonObject login(String listener, String protocol, String mechanism) {
    boolean scram = mechanism.startsWith("SCRAM");
    return to(listener, protocol)
        .put("kafka.sasl.mechanism", mechanism)
        .put("kafka.sasl.username", scram ? "scrammer" : kafka.username())
        .put("kafka.sasl.password", scram ? SPECIAL : kafka.password());
  }

  private static JsonObject token(String secret) {
    return to("TOKEN", "sasl-ssl")
        .put("kafka.sasl.mechanism", "OAUTHBEARER")
        .put(
            "kafka.sasl.jaas.config",
            OAUTH
                + "OAuthBearerLoginModule required clientId=\"%s\" clientSecret=\"%s\";"
                    .formatted(BEARER, secret))
        .put(
            "kafka.client",
            new JsonObject()
                .put("sasl.oauthbearer.token.endpoint.url", TOKENS.tokenUrl())
                .put("sasl.login.callback.handler.class", OAUTH + "OAuthBearerLoginCallbackHandler")
                .put("sasl.login.retry.backoff.max.ms", "100"));
  }

  /** The nodes that lead the topic's partitions, each of which has said where its ends. */
  private static Set<Integer> connect(JsonObject values, String topic, Duration limit) {
    Settings settings = Settings.of(values);
    assertThat(KafkaSettings.problems(settings)).isEmpty();
    Properties properties = KafkaConnection.properties(settings);
    properties.putAll(values.getJsonObject("kafka.client", new JsonObject()).getMap());
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      Map<TopicPartition, Integer> leaders =
          consumer.partitionsFor(topic, limit).stream()
              .collect(
                  Collectors.toMap(
                      one -> new TopicPartition(topic, one.partition()), one -> one.leader().id()));
      assertThat(consumer.endOffsets(leaders.keySet(), limit)).hasSize(NODES);
      return Set.copyOf(leaders.values());
    }
  }

  private static void connects(JsonObject values) {
    assertThat(connect(values, TOPIC, LIMIT)).containsExactlyInAnyOrder(1, 2, 3);
  }

  private static void fails(JsonObject values, String... words) {
    fails(values, TOPIC, LIMIT, words);
  }

  private static void fails(JsonObject values, String topic, Duration limit, String... words) {
    Throwable failure = catchThrowable(() -> connect(values, topic, limit));
    assertThat(failure).isNotNull();
    assertThat(KafkaFailure.describe(failure)).contains(words).doesNotContain("\n");
  }

  @Test
  void withoutTls() {
    connects(to("OPEN", "plaintext"));
    fails(to("OPEN", "plaintext"), CLOSED, LIMIT, "no permission to read [closed]", "ACL");
    fails(to("SERVER", "plaintext"), TOPIC, SHORT, "does not answer", "kafka.security.protocol");
    JsonObject login =
        login("OPEN", "sasl-plaintext", "PLAIN")
            .put("kafka.bootstrap.servers", addresses(kafka.bootstrap()));
    connects(login);
    fails(login.copy().put("kafka.sasl.password", "wrong"), "refused the login", "kafka.sasl");
  }

  @Test
  void tlsOfTheServerOnly() {
    connects(to("SERVER", "ssl"));
    fails(
        to("FOREIGN", "ssl"),
        "signed by 'Other CA', which is not trusted",
        "kafka.ssl.truststore.location");
    fails(to("ELSEWHERE", "ssl"), "is for [elsewhere.test]", "connect by one of these names");
    connects(to("ELSEWHERE", "ssl").put("kafka.ssl.insecure.any.host", true));
    fails(to("EXPIRED", "ssl"), "'broker' expired on 20", "renewed at the server");
    // Kafka says nothing to who speaks TLS where it does not.
    fails(to("OPEN", "ssl"), TOPIC, SHORT, "does not answer", "kafka.security.protocol");
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatSpeaksOnlyTls11(OldTlsServer.Answer answer) {
    try (OldTlsServer old = new OldTlsServer(answer)) {
      fails(
          to("SERVER", "ssl")
              .put("kafka.bootstrap.servers", new JsonArray().add("127.0.0.1:" + old.port())),
          "no version of TLS that is still safe; 1.2 is the least");
    }
  }

  @Test
  void tlsOfBothWithPem() {
    Path own = CA.client("relay").pem(files.resolve("own.pem"));
    JsonObject mutual = to("MUTUAL", "ssl").put("kafka.ssl.keystore.location", own.toString());
    connects(mutual);
    fails(to("MUTUAL", "ssl"), "client certificate", "kafka.ssl.keystore.location");
    Path foreign = OTHER.client("relay").pem(files.resolve("foreign.pem"));
    fails(
        mutual.copy().put("kafka.ssl.keystore.location", foreign.toString()),
        "client certificate",
        "kafka.ssl.keystore.location");
    Path nobody = CA.client("nobody").pem(files.resolve("nobody.pem"));
    fails(
        mutual.copy().put("kafka.ssl.keystore.location", nobody.toString()),
        "no permission to read [matrix]",
        "ACL");
  }

  @Test
  void tlsOfBothWithPkcs12() {
    Path own = CA.client("relay").pkcs12(files.resolve("own.p12"), SPECIAL);
    Path ca = CA.pkcs12(files.resolve("ca.p12"), "changeit");
    JsonObject mutual =
        to("MUTUAL", "ssl")
            .put("kafka.ssl.keystore.location", own.toString())
            .put("kafka.ssl.keystore.password", SPECIAL)
            .put("kafka.ssl.truststore.location", ca.toString())
            .put("kafka.ssl.truststore.password", "changeit");
    connects(mutual);
    assertThat(
            KafkaSettings.problems(
                Settings.of(mutual.copy().put("kafka.ssl.keystore.password", "wrong"))))
        .singleElement()
        .asString()
        .contains("own.p12", "kafka.ssl.keystore.password");
    Path foreign = OTHER.client("relay").pkcs12(files.resolve("foreign.p12"), SPECIAL);
    fails(
        mutual.copy().put("kafka.ssl.keystore.location", foreign.toString()),
        "client certificate",
        "kafka.ssl.keystore.location");
    Path other = OTHER.pkcs12(files.resolve("other.p12"), "changeit");
    fails(
        mutual.copy().put("kafka.ssl.truststore.location", other.toString()),
        "signed by 'Sandbox CA', which is not trusted",
        "kafka.ssl.truststore.location");
  }

  @Test
  void loginsOverTls() {
    connects(login("PLAIN", "sasl-ssl", "PLAIN"));
    fails(
        login("PLAIN", "sasl-ssl", "PLAIN").put("kafka.sasl.password", "wrong"),
        "refused the login",
        "kafka.sasl");
    connects(login("SCRAM", "sasl-ssl", "SCRAM-SHA-512"));
    fails(
        login("SCRAM", "sasl-ssl", "SCRAM-SHA-512").put("kafka.sasl.password", "wrong"),
        "refused the login",
        "kafka.sasl");
    fails(login("SCRAM", "sasl-ssl", "PLAIN"), "refused the login", "PLAIN");
    Path other = OTHER.pem(files.resolve("other.pem"));
    for (String mechanism : List.of("PLAIN", "SCRAM-SHA-512")) {
      fails(
          login(mechanism.substring(0, 5), "sasl-ssl", mechanism)
              .put("kafka.ssl.truststore.location", other.toString()),
          "signed by 'Sandbox CA', which is not trusted",
          "kafka.ssl.truststore.location");
    }
    // The user of PLAIN may read all topics.
    fails(
        login("SCRAM", "sasl-ssl", "SCRAM-SHA-512"),
        CLOSED,
        LIMIT,
        "no permission to read [closed]",
        "ACL");
  }

  @Test
  void aToken() {
    connects(token(TOKENS.secret()));
    fails(token(TOKENS.secret()), CLOSED, LIMIT, "no permission to read [closed]", "ACL");
    fails(token("wrong"), "no login was got", "401", "kafka.sasl.jaas.config", "kafka.client");
    TOKENS.forge(true);
    try {
      fails(token(TOKENS.secret()), "refused the login", "kafka.sasl");
    } finally {
      TOKENS.forge(false);
    }
  }
}
