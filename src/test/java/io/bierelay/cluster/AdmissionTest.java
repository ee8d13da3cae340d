package io.bierelay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.ArrayList;
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

  /** Those that were there before, each with where its bus is. */
  private final Map<String, NodeInfo> members = new HashMap<>();

  /** Those that came later. */
  private final Map<String, NodeInfo> later = new HashMap<>();

  @AfterAll
  static void close() {
    await(VERTX.close());
    OURS.close();
    FOREIGN.close();
  }

  @Test
  void whoIsFirstStaysAndIsNotTakenYet() {
    assertThat(ask(ours())).isFalse();
    assertThat(ask(bus(Map.of()))).isFalse();
  }

  @Test
  void oneOfTheSameAuthorityIsTaken() {
    members.put("other", listening(ours()));
    assertThat(ask(ours())).isTrue();
  }

  @Test
  void whoComesLaterTurnsNobodyAway() {
    later.put("stranger", info(8, false));
    assertThat(ask(ours())).isFalse();
    later.put("other", listening(ours()));
    assertThat(ask(ours())).isTrue();
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
    assertThat(ask(ours())).isTrue();
  }

  @Test
  void whoIsAwayOrOfAnEarlierVersionHasNoVoice() {
    members.put("dead", info(Ports.free(), true));
    members.put("gone", null);
    assertThat(ask(ours())).isFalse();
    members.put("earlier", new NodeInfo("127.0.0.1", Ports.free(), null));
    assertThat(ask(ours())).isFalse();
    members.remove("dead");
    assertThat(ask(bus(Map.of()))).isTrue();
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

  private boolean ask(EventBusOptions bus) {
    return await(Admission.ask(VERTX, manager(), bus));
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
  private ClusterManager manager() {
    List<String> nodes = new ArrayList<>(members.keySet());
    nodes.add("self");
    nodes.addAll(later.keySet());
    Map<String, NodeInfo> all = new HashMap<>(members);
    all.putAll(later);
    return (ClusterManager)
        Proxy.newProxyInstance(
            AdmissionTest.class.getClassLoader(),
            new Class<?>[] {ClusterManager.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "isActive" -> true;
                  case "getNodeId" -> "self";
                  case "getNodes" -> nodes;
                  case "getNodeInfo" -> tell(all.get((String) args[0]), args[1]);
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
