package io.bierelay.sandbox;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A RabbitMQ that is up, however it came to be, with the way to make virtual hosts in it. */
final class RabbitServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RabbitServer.class);
  private static final String PREFIX = "bierelay-test-" + ProcessHandle.current().pid() + "-";

  /** How an administrator reaches it. */
  interface Ctl {
    /** Runs {@code rabbitmqctl} with these arguments. */
    void run(String... arguments);
  }

  private final RabbitAddress address;
  private final Ctl ctl;
  private final Runnable end;
  private final boolean keptByOthers;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<String, RabbitAddress> made = new ConcurrentHashMap<>();

  /** Somebody else's ({@code keptByOthers}) is tidied up and not ended. */
  RabbitServer(RabbitAddress address, Ctl ctl, Runnable end, boolean keptByOthers) {
    this.address = address;
    this.ctl = ctl;
    this.end = end;
    this.keptByOthers = keptByOthers;
  }

  RabbitAddress address() {
    return address;
  }

  RabbitAddress freshVirtualHost() {
    String name = PREFIX + numbers.incrementAndGet();
    ctl.run("add_vhost", name);
    ctl.run("set_permissions", "-p", name, address.username(), ".*", ".*", ".*");
    RabbitAddress fresh = address.withVirtualHost(name);
    made.put(name, fresh);
    return fresh;
  }

  @Override
  public void close() {
    if (keptByOthers) {
      for (String name : made.keySet()) {
        try {
          ctl.run("delete_vhost", name);
        } catch (RuntimeException e) {
          LOG.warn("the virtual host {} is left behind: {}", name, e.getMessage());
        }
      }
    }
    end.run();
  }
}
