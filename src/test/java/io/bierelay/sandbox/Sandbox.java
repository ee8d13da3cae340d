package io.bierelay.sandbox;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything the relay talks to, in this JVM and empty: Kafka with the five topics, the registry
 * with the five schemas, an AMQP broker, PostgreSQL. All of them speak TLS, and want certificates
 * that are made with the sandbox; without TLS they want passwords.
 */
public final class Sandbox implements AutoCloseable {
  private static final int PARTITIONS = 2;

  /** Null without TLS. */
  private final SandboxTls tls;

  private final SandboxAmqp amqp;
  private final SandboxPostgres postgres;
  private final RelayServers servers;

  /** One with TLS. */
  public Sandbox() {
    this(true);
  }

  /** One with TLS and certificates, or without and with passwords. */
  public Sandbox(boolean secured) {
    tls = secured ? new SandboxTls() : null;
    amqp = new SandboxAmqp(tls);
    postgres = new SandboxPostgres(tls);
    servers = new RelayServers(amqp.address(), postgres.address(), tls);
  }

  /** Starts all of it and returns when it is ready for use. */
  public Sandbox start() {
    Parallel.run(
        List.of(
            () -> servers.startKafka(PARTITIONS),
            servers.registry()::start,
            amqp::start,
            postgres::start));
    return this;
  }

  @Override
  public void close() {
    Parallel.run(List.of(servers::close, amqp::close, postgres::close));
    certificates().ifPresent(SandboxTls::close);
  }

  /** What its servers and their clients show; none without TLS. */
  public Optional<SandboxTls> certificates() {
    return Optional.ofNullable(tls);
  }

  /** Its Kafka. */
  public SandboxKafka kafka() {
    return servers.kafka();
  }

  /** Its registry. */
  public SandboxRegistry registry() {
    return servers.registry();
  }

  /** Its AMQP broker. */
  public SandboxAmqp amqp() {
    return amqp;
  }

  /** Its PostgreSQL. */
  public SandboxPostgres postgres() {
    return postgres;
  }

  /** A new publisher of events into its topics. */
  public EventPublisher publisher() {
    return servers.publisher();
  }

  /** Where the relay's administration will listen. */
  public String adminUrl() {
    return servers.adminUrl();
  }

  /** The relay's settings that point it here, for the roles svc-bie-kafka and workflow together. */
  public Map<String, Object> settings() {
    return servers.settings();
  }
}
