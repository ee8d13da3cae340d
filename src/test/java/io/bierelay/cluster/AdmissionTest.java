package io.bierelay.cluster;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.SandboxTls;
import io.bierelay.sandbox.TlsIdentity;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.core.spi.cluster.NodeInfo;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Who is told to stay away, and who may stay though one member will not talk to it. */
class AdmissionTest {

  private static final SandboxTls OURS = new SandboxTls();
  private static final SandboxTls FOREIGN = new SandboxTls();
  private static final Vertx VERTX = Vertx.vertx();

  /** Members as they are known by the membership, each with where its bus is. */
  private final Map<String, NodeInfo> members = new HashMap<>(Map.of("self", info(1, true)));

  @AfterAll
  static void close() {
    await(VERTX.close());
    OURS.close();
    FOREIGN.close();
  }

  @Test
  void whoIsFirstIsTaken() {
    ask(ours());
    ask(bus(Map.of()));
  }

  @Test
  void oneOfTheSameAuthorityIsTaken() {
    members.put("other", listening(ours()));
    ask(ours());
  }

  @Test
  void whoBelievesTheMembersButIsNotBelievedIsTurnedAway() {
    NodeInfo member = listening(ours());
    members.put("other", member);
    TlsIdentity stranger = FOREIGN.client("stranger");
    assertThatThrownBy(() -> ask(tls(stranger.chain(), stranger.key(), OURS.trust())))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("127.0.0.1:" + member.port())
        .hasMessageContaining("does not take this process's certificate")
        .hasMessageContaining("cluster.tls.certificate");
  }

  @Test
  void whoDoesNotBelieveTheMembersIsTurnedAway() {
    members.put("other", listening(ours()));
    TlsIdentity own = OURS.client("own");
    assertThatThrownBy(() -> ask(tls(own.chain(), own.key(), FOREIGN.trust())))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'cluster.tls.authorities' must hold");
  }

  @Test
  void whoSpeaksOtherThanTheMembersIsTurnedAway() {
    members.put("other", info(7, true));
    assertThatThrownBy(() -> ask(bus(Map.of())))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("127.0.0.1:7 speaks nothing but TLS");
    members.put("other", info(8, false));
    assertThatThrownBy(() -> ask(ours()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("127.0.0.1:8 speaks no TLS");
  }

  @Test
  void oneStrangerKeepsNobodyAwayFromTheOthers() {
    members.put("stranger", info(8, false));
    members.put("other", listening(ours()));
    ask(ours());
  }

  @Test
  void whoIsAwayOrOfAnEarlierVersionHasNoVoice() {
    members.put("dead", info(Ports.free(), true));
    members.put("gone", null);
    ask(ours());
    members.put("earlier", new NodeInfo("127.0.0.1", Ports.free(), null));
    ask(ours());
    ask(bus(Map.of()), "earlier");
  }

  private static NodeInfo info(int port, boolean tls) {
    return new NodeInfo("127.0.0.1", port, Admission.metadata(tls));
  }

  private static NodeInfo listening(EventBusOptions bus) {
    var server =
        VERTX
            .createNetServer(new NetServerOptions(bus.toJson()).setPort(0))
            .connectHandler(s -> {});
    return info(await(server.listen()).actualPort(), true);
  }

  private void ask(EventBusOptions bus, String... only) {
    Map<String, NodeInfo> asked = new HashMap<>(members);
    if (only.length > 0) {
      asked.keySet().retainAll(List.of(only));
    }
    await(Admission.ask(VERTX, manager(asked), bus));
  }

  private static EventBusOptions ours() {
    TlsIdentity own = OURS.client("member");
    return tls(own.chain(), own.key(), own.trust());
  }

  private static EventBusOptions tls(Path certificate, Path key, Path authorities) {
    return bus(
        Map.of(
            "cluster.tls.certificate", certificate.toString(),
            "cluster.tls.key", key.toString(),
            "cluster.tls.authorities", authorities.toString()));
  }

  private static EventBusOptions bus(Map<String, Object> tls) {
    JsonObject settings =
        new JsonObject().put("cluster.host", "127.0.0.1").put("cluster.bus.port", 1);
    tls.forEach(settings::put);
    return Membership.bus(Settings.of(settings));
  }

  /** Of the manager only what is asked here; the rest would need a cluster. */
  private static ClusterManager manager(Map<String, NodeInfo> members) {
    return (ClusterManager)
        Proxy.newProxyInstance(
            AdmissionTest.class.getClassLoader(),
            new Class<?>[] {ClusterManager.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "getNodeId" -> "self";
                  case "getNodes" -> List.copyOf(members.keySet());
                  case "getNodeInfo" -> tell(members.get((String) args[0]), args[1]);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  @SuppressWarnings("unchecked")
  private static @Nullable Object tell(@Nullable NodeInfo info, Object asker) {
    Completable<NodeInfo> completable = (Completable<NodeInfo>) asker;
    if (info == null) {
      completable.fail("Not a member of the cluster");
    } else {
      completable.succeed(info);
    }
    return null;
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
