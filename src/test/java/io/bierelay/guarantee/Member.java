package io.bierelay.guarantee;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ClusterSeats.Seat;
import io.bierelay.sandbox.RelayProcess;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** One instance of the relay: a process of the fat JAR, and what it says of itself. */
final class Member {

  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(PATIENCE).version(HttpClient.Version.HTTP_1_1).build();

  private final String name;
  private final RelayProcess process;
  private final @Nullable Seat seat;
  private boolean expectedToRun = true;
  private boolean frozen;

  Member(String name, RelayProcess process, @Nullable Seat seat) {
    this.name = name;
    this.process = process;
    this.seat = seat;
  }

  /** Its place in a cluster; null for one that is whole. */
  @Nullable Seat seat() {
    return seat;
  }

  /** Whether it is given partitions. */
  boolean consumes() {
    return seat == null || seat.consumes();
  }

  String name() {
    return name;
  }

  RelayProcess process() {
    return process;
  }

  /** Whether nobody has ended it; it may have ended by itself all the same. */
  synchronized boolean isExpectedToRun() {
    return expectedToRun;
  }

  synchronized void endExpected() {
    expectedToRun = false;
  }

  synchronized boolean isFrozen() {
    return frozen;
  }

  synchronized void freeze() {
    frozen = true;
    process.freeze();
  }

  synchronized void thaw() {
    process.thaw();
    frozen = false;
  }

  /** What it says of each partition it ever had; empty when it does not answer. */
  Optional<Map<TopicPartition, PartitionAccounts>> accounts() {
    if (isFrozen()) {
      return Optional.empty();
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(process.adminUrl() + "/metrics"))
            .timeout(PATIENCE)
            .build();
    try {
      var response = HTTP.send(request, BodyHandlers.ofString());
      return response.statusCode() == 200
          ? Optional.of(PartitionAccounts.parse(response.body()))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** The partitions it has now, each with the epoch of its lane. */
  Map<TopicPartition, Long> epochs() {
    Map<TopicPartition, Long> epochs = new HashMap<>();
    for (JsonObject one : new AdminClient(process.adminUrl()).subscriptions()) {
      if (one.containsKey("partition")) {
        epochs.put(
            new TopicPartition(one.getString("topic"), one.getInteger("partition")),
            one.getLong("epoch"));
      }
    }
    return epochs;
  }

  /** Where it says that it stands with the partition, for a person; empty if it has it not. */
  Optional<String> standing(TopicPartition partition) {
    AdminClient admin = new AdminClient(process.adminUrl());
    String commits =
        admin
            .body("/metrics")
            .lines()
            .filter(line -> line.startsWith("bie_relay_commit_failures_total"))
            .collect(Collectors.joining(" "));
    return admin.subscriptions().stream()
        .filter(one -> partition.topic().equals(one.getString("topic")))
        .filter(one -> Integer.valueOf(partition.partition()).equals(one.getInteger("partition")))
        .findFirst()
        .map(one -> "%s: %s %s".formatted(name, one.encode(), commits));
  }
}
