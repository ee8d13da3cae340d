package io.bierelay.ingest;

import io.bierelay.kafka.KafkaConnection;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Asks Kafka which of the topics exist, and for the id of each one's incarnation: a topic that was
 * deleted and created again has the same offsets, but another id.
 *
 * <p>vertx-kafka-client's admin client does not show the id, so this uses the one beneath it. Used
 * on one event loop; nothing here blocks but {@link #open}, which runs on a worker thread.
 */
final class TopicIds {

  private final Context context;
  private final Admin admin;
  private final int timeoutMs;
  private final Map<String, Future<String>> asked = new HashMap<>();

  private TopicIds(Context context, Admin admin, int timeoutMs) {
    this.context = context;
    this.admin = admin;
    this.timeoutMs = timeoutMs;
  }

  /** Makes the client; that looks up host names, and fails if none of them is known. */
  static Future<TopicIds> open(Vertx vertx, Settings settings) {
    Context context = vertx.getOrCreateContext();
    Duration timeout = settings.get(IngestSettings.PROBE_TIMEOUT);
    Properties properties = KafkaConnection.properties(settings);
    properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) timeout.toMillis());
    properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int) timeout.toMillis());
    return vertx.executeBlocking(
        () -> new TopicIds(context, Admin.create(properties), (int) timeout.toMillis()), false);
  }

  /**
   * Which of the topics exist and can be seen with our credentials.
   *
   * @return by name the id; topics that don't exist, or that we may not describe, are absent
   */
  Future<Map<String, String>> describe(Collection<String> topics) {
    Map<String, KafkaFuture<TopicDescription>> answers =
        admin
            .describeTopics(topics, new DescribeTopicsOptions().timeoutMs(timeoutMs))
            .topicNameValues();
    Map<String, String> ids = new TreeMap<>();
    List<Future<TopicDescription>> all =
        answers.entrySet().stream()
            .map(
                answer ->
                    Future.fromCompletionStage(answer.getValue().toCompletionStage(), context)
                        .onSuccess(d -> ids.put(answer.getKey(), idOf(d)))
                        .recover(TopicIds::tolerateMissing))
            .toList();
    return Future.all(all).map(ids);
  }

  /** The topic's id; asked once per assignment and then remembered until {@link #forget}. */
  Future<String> idOf(String topic) {
    Future<String> known = asked.get(topic);
    if (known != null && !known.failed()) {
      return known;
    }
    Future<String> answer =
        describe(List.of(topic))
            .map(
                ids -> {
                  String id = ids.get(topic);
                  if (id == null) {
                    throw new UnknownTopicOrPartitionException(
                        "Kafka does not know topic '%s', or does not show it to us"
                            .formatted(topic));
                  }
                  return id;
                });
    asked.put(topic, answer);
    return answer;
  }

  /** Asks again next time: the topic may have been deleted and created again meanwhile. */
  void forget(String topic) {
    asked.remove(topic);
  }

  /** The client, for questions beside the ids; closed with this. */
  Admin admin() {
    return admin;
  }

  /** Closes the client, which waits a moment for its thread. */
  Future<Void> close(Vertx vertx) {
    return vertx.executeBlocking(
        () -> {
          admin.close(Duration.ofSeconds(1));
          return null;
        },
        false);
  }

  private static Future<TopicDescription> tolerateMissing(Throwable e) {
    return e instanceof UnknownTopicOrPartitionException || e instanceof TopicAuthorizationException
        ? Future.succeededFuture()
        : Future.failedFuture(e);
  }

  /** Brokers before 2.8 have no ids; the name alone then has to do. */
  private static String idOf(TopicDescription description) {
    Uuid id = description.topicId();
    return id == null ? Uuid.ZERO_UUID.toString() : id.toString();
  }
}
