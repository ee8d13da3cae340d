package io.bierelay.guarantee;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.ClusterSeats.Seat;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RelayProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The instances of one scenario, those that run and those that ran. */
final class Fleet implements AutoCloseable {

  private static final List<String> ROLE = List.of("svc-bie-kafka");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Map<String, Object> settings;
  private final List<String> jvmOptions;
  private final List<Member> all = new CopyOnWriteArrayList<>();

  Fleet(Map<String, Object> settings, List<String> jvmOptions) {
    this.settings = Map.copyOf(settings);
    this.jvmOptions = List.copyOf(jvmOptions);
  }

  /** Starts one more and returns at once. */
  Member launch() {
    return launch(Map.of());
  }

  /** Starts one more, with settings that differ from the others', and returns at once. */
  Member launch(Map<String, Object> different) {
    return launch(different, List.of(), RelayProcess.jar(), null);
  }

  /** Starts one more of another JAR than the build's, and returns at once. */
  Member launch(Path jar) {
    return launch(Map.of(), List.of(), jar, null);
  }

  /** Starts a part of one, at its place in a cluster, and returns at once. */
  Member launch(Seat seat) {
    return launch(Map.of(), seat.arguments(), RelayProcess.jar(), seat);
  }

  private Member launch(
      Map<String, Object> different, List<String> arguments, Path jar, @Nullable Seat seat) {
    int port = Ports.free();
    Map<String, Object> own = new HashMap<>(settings);
    own.putAll(different);
    own.put("admin.port", port);
    String url = "http://127.0.0.1:" + port;
    Member member =
        new Member(
            "instance-" + (all.size() + 1),
            RelayProcess.start(
                ROLE, seat == null ? own : seat.settings(own), url, jvmOptions, arguments, jar),
            seat);
    all.add(member);
    return member;
  }

  /** Starts one more and returns when all its verticles are ready. */
  Member start() {
    Member member = launch();
    member.process().awaitReady();
    return member;
  }

  /** Ends one as a deployment does, with SIGTERM, and insists that it ends well. */
  void terminate(Member member) {
    member.endExpected();
    assertThat(member.process().terminate())
        .as("exit code of %s after SIGTERM", member.name())
        .isZero();
  }

  /** Ends one with SIGKILL. */
  void kill(Member member) {
    member.endExpected();
    member.process().kill();
  }

  /** Ends all that run, with SIGTERM. */
  void terminateAll() {
    live().forEach(this::terminate);
  }

  /** Those that should run, in the order of their starts. */
  List<Member> live() {
    return all.stream().filter(Member::isExpectedToRun).toList();
  }

  /** Also those that were ended. */
  List<Member> all() {
    return List.copyOf(all);
  }

  /** Those that ended though nobody ended them. */
  List<Member> crashed() {
    return live().stream().filter(member -> !member.process().isAlive()).toList();
  }

  /** Waits until each partition has one owner and each live instance at least one partition. */
  void awaitAssigned(Set<TopicPartition> partitions) {
    await("each partition has one owner, each of %d instances a share".formatted(live().size()))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              Set<TopicPartition> owned = new HashSet<>();
              int sum = 0;
              for (Member member : live().stream().filter(Member::consumes).toList()) {
                Set<TopicPartition> own = member.epochs().keySet();
                if (own.isEmpty()) {
                  return false;
                }
                sum += own.size();
                owned.addAll(own);
              }
              return sum == partitions.size() && owned.equals(partitions);
            });
  }

  @Override
  public void close() {
    for (Member member : all) {
      if (member.isFrozen()) {
        member.thaw();
      }
      member.process().close();
    }
  }
}
