package io.bierelay.cluster;

import io.bierelay.settings.ConfigurationException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.core.spi.cluster.NodeInfo;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the members that are there whether they talk to this process over the event bus, before it
 * tells them what it listens to.
 *
 * <p>Membership has no TLS, so whoever finds the others is one of them, and would be sent its share
 * of the lanes though nobody can talk to it. It guards against what is set wrongly. Against who
 * means ill the bus's own TLS does: what a member says of itself here is not proved.
 */
public final class Admission {

  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

  /**
   * Below what Vert.x gives a handshake, so that whoever stands still is away and does not refuse.
   */
  private static final long PATIENCE_MS = 3_000;

  /** In what Vert.x tells of each member to the others. */
  private static final String TLS = "tls";

  private static final Pattern REFUSAL = Pattern.compile("fatal alert: (?!protocol_version).+");

  private static final String KEYS =
      "'%s', '%s' and '%s'"
          .formatted(
              ClusterSettings.TLS_CERTIFICATE.key(),
              ClusterSettings.TLS_KEY.key(),
              ClusterSettings.TLS_AUTHORITIES.key());

  private enum Answer {
    TAKEN,
    REFUSED,
    AWAY
  }

  /**
   * What one member says.
   *
   * @param senior whether it was there before this process
   */
  private record Word(Answer answer, String why, boolean senior) {

    Word(Answer answer, String why) {
      this(answer, why, false);
    }
  }

  private Admission() {}

  /** What this process tells of its event bus. */
  static JsonObject metadata(boolean tls) {
    return new JsonObject().put(TLS, tls);
  }

  /**
   * Asks all members. Those that have been there for longer can turn this process away, so that of
   * two that don't fit only the later one goes, whenever they meet.
   *
   * @param bus with which this process has joined
   * @return whether any member takes it; fails with a {@link ConfigurationException} if none does
   *     and one refuses that was there before. Who is away, or of a version that says nothing of
   *     its bus, has no voice
   */
  public static Future<Boolean> ask(Vertx vertx, ClusterManager manager, EventBusOptions bus) {
    if (!manager.isActive()) {
      return Future.succeededFuture(false);
    }
    // In the order of their coming.
    List<String> nodes = manager.getNodes();
    int self = nodes.indexOf(manager.getNodeId());
    // A server of TLS 1.3 refuses a certificate after the client is done; one of 1.2 before.
    NetClient client =
        vertx.createNetClient(
            new NetClientOptions(bus.toJson())
                .setHostnameVerificationAlgorithm("")
                .setEnabledSecureTransportProtocols(Set.of("TLSv1.2")));
    List<Future<Word>> words =
        IntStream.range(0, nodes.size())
            .filter(at -> at != self)
            .mapToObj(at -> word(client, manager, bus.isSsl(), nodes.get(at), at < self))
            .toList();
    return Future.join(words)
        .map(all -> all.<Word>list())
        .eventually(client::close)
        .compose(Admission::judged);
  }

  private static Future<Boolean> judged(List<Word> words) {
    List<Word> refusals = words.stream().filter(word -> word.answer() == Answer.REFUSED).toList();
    boolean taken = words.stream().anyMatch(word -> word.answer() == Answer.TAKEN);
    if (!taken && refusals.stream().anyMatch(Word::senior)) {
      return Future.failedFuture(
          new ConfigurationException(
              refusals.stream().filter(Word::senior).map(Word::why).toList()));
    }
    refusals.forEach(word -> LOG.warn("{}; this process stays", word.why()));
    return Future.succeededFuture(taken);
  }

  private static Future<Word> word(
      NetClient client, ClusterManager manager, boolean tls, String node, boolean senior) {
    Promise<NodeInfo> where = Promise.promise();
    manager.getNodeInfo(node, where);
    return where
        .future()
        .compose(info -> word(client, tls, info))
        .otherwise(new Word(Answer.AWAY, ""))
        .map(word -> new Word(word.answer(), word.why(), senior));
  }

  private static Future<Word> word(NetClient client, boolean tls, NodeInfo info) {
    String member = "the cluster's member at %s:%d".formatted(info.host(), info.port());
    Boolean theirs = info.metadata() == null ? null : info.metadata().getBoolean(TLS);
    if (theirs != null && theirs != tls) {
      return Future.succeededFuture(new Word(Answer.REFUSED, mixed(member, tls)));
    }
    if (!tls) {
      return Future.succeededFuture(new Word(Answer.TAKEN, ""));
    }
    return client
        .connect(info.port(), info.host())
        .timeout(PATIENCE_MS, TimeUnit.MILLISECONDS)
        .compose(NetSocket::close)
        .map(new Word(Answer.TAKEN, ""))
        .otherwise(e -> failed(member, e));
  }

  private static String mixed(String member, boolean tls) {
    return tls
        ? "%s speaks no TLS on the event bus, and this process nothing else: give it %s as well; to go over to TLS, stop all members first"
            .formatted(member, KEYS)
        : "%s speaks nothing but TLS on the event bus, and this process none: set %s"
            .formatted(member, KEYS);
  }

  private static Word failed(String member, Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String said = String.valueOf(t.getMessage());
      if (t instanceof GeneralSecurityException) {
        return new Word(
            Answer.REFUSED,
            "%s shows a certificate on the event bus that this process does not believe (%s): '%s' must hold the authority that signed it"
                .formatted(member, said, ClusterSettings.TLS_AUTHORITIES.key()));
      }
      if (REFUSAL.matcher(said).find()) {
        return new Word(
            Answer.REFUSED,
            "%s does not take this process's certificate on the event bus (%s): '%s' must be valid and signed by one of the members' '%s'"
                .formatted(
                    member,
                    said,
                    ClusterSettings.TLS_CERTIFICATE.key(),
                    ClusterSettings.TLS_AUTHORITIES.key()));
      }
    }
    return new Word(Answer.AWAY, "");
  }
}
