package io.bierelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.server.SystemLauncher;
import org.apache.qpid.server.SystemLauncherListener;
import org.apache.qpid.server.configuration.IllegalConfigurationException;
import org.apache.qpid.server.model.SystemConfig;

/**
 * An AMQP 0-9-1 broker in this JVM (Qpid Broker-J, in memory), for a first look without RabbitMQ.
 * With certificates it speaks TLS only, and who logs in is whom the client's certificate names.
 *
 * <p>It ignores queue arguments that only RabbitMQ knows, such as those of quorum queues and
 * dead-letter exchanges. So what a broker does to messages is tested on {@link RealServices}.
 */
public final class SandboxAmqp implements AutoCloseable {
  private static final String VIRTUAL_HOST = "default";
  private static final String LOGINS = "users";
  private static final String STORE_PASSWORD = "sandbox";

  private static final String USER = "bie-relay";

  /** Null without TLS. */
  private final SandboxTls tls;

  private final RabbitAddress address;
  private SystemLauncher launcher;

  /** One that wants user and password. */
  public SandboxAmqp() {
    this(null);
  }

  /** One that wants a certificate of that authority; null for a password. */
  public SandboxAmqp(SandboxTls tls) {
    this.tls = tls;
    RabbitAddress open =
        new RabbitAddress(
            "127.0.0.1", Ports.free(), USER, UUID.randomUUID().toString(), VIRTUAL_HOST);
    this.address = tls == null ? open : open.by(tls.client(USER));
  }

  /** Starts it; what an earlier start held is gone. */
  public synchronized SandboxAmqp start() {
    if (launcher != null) {
      return this;
    }
    AtomicReference<SystemConfig<?>> system = new AtomicReference<>();
    SystemLauncher starting =
        new SystemLauncher(
            new SystemLauncherListener.DefaultSystemLauncherListener() {
              @Override
              public void onContainerResolve(SystemConfig<?> resolved) {
                system.set(resolved);
              }
            });
    try (ScratchDirectory scratch = ScratchDirectory.create("amqp")) {
      Map<String, Object> attributes = new HashMap<>();
      attributes.put("type", "Memory");
      attributes.put("startupLoggedToSystemOut", "false");
      attributes.put(
          "initialConfigurationLocation",
          scratch.write("broker.json", configuration().encode()).toString());
      attributes.put("context", Map.of("qpid.work_dir", scratch.path().toString()));
      starting.startup(attributes);
      leaveEndToOwner(system.get().getContainer());
    } catch (IllegalConfigurationException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("the AMQP broker did not start", e);
    }
    launcher = starting;
    return this;
  }

  /** Stops it; the address stays for the next start. */
  public synchronized void stop() {
    if (launcher != null) {
      launcher.shutdown();
      launcher = null;
    }
  }

  @Override
  public void close() {
    stop();
  }

  /** Where it is, with user, password and virtual host. */
  public RabbitAddress address() {
    return address;
  }

  /**
   * The broker closes itself when the JVM begins to end. Whoever owns this one may still have to
   * drain what goes through it, and closes it then.
   */
  private static void leaveEndToOwner(Object broker) throws ReflectiveOperationException {
    Field hook = broker.getClass().getSuperclass().getDeclaredField("_shutdownHook");
    hook.setAccessible(true);
    Runtime.getRuntime().removeShutdownHook((Thread) hook.get(broker));
  }

  private JsonObject passwords() {
    JsonObject user =
        new JsonObject()
            .put("name", address.username())
            .put("type", "managed")
            .put("password", address.password());
    return new JsonObject()
        .put("name", LOGINS)
        .put("type", "Plain")
        // Otherwise PLAIN is only offered over TLS.
        .put("secureOnlyMechanisms", new JsonArray())
        .put("users", new JsonArray().add(user));
  }

  private static JsonObject certificates() {
    return new JsonObject().put("name", LOGINS).put("type", "External").put("useFullDN", "false");
  }

  private JsonObject configuration() {
    JsonObject port =
        new JsonObject()
            .put("name", "amqp")
            .put("type", "AMQP")
            .put("bindingAddress", address.host())
            .put("port", address.port())
            .put("authenticationProvider", LOGINS)
            .put("protocols", new JsonArray().add("AMQP_0_9_1"))
            .put(
                "virtualhostaliases",
                new JsonArray()
                    .add(new JsonObject().put("name", "byName").put("type", "nameAlias"))
                    .add(new JsonObject().put("name", "slash").put("type", "defaultAlias")));
    JsonObject node =
        new JsonObject()
            .put("name", VIRTUAL_HOST)
            .put("type", "Memory")
            .put("defaultVirtualHostNode", "true")
            .put("virtualHostInitialConfiguration", "{\"type\":\"Memory\"}");
    JsonObject configuration =
        new JsonObject()
            .put("name", "sandbox")
            .put("modelVersion", "9.0")
            .put(
                "context",
                new JsonObject()
                    .put("queue.behaviourOnUnknownDeclareArgument", "IGNORE")
                    .put("exchange.behaviourOnUnknownDeclareArgument", "IGNORE"))
            .put(
                "authenticationproviders",
                new JsonArray().add(tls == null ? passwords() : certificates()))
            .put("ports", new JsonArray().add(port))
            .put("virtualhostnodes", new JsonArray().add(node));
    if (tls != null) {
      secure(port, configuration);
    }
    return configuration;
  }

  private void secure(JsonObject port, JsonObject configuration) {
    TlsIdentity own = tls.server("sandbox-amqp");
    port.put("transports", new JsonArray().add("SSL"))
        .put("needClientAuth", "true")
        .put("keyStore", "own")
        .put("trustStores", new JsonArray().add("clients"));
    configuration
        .put(
            "keystores",
            new JsonArray()
                .add(
                    new JsonObject()
                        .put("name", "own")
                        // The type that takes PEM takes no keys but RSA's.
                        .put("type", "FileKeyStore")
                        .put("keyStoreType", "PKCS12")
                        .put("storeUrl", own.pkcs12(STORE_PASSWORD).toString())
                        .put("password", STORE_PASSWORD)))
        .put(
            "truststores",
            new JsonArray()
                .add(
                    new JsonObject()
                        .put("name", "clients")
                        .put("type", "NonJavaTrustStore")
                        .put("certificatesUrl", own.trust().toUri().toString())));
  }
}
