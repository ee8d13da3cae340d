package io.bierelay.cluster;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How the processes of a cluster find one another, and how they talk. */
public final class ClusterSettings {

  /** Processes with another name are refused. */
  public static final Setting<String> NAME =
      Setting.text("cluster.name", "bie-relay")
          .within("1 to 100 of a-z, 0-9, dot, dash", value -> value.matches("[a-z0-9.-]{1,100}"))
          .saying(
              "With --cluster: processes that say the same name share one event bus; one of another"
                  + " name is refused.");

  /** For machines that are known by name. */
  public static final Setting<List<String>> MEMBERS =
      Setting.list("cluster.members", List.of())
          .within(
              "host or host:port each",
              list -> list.stream().allMatch(one -> one.matches("[A-Za-z0-9._-]+(:\\d{1,5})?")))
          .saying(
              "With --cluster: where to look for other processes, host or host:port; this process"
                  + " itself may be among them. Give this or cluster.kubernetes.service.");

  /** For pods. */
  public static final Setting<String> KUBERNETES_SERVICE =
      Setting.text("cluster.kubernetes.service")
          .saying(
              "With --cluster in Kubernetes: DNS name of a headless service over the pods of all"
                  + " roles that share the bus, with publishNotReadyAddresses, such as"
                  + " bie-relay-bus.bie.svc.cluster.local.");

  /** Own address. */
  public static final Setting<String> HOST =
      Setting.text("cluster.host")
          .saying(
              "With --cluster: the address that this process listens at and others reach it at;"
                  + " unset: the first one that is not the loopback's. In a pod: its IP.");

  /** Of the membership. */
  public static final Setting<Integer> PORT =
      Setting.integer("cluster.port", 5701, 1, 65_535)
          .saying(
              "With --cluster: the port of membership (Hazelcast). It has neither TLS nor a login:"
                  + " only members may reach it.");

  /** Of the messages. */
  public static final Setting<Integer> BUS_PORT =
      Setting.integer("cluster.bus.port", 15_701, 1, 65_535)
          .saying("With --cluster: the port of the event bus, over which notifications travel.");

  /** Bounds how long a dead member is taken for a living one. */
  public static final Setting<Duration> SILENCE =
      Setting.duration(
              "cluster.silence",
              Duration.ofSeconds(10),
              Duration.ofSeconds(3),
              Duration.ofMinutes(5))
          .saying(
              "With --cluster: how long a member may say nothing before it is removed; one whose"
                  + " process ended is removed at once.");

  /** Own certificate. */
  public static final Setting<String> TLS_CERTIFICATE =
      Setting.text("cluster.tls.certificate")
          .saying(
              "With --cluster: PEM file with this process's certificate for the event bus, and those"
                  + " that signed it; with the next two the bus speaks TLS only, and each side"
                  + " shows its certificate. Read at the start.");

  /** Own key. */
  public static final Setting<String> TLS_KEY =
      Setting.text("cluster.tls.key")
          .saying("With --cluster: PEM file with the certificate's key, PKCS8, not encrypted.");

  /** Whom to trust. */
  public static final Setting<String> TLS_AUTHORITIES =
      Setting.text("cluster.tls.authorities")
          .saying(
              "With --cluster: PEM file with the authorities that sign members' certificates;"
                  + " whoever has one of theirs is a member, so use an authority of its own.");

  /** All of them. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          NAME,
          MEMBERS,
          KUBERNETES_SERVICE,
          HOST,
          PORT,
          BUS_PORT,
          SILENCE,
          TLS_CERTIFICATE,
          TLS_KEY,
          TLS_AUTHORITIES);

  private static final List<Setting<String>> TLS =
      List.of(TLS_CERTIFICATE, TLS_KEY, TLS_AUTHORITIES);

  private ClusterSettings() {}

  /** Whether the event bus speaks TLS. */
  static boolean tls(Settings settings) {
    return TLS.stream().allMatch(file -> settings.find(file).isPresent());
  }

  /** What is wrong for a process that is to be a member; one line each. */
  public static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    boolean list = !settings.get(MEMBERS).isEmpty();
    boolean service = settings.find(KUBERNETES_SERVICE).isPresent();
    if (list == service) {
      problems.add(
          "--cluster needs %s '%s' (hosts) or '%s' (a headless service)"
              .formatted(list ? "only one of" : "one of", MEMBERS.key(), KUBERNETES_SERVICE.key()));
    }
    if (settings.get(PORT).equals(settings.get(BUS_PORT))) {
      problems.add(
          "'%s' and '%s' are both %d; give two ports"
              .formatted(PORT.key(), BUS_PORT.key(), settings.get(PORT)));
    }
    if (!tls(settings) && TLS.stream().anyMatch(file -> settings.find(file).isPresent())) {
      problems.add(
          "'%s', '%s' and '%s': give all three or none"
              .formatted(TLS_CERTIFICATE.key(), TLS_KEY.key(), TLS_AUTHORITIES.key()));
    }
    for (Setting<String> file : TLS) {
      Optional<String> path = settings.find(file);
      if (path.isPresent() && !Files.isReadable(Path.of(path.get()))) {
        problems.add(
            "'%s' is '%s': no such file, or not readable".formatted(file.key(), path.get()));
      }
    }
    return problems;
  }

  /** What a person should know at each start although it works. */
  public static List<String> warnings(Settings settings) {
    return tls(settings)
        ? List.of()
        : List.of(
            "notifications travel between the processes of the cluster without TLS: set '%s', '%s' and '%s', or keep others off their ports"
                .formatted(TLS_CERTIFICATE.key(), TLS_KEY.key(), TLS_AUTHORITIES.key()));
  }
}
