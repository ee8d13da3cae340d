package io.bierelay.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.NetworkConfig;
import io.bierelay.settings.Settings;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Collections;
import java.util.Set;

/**
 * Makes Vert.x a member of a cluster: who the others are Hazelcast finds out, what is said goes
 * over the event bus's own connections.
 *
 * <p>Everything is set here and nothing is read from files: Hazelcast's own defaults look for
 * others by multicast and tell its maker of each start. The only class that knows Hazelcast, so
 * that nobody loads it who is no member.
 */
public final class Membership {

  /** Where Vert.x keeps who listens at which address, and which process is where. */
  private static final String SUBSCRIPTIONS = "__vertx.subs";

  private static final String NODES = "__vertx.nodeInfo";

  private static final String LOGGING = "hazelcast.logging.type";

  static final String LOOK_UP_SECONDS = "hazelcast.wait.seconds.before.join";

  static final String LOCAL_ADDRESS = "hazelcast.local.localAddress";

  /** Two processes may die at the same moment, and what they listened to must not go with them. */
  private static final int BACKUPS = 2;

  private Membership() {}

  /** Joins when Vert.x is built with it. Looks up the own address: blocking, for milliseconds. */
  public static ClusterManager manager(Settings settings) {
    // Read before there is a configuration; without it the first words go to Java's own log.
    System.setProperty(LOGGING, "slf4j");
    return new HazelcastClusterManager(config(settings, host(settings)));
  }

  /** Where the event bus listens, and with which certificates. */
  public static EventBusOptions bus(Settings settings) {
    EventBusOptions options =
        new EventBusOptions()
            .setHost(host(settings))
            .setPort(settings.get(ClusterSettings.BUS_PORT))
            .setClusterNodeMetadata(Admission.metadata(ClusterSettings.tls(settings)))
            .setConnectTimeout(2_000)
            .setClusterPingInterval(2_000)
            .setClusterPingReplyInterval(4_000);
    if (ClusterSettings.tls(settings)) {
      options
          .setSsl(true)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .setCertPath(settings.find(ClusterSettings.TLS_CERTIFICATE).orElseThrow())
                  .setKeyPath(settings.find(ClusterSettings.TLS_KEY).orElseThrow()))
          .setTrustOptions(
              new PemTrustOptions()
                  .addCertPath(settings.find(ClusterSettings.TLS_AUTHORITIES).orElseThrow()))
          .setClientAuth(ClientAuth.REQUIRED)
          // Of its own accord the bus would send to anybody who has any certificate.
          .setTrustAll(false)
          .setEnabledSecureTransportProtocols(Set.of("TLSv1.3", "TLSv1.2"));
    }
    return options;
  }

  static Config config(Settings settings, String host) {
    Config config = new Config();
    config.setClusterName(settings.get(ClusterSettings.NAME));
    config.setProperty(LOGGING, "slf4j");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.setProperty("hazelcast.rest.enabled", "false");
    config.setProperty("hazelcast.jmx", "false");
    // Not by its interfaces: not every address that a machine has is told of there.
    config.setProperty(LOCAL_ADDRESS, host);
    config.setProperty("hazelcast.socket.bind.any", "false");
    // With a service it is also the time in which the others are looked up: with none, whoever
    // starts is alone until it is merged with them. With a list it is lost.
    config.setProperty(
        LOOK_UP_SECONDS, settings.find(ClusterSettings.KUBERNETES_SERVICE).isPresent() ? "2" : "0");
    config.setProperty("hazelcast.heartbeat.interval.seconds", "1");
    config.setProperty(
        "hazelcast.max.no.heartbeat.seconds",
        Long.toString(settings.get(ClusterSettings.SILENCE).toSeconds()));
    // Processes that started in the same second, or were cut off, find together so soon.
    config.setProperty("hazelcast.merge.first.run.delay.seconds", "5");
    config.setProperty("hazelcast.merge.next.run.delay.seconds", "5");
    config.setProperty("hazelcast.graceful.shutdown.max.wait", "3");
    // It holds a few dozen addresses, which need neither many partitions nor many threads.
    config.setProperty("hazelcast.partition.count", "31");
    config.setProperty("hazelcast.operation.thread.count", "2");
    config.setProperty("hazelcast.operation.generic.thread.count", "2");
    config.setProperty("hazelcast.event.thread.count", "1");
    config.setProperty("hazelcast.io.thread.count", "1");
    config.getMetricsConfig().setEnabled(false);
    config.getSerializationConfig().setJavaSerializationFilterConfig(onlyWhatIsNeeded());
    config.addMultiMapConfig(
        new MultiMapConfig(SUBSCRIPTIONS)
            .setBackupCount(BACKUPS)
            .setValueCollectionType(MultiMapConfig.ValueCollectionType.SET));
    config.addMapConfig(new MapConfig(NODES).setBackupCount(BACKUPS));
    NetworkConfig network =
        config
            .getNetworkConfig()
            .setPort(settings.get(ClusterSettings.PORT))
            .setPortAutoIncrement(false)
            .setReuseAddress(true);
    join(settings, network.getJoin());
    return config;
  }

  private static void join(Settings settings, JoinConfig join) {
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    String port = Integer.toString(settings.get(ClusterSettings.PORT));
    settings
        .find(ClusterSettings.KUBERNETES_SERVICE)
        .ifPresentOrElse(
            service ->
                join.getKubernetesConfig()
                    .setEnabled(true)
                    .setProperty("service-dns", service)
                    .setProperty("service-port", port),
            () -> {
              join.getTcpIpConfig().setEnabled(true).setConnectionTimeoutSeconds(2);
              settings
                  .get(ClusterSettings.MEMBERS)
                  .forEach(
                      member ->
                          join.getTcpIpConfig()
                              .addMember(member.contains(":") ? member : member + ":" + port));
            });
  }

  /** Its port has no login: what comes there may make no other objects than a member needs. */
  private static JavaSerializationFilterConfig onlyWhatIsNeeded() {
    JavaSerializationFilterConfig filter = new JavaSerializationFilterConfig();
    filter
        .getWhitelist()
        .addPrefixes(
            "com.hazelcast.", "io.vertx.spi.cluster.hazelcast.", "java.lang.", "java.util.");
    return filter;
  }

  private static String host(Settings settings) {
    return settings.find(ClusterSettings.HOST).orElseGet(Membership::firstAddress);
  }

  private static String firstAddress() {
    try {
      for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
        for (InetAddress address : Collections.list(one.getInetAddresses())) {
          if (one.isUp()
              && address instanceof Inet4Address
              && !address.isLoopbackAddress()
              && !address.isLinkLocalAddress()) {
            return address.getHostAddress();
          }
        }
      }
    } catch (SocketException e) {
      throw new IllegalStateException("can't list the network's interfaces; set cluster.host", e);
    }
    return "127.0.0.1";
  }
}
