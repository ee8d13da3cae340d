package io.bierelay.containers;

import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import io.bierelay.sandbox.Ports;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.utility.DockerImageName;

/**
 * A container that keeps its name, its port on this machine and its files while it is paused,
 * killed or cut off and comes back.
 */
final class Contained implements AutoCloseable {

  private static final long RELAY_BYTES = 384L << 20;

  private final String name;
  private final Network network;
  private final int port;
  private final GenericContainer<?> container;

  private Contained(
      String name, String image, Network network, int inside, Map<String, String> environment) {
    this.name = name;
    this.network = network;
    this.port = Ports.free();
    this.container =
        new GenericContainer<>(DockerImageName.parse(image))
            .withNetwork(network)
            .withNetworkAliases(name)
            .withEnv(environment)
            .withCreateContainerCmdModifier(
                command -> {
                  command.withHostName(name).withExposedPorts(ExposedPort.tcp(inside));
                  Objects.requireNonNull(command.getHostConfig())
                      .withPortBindings(PortBinding.parse("127.0.0.1:" + port + ":" + inside));
                });
  }

  /** A server, made and not started. */
  static Contained server(
      String name, String image, Network network, int inside, Map<String, String> environment) {
    return new Contained(name, image, network, inside, environment);
  }

  /** Our image, as a cluster would run it: nothing to write to, no rights, 384 MiB. */
  static Contained relay(
      String name, String gateway, Network network, Map<String, String> environment, String role) {
    Contained relay = new Contained(name, Images.RELAY, network, 8080, environment);
    relay
        .container
        .withCommand("--role", role)
        .withExtraHost("registry", gateway)
        .withTmpFs(Map.of("/tmp", "exec,size=64m"))
        .withCreateContainerCmdModifier(
            command -> {
              HostConfig host = Objects.requireNonNull(command.getHostConfig());
              host.withReadonlyRootfs(true)
                  .withCapDrop(Capability.ALL)
                  .withSecurityOpts(List.of("no-new-privileges"))
                  .withMemory(RELAY_BYTES)
                  .withMemorySwap(RELAY_BYTES);
            });
    return relay;
  }

  /** Kafka says itself where it is: at those addresses, the last with its port on this machine. */
  Contained advertising(String listeners) {
    container.withEnv("KAFKA_ADVERTISED_LISTENERS", listeners + port);
    return this;
  }

  Contained start() {
    container.start();
    return this;
  }

  String name() {
    return name;
  }

  /** Where it is reached from this machine, whatever happens to it. */
  int port() {
    return port;
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  private static DockerClient docker() {
    return DockerClientFactory.lazyClient();
  }

  private String id() {
    return container.getContainerId();
  }

  /** Its processes stand still; connections stay. */
  void pause() {
    docker().pauseContainerCmd(id()).exec();
  }

  void unpause() {
    docker().unpauseContainerCmd(id()).exec();
  }

  /** SIGKILL for all of its processes. */
  void kill() {
    docker().killContainerCmd(id()).exec();
    await().atMost(Duration.ofSeconds(30)).until(() -> !running());
  }

  /** SIGTERM; returns the exit code. */
  int stop() {
    docker().stopContainerCmd(id()).withTimeout(60).exec();
    return Objects.requireNonNull(state().getExitCodeLong()).intValue();
  }

  /** The same container again, with its files. */
  void startAgain() {
    docker().startContainerCmd(id()).exec();
  }

  /** Nobody reaches it, and it reaches nobody; not a byte says so. */
  void disconnect() {
    docker().disconnectFromNetworkCmd().withContainerId(id()).withNetworkId(network.getId()).exec();
  }

  void reconnect() {
    docker()
        .connectToNetworkCmd()
        .withContainerId(id())
        .withNetworkId(network.getId())
        .withContainerNetwork(new ContainerNetwork().withAliases(name))
        .exec();
  }

  boolean running() {
    return Boolean.TRUE.equals(state().getRunning());
  }

  InspectContainerResponse.ContainerState state() {
    return docker().inspectContainerCmd(id()).exec().getState();
  }

  ExecResult exec(String... command) throws IOException, InterruptedException {
    return container.execInContainer(command);
  }

  /** The most memory that its first process had at once, in MiB. */
  long peakMiB() throws IOException, InterruptedException {
    return Long.parseLong(
            exec("grep", "VmHWM", "/proc/1/status").getStdout().replaceAll("[^0-9]", ""))
        / 1024;
  }

  /**
   * How much processor time its first process has used, in ms; what a busy machine falsifies least.
   */
  long cpuMillis() throws IOException, InterruptedException {
    String[] stat = exec("cat", "/proc/1/stat").getStdout().split(" ");
    return (Long.parseLong(stat[13]) + Long.parseLong(stat[14])) * 10;
  }

  String logs() {
    return container.getLogs();
  }

  @Override
  public void close() {
    try {
      container.stop();
    } catch (DockerException e) {
      // Then the engine is gone, and the container with it.
    }
  }
}
