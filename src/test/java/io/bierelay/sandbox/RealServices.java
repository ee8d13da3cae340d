package io.bierelay.sandbox;

import java.net.URI;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place which decides what tests of behaviour run against: an address from the environment,
 * a container, or a process of their own.
 *
 * <p>Each server is started when it is first asked for, serves all tests of this JVM, and ends with
 * it. A test that takes its broker away makes a {@link RabbitProcess} of its own.
 */
public final class RealServices {
  /** {@code amqp://user:password@host:port/virtual-host} of a RabbitMQ to use. */
  public static final String RABBITMQ_URI = "BIERELAY_TEST_RABBITMQ_URI";

  /** The address of that RabbitMQ's management plugin, unless it is at port 15672. */
  public static final String RABBITMQ_MANAGEMENT = "BIERELAY_TEST_RABBITMQ_MANAGEMENT";

  /** {@code postgresql://user:password@host:port/database} of a PostgreSQL to use. */
  public static final String POSTGRES_URI = "BIERELAY_TEST_POSTGRES_URI";

  private static final Logger LOG = LoggerFactory.getLogger(RealServices.class);

  private static RabbitServer rabbit;
  private static PostgresServer postgres;
  private static boolean ending;

  private RealServices() {}

  /** The RabbitMQ that all tests share. */
  public static synchronized RabbitAddress rabbit() {
    return rabbitServer().address();
  }

  /** A virtual host of the shared RabbitMQ, empty and for the caller alone. */
  public static synchronized RabbitAddress freshVirtualHost() {
    return rabbitServer().freshVirtualHost();
  }

  /** The PostgreSQL that all tests share. */
  public static synchronized PostgresAddress postgres() {
    return postgresServer().address();
  }

  /** A database of the shared PostgreSQL, empty and for the caller alone. */
  public static synchronized PostgresAddress freshDatabase() {
    return postgresServer().freshDatabase();
  }

  private static RabbitServer rabbitServer() {
    if (rabbit == null) {
      rabbit = chooseRabbit();
      endWithThisJvm();
    }
    return rabbit;
  }

  private static PostgresServer postgresServer() {
    if (postgres == null) {
      postgres = choosePostgres();
      endWithThisJvm();
    }
    return postgres;
  }

  private static RabbitServer chooseRabbit() {
    String given = System.getenv(RABBITMQ_URI);
    if (given != null) {
      RabbitAddress address = RabbitAddress.parse(given);
      LOG.info("RabbitMQ: {}, as {} says", address, RABBITMQ_URI);
      return new RabbitServer(address, managementOf(address), () -> {}, true);
    }
    String reason;
    try {
      RabbitServer server = Containers.rabbit();
      LOG.info("RabbitMQ: a container at {}, because a Docker engine answers", server.address());
      return server;
    } catch (Containers.Unavailable e) {
      reason = e.getMessage();
    }
    if (RabbitProcess.installed().isEmpty()) {
      throw new IllegalStateException(
          "No RabbitMQ for the tests: %s is not set, %s, and the server is not installed. Run"
                  .formatted(RABBITMQ_URI, reason)
              + " ./dev/test, or: apt-get install rabbitmq-server");
    }
    RabbitProcess process = new RabbitProcess().start();
    LOG.info("RabbitMQ: a process at {}, because {}", process.address(), reason);
    return new RabbitServer(process.address(), process::ctl, process::close, false);
  }

  private static PostgresServer choosePostgres() {
    String given = System.getenv(POSTGRES_URI);
    if (given != null) {
      PostgresAddress address = PostgresAddress.parse(given);
      LOG.info("PostgreSQL: {}, as {} says", address, POSTGRES_URI);
      return new PostgresServer(address, () -> {}, true);
    }
    String reason;
    try {
      PostgresServer server = Containers.postgres();
      LOG.info("PostgreSQL: a container at {}, because a Docker engine answers", server.address());
      return server;
    } catch (Containers.Unavailable e) {
      reason = e.getMessage();
    }
    SandboxPostgres process = new SandboxPostgres(true).start();
    LOG.info("PostgreSQL: a process at {}, because {}", process.address(), reason);
    return new PostgresServer(process.address(), process::close, false);
  }

  private static ManagementApi managementOf(RabbitAddress address) {
    String given = System.getenv(RABBITMQ_MANAGEMENT);
    String base = given != null ? given : "http://" + address.host() + ":15672";
    return new ManagementApi(URI.create(base).toString(), address);
  }

  private static void endWithThisJvm() {
    if (!ending) {
      ending = true;
      Runtime.getRuntime().addShutdownHook(new Thread(RealServices::end, "end-real-services"));
    }
  }

  private static synchronized void end() {
    try {
      if (rabbit != null) {
        rabbit.close();
      }
    } finally {
      if (postgres != null) {
        postgres.close();
      }
    }
  }
}
