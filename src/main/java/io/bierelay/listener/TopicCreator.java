package io.bierelay.listener;

import io.bierelay.kafka.KafkaConnection;
import io.bierelay.kafka.KafkaFailure;
import io.bierelay.kafka.KafkaSettings;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a topic exists, once: looks for it, and creates it if it is not there.
 *
 * <p>It looks first, because whoever may write to a topic often may not create one. Used on one
 * event loop.
 */
final class TopicCreator {

  private static final Logger LOG = LoggerFactory.getLogger(TopicCreator.class);

  private final Vertx vertx;
  private final Context context;
  private final Settings settings;
  private final Map<String, Future<Void>> ensured = new HashMap<>();

  TopicCreator(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.settings = settings;
  }

  /**
   * Completes when the topic is there; at once if that is known.
   *
   * @return fails with {@link ChangeFailedException}; then it is looked for again the next time
   */
  Future<Void> ensure(String topic) {
    Future<Void> known = ensured.get(topic);
    if (known != null && !known.failed()) {
      return known;
    }
    Future<Void> asked = withAdmin(admin -> look(admin, topic));
    Future<Void> explained = asked.recover(e -> Future.failedFuture(explain(topic, e)));
    ensured.put(topic, explained);
    return explained;
  }

  /** Looks again the next time: Kafka has been away since. */
  void forget() {
    ensured.clear();
  }

  private interface Work {
    Future<Void> with(Admin admin);
  }

  /** A client for a moment: it is needed once for each topic. */
  private Future<Void> withAdmin(Work work) {
    Duration timeout = settings.get(ListenerSettings.SEND_TIMEOUT);
    Properties properties = KafkaConnection.properties(settings);
    properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) timeout.toMillis());
    properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int) timeout.toMillis());
    return vertx
        .executeBlocking(() -> Admin.create(properties), false)
        .compose(
            admin ->
                work.with(admin)
                    .onComplete(
                        done ->
                            vertx.executeBlocking(
                                () -> {
                                  admin.close(Duration.ofSeconds(1));
                                  return null;
                                },
                                false)));
  }

  private Future<Void> look(Admin admin, String topic) {
    return future(admin.describeTopics(List.of(topic)).allTopicNames())
        .<Void>mapEmpty()
        .recover(
            e ->
                KafkaFailure.unwrap(e) instanceof UnknownTopicOrPartitionException
                    ? create(admin, topic)
                    : Future.failedFuture(e));
  }

  private Future<Void> create(Admin admin, String topic) {
    NewTopic wanted = wanted(settings, topic);
    return future(admin.createTopics(List.of(wanted)).all())
        .onSuccess(v -> LOG.info("created topic '{}': {}", topic, wanted))
        .recover(
            e ->
                // Another instance was faster, which is as good.
                KafkaFailure.unwrap(e) instanceof TopicExistsException
                    ? Future.succeededFuture()
                    : Future.failedFuture(e));
  }

  /** The topic as it is created. */
  static NewTopic wanted(Settings settings, String topic) {
    return new NewTopic(
            topic,
            Optional.of(settings.get(ListenerSettings.TOPIC_PARTITIONS)),
            Optional.of(settings.get(ListenerSettings.TOPIC_REPLICATION).shortValue()))
        .configs(settings.get(ListenerSettings.TOPIC_CONFIGS));
  }

  private <T> Future<T> future(KafkaFuture<T> kafka) {
    return Future.fromCompletionStage(kafka.toCompletionStage(), context);
  }

  private ChangeFailedException explain(String topic, Throwable failure) {
    Throwable e = KafkaFailure.unwrap(failure);
    String where = "Kafka at %s: ".formatted(KafkaSettings.address(settings));
    if (e instanceof InvalidReplicationFactorException) {
      return new ChangeFailedException(
          FailureReason.TOPIC,
          where
              + "topic '%s' can't be created with %d replicas (%s); add brokers, or lower %s"
                  .formatted(
                      topic,
                      settings.get(ListenerSettings.TOPIC_REPLICATION),
                      e.getMessage(),
                      ListenerSettings.TOPIC_REPLICATION.key()));
    }
    if (e instanceof AuthorizationException) {
      return new ChangeFailedException(
          FailureReason.TOPIC,
          where
              + "topic '%s' may not be described or created (%s); create it, or grant WRITE,"
                  .formatted(topic, e.getMessage())
              + " DESCRIBE and CREATE on it");
    }
    return new ChangeFailedException(
        KafkaFailure.isConfiguration(failure) ? FailureReason.TOPIC : FailureReason.KAFKA_AWAY,
        where + "topic '%s': %s".formatted(topic, KafkaFailure.describe(failure)));
  }
}
