package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ClusterSeats;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RealServices;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.SandboxTls;
import io.bierelay.sandbox.ScratchDirectory;
import io.bierelay.sandbox.SeenNotifications;
import io.bierelay.sandbox.TlsIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * As in Kubernetes, on the loopback's addresses: processes that find one another by the one name of
 * a headless service, with the same ports each, whose bus speaks TLS and takes no stranger.
 */
class ClusterTlsIT {

  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final String SERVICE = "bie-relay-bus.bie.svc.cluster.test";
  private static final int EVENTS = 400;
  private static final int CONFIGURATION = 3;

  private static final PostgresAddress NO_DATABASE =
      new PostgresAddress("none", 1, "none", "none", "");
  private static final ClusterSeats SEATS = new ClusterSeats(1, 3);
  private static final SandboxTls TLS = new SandboxTls();
  private static final SandboxTls FOREIGN = new SandboxTls();
  private static final ScratchDirectory SCRATCH = ScratchDirectory.create("hosts");
  private static final List<Integer> PORTS = Ports.free(2);
  private static final List<RelayProcess> PROCESSES = new ArrayList<>();
  private static RelayServers servers;
  private static SeenNotifications seen;

  @BeforeAll
  static void open() throws Exception {
    servers = new RelayServers(RealServices.freshVirtualHost(), NO_DATABASE).start(2);
    seen = new SeenNotifications(servers.rabbit());
  }

  @AfterAll
  static void close() {
    PROCESSES.forEach(RelayProcess::close);
    if (seen != null) {
      seen.close();
    }
    servers.close();
    SEATS.close();
    SCRATCH.close();
    TLS.close();
    FOREIGN.close();
  }

  @Test
  void membersFindEachOtherByOneNameAndStrangersAreTurnedAway() throws Exception {
    RelayProcess ingest = start(0, member(TLS.client("ingest")));
    RelayProcess notifier = start(1, member(TLS.client("notifier")));
    publish(1);
    awaitSeen(EVENTS);
    List.of(ingest, notifier).forEach(RelayProcess::awaitReady);
    theBusAsksForACertificate();

    RelayProcess plain = start(2, Map.of());
    RelayProcess foreign = start(3, member(FOREIGN.client("stranger")));
    publish(2);
    await().atMost(LIMIT).until(() -> !plain.isAlive() && !foreign.isAlive());
    publish(3);
    awaitSeen(3 * EVENTS);

    assertThat(plain.terminate()).as(plain.readLog()).isEqualTo(CONFIGURATION);
    assertThat(plain.readLog())
        .contains("speaks nothing but TLS on the event bus", address(0), "cluster.tls.certificate");
    assertThat(foreign.terminate()).as(foreign.readLog()).isEqualTo(CONFIGURATION);
    assertThat(foreign.readLog())
        .contains("certificate on the event bus", address(0), "cluster.tls.authorities");
    for (RelayProcess stranger : List.of(plain, foreign)) {
      assertThat(stranger.readLog())
          .as("it found the others at its start, and had deployed nothing when it was refused")
          .doesNotContain("merging", "started in", "no notifier", "RabbitNotifierVerticle");
    }
    assertThat(seen.timesById().values()).as("no member was in trouble").allMatch(n -> n == 1);
    assertThat(ingest.readLog())
        .as("no lane was opened at a stranger")
        .doesNotContain("opened at another");
    assertThat(new AdminClient(ingest.adminUrl()).status("/health/ready")).isEqualTo(200);
  }

  /** It shows its own, and lets nobody in who shows none or one of another authority. */
  private static void theBusAsksForACertificate() throws IOException {
    for (int seat = 0; seat < 2; seat++) {
      int at = seat;
      try (SSLSocket socket = shakenHands(TLS.client("probe").context(), at)) {
        assertThat(socket.getSession().getPeerPrincipal().getName())
            .isEqualTo(at == 0 ? "CN=ingest" : "CN=notifier");
      }
      assertThatThrownBy(() -> shakenHands(FOREIGN.client("probe").context(), at))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> shakenHands(TLS.trusting(), at)).isInstanceOf(IOException.class);
    }
  }

  private static SSLSocket shakenHands(SSLContext context, int seat) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(host(seat), PORTS.get(1));
    // With 1.3 the refusal comes after the client's part is done.
    socket.setEnabledProtocols(new String[] {"TLSv1.2"});
    socket.setSoTimeout((int) LIMIT.toMillis());
    try {
      socket.startHandshake();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    return socket;
  }

  private static void publish(long seed) {
    try (EventPublisher publisher = servers.publisher()) {
      publisher.publishAll(new ContentionEvents(seed), EVENTS);
    }
  }

  private static void awaitSeen(int events) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(seen.timesById())
                    .as(() -> PROCESSES.stream().map(RelayProcess::readLog).toList().toString())
                    .hasSize(events));
  }

  private static Map<String, Object> member(TlsIdentity identity) {
    return Map.of(
        "cluster.tls.certificate", identity.chain().toString(),
        "cluster.tls.key", identity.key().toString(),
        "cluster.tls.authorities", identity.trust().toString());
  }

  private static String host(int seat) {
    return "127.0.0." + (seat + 1);
  }

  private static String address(int seat) {
    return host(seat) + ":" + PORTS.get(1);
  }

  private static RelayProcess start(int seat, Map<String, Object> tls) throws IOException {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.keySet().removeIf(key -> key.startsWith("postgres."));
    settings = SEATS.get(seat).settings(settings);
    settings.remove("cluster.members");
    settings.put("cluster.kubernetes.service", SERVICE);
    settings.put("cluster.host", host(seat));
    settings.put("cluster.port", PORTS.get(0));
    settings.put("cluster.bus.port", PORTS.get(1));
    settings.putAll(tls);
    int port = Ports.free();
    settings.put("admin.port", port);
    RelayProcess process =
        RelayProcess.start(
            ClusterSeats.ROLE,
            settings,
            "http://127.0.0.1:" + port,
            List.of("-Djdk.net.hosts.file=" + hosts()),
            SEATS.get(seat).arguments(),
            RelayProcess.jar());
    PROCESSES.add(process);
    return process;
  }

  /** In place of Kubernetes' DNS: the name has as many addresses as there are pods. */
  private static String hosts() throws IOException {
    StringBuilder hosts = new StringBuilder("127.0.0.1 localhost\n");
    hosts.append("127.0.0.1 ").append(InetAddress.getLocalHost().getHostName()).append('\n');
    IntStream.range(0, SEATS.all().size())
        .forEach(seat -> hosts.append(host(seat)).append(' ').append(SERVICE).append('\n'));
    return SCRATCH.write("hosts", hosts.toString()).toString();
  }
}
