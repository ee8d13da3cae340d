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
 *
 * <p>It ignores queue arguments that only RabbitMQ knows, such as those of quorum queues and
 * dead-letter exchanges. So what a broker does to messages is tested on {@link RealServices}.
 */
public final class SandboxAmqp implements AutoCloseable {
  private static final String VIRTUAL_HOST = "default";

  private final RabbitAddress address =
      new RabbitAddress(
          "127.0.0.1", Ports.free(), "bie-relay", UUID.randomUUID().toString(), VIRTUAL_HOST);
  private SystemLauncher launcher;

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

  private JsonObject configuration() {
    JsonObject user =
        new JsonObject()
            .put("name", address.username())
            .put("type", "managed")
            .put("password", address.password());
    JsonObject users =
        new JsonObject()
            .put("name", "users")
            .put("type", "Plain")
            // Otherwise PLAIN is only offered over TLS.
            .put("secureOnlyMechanisms", new JsonArray())
            .put("users", new JsonArray().add(user));
    JsonObject port =
        new JsonObject()
            .put("name", "amqp")
            .put("type", "AMQP")
            .put("bindingAddress", address.host())
            .put("port", address.port())
            .put("authenticationProvider", "users")
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
    return new JsonObject()
        .put("name", "sandbox")
        .put("modelVersion", "9.0")
        .put(
            "context",
            new JsonObject()
                .put("queue.behaviourOnUnknownDeclareArgument", "IGNORE")
                .put("exchange.behaviourOnUnknownDeclareArgument", "IGNORE"))
        .put("authenticationproviders", new JsonArray().add(users))
        .put("ports", new JsonArray().add(port))
        .put("virtualhostnodes", new JsonArray().add(node));
  }
}
