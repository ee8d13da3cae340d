package io.bierelay.sandbox;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.PullImageResultCallback;
import com.github.dockerjava.api.exception.DockerException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** Servers in containers, where a Docker engine answers and has the image or gets it in time. */
final class Containers {
  /** Why there is no container; never an error by itself. */
  static final class Unavailable extends Exception {
    Unavailable(String reason) {
      super(reason);
    }
  }

  private static final String RABBITMQ = "rabbitmq:3.13-alpine";
  private static final String POSTGRES = "postgres:17-alpine";
  private static final Path SOCKET = Path.of("/var/run/docker.sock");
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private Containers() {}

  static RabbitServer rabbit() throws Unavailable {
    String password = UUID.randomUUID().toString();
    GenericContainer<?> container =
        within(
            () -> {
              needImage(RABBITMQ);
              GenericContainer<?> made =
                  new GenericContainer<>(DockerImageName.parse(RABBITMQ))
                      .withEnv("RABBITMQ_DEFAULT_USER", "bie-relay")
                      .withEnv("RABBITMQ_DEFAULT_PASS", password)
                      .withExposedPorts(5672)
                      .waitingFor(Wait.forLogMessage(".*Server startup complete.*", 1));
              made.start();
              return made;
            });
    RabbitAddress address =
        new RabbitAddress(
            container.getHost(), container.getMappedPort(5672), "bie-relay", password, "/");
    return new RabbitServer(address, a -> rabbitmqctl(container, a), container::stop, false);
  }

  static PostgresServer postgres() throws Unavailable {
    String password = UUID.randomUUID().toString();
    GenericContainer<?> container =
        within(
            () -> {
              needImage(POSTGRES);
              GenericContainer<?> made =
                  new GenericContainer<>(DockerImageName.parse(POSTGRES))
                      .withEnv("POSTGRES_USER", "bierelay")
                      .withEnv("POSTGRES_PASSWORD", password)
                      .withEnv("POSTGRES_DB", "bierelay")
                      .withExposedPorts(5432)
                      // Its first start is one without network, to set the user up.
                      .waitingFor(Wait.forLogMessage(".*ready to accept connections.*\\s", 2));
              made.start();
              return made;
            });
    PostgresAddress address =
        new PostgresAddress(
            container.getHost(), container.getMappedPort(5432), "bierelay", "bierelay", password);
    return new PostgresServer(address, container::stop, false);
  }

  /** Asked without Testcontainers first: that takes seconds and many words to find no engine. */
  private static void needEngine() throws Unavailable {
    if (System.getenv("DOCKER_HOST") != null) {
      return;
    }
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(SOCKET));
    } catch (IOException e) {
      throw new Unavailable("no Docker engine answers");
    }
  }

  private static void needImage(String image) throws Unavailable, InterruptedException {
    DockerClient docker = DockerClientFactory.lazyClient();
    try {
      docker.inspectImageCmd(image).exec();
      return;
    } catch (DockerException e) {
      // Not here yet.
    }
    try {
      boolean complete =
          docker
              .pullImageCmd(image)
              .exec(new PullImageResultCallback())
              .awaitCompletion(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      if (!complete) {
        throw new Unavailable("the image " + image + " is not here within " + TIMEOUT);
      }
    } catch (DockerException e) {
      throw new Unavailable("the image " + image + " can't be pulled: " + e.getMessage());
    }
  }

  /** Whatever goes wrong with Docker, or takes too long, is a reason to use something else. */
  private static <T> T within(Callable<T> start) throws Unavailable {
    needEngine();
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(start.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            },
            "sandbox-docker");
    thread.setDaemon(true);
    thread.start();
    try {
      return result.get(TIMEOUT.plusSeconds(30).toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException | CancellationException e) {
      thread.interrupt();
      throw new Unavailable("the Docker engine took too long");
    } catch (ExecutionException e) {
      throw new Unavailable(String.valueOf(e.getCause().getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted");
    }
  }

  private static void rabbitmqctl(GenericContainer<?> container, String... arguments) {
    String[] command = new String[arguments.length + 2];
    command[0] = "rabbitmqctl";
    command[1] = "--quiet";
    System.arraycopy(arguments, 0, command, 2, arguments.length);
    try {
      var result = container.execInContainer(command);
      if (result.getExitCode() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + result.getStderr());
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
