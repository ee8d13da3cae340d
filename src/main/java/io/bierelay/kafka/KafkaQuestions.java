package io.bierelay.kafka;

import io.bierelay.check.Problem;
import io.bierelay.check.Steps;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What Kafka is asked after the login; only descriptions, which change nothing. */
final class KafkaQuestions {

  private final Admin admin;
  private final String address;
  private final AclOperation operation;
  private final Optional<Function<String, NewTopic>> creating;

  KafkaQuestions(
      Admin admin,
      String address,
      AclOperation operation,
      Optional<Function<String, NewTopic>> creating) {
    this.admin = admin;
    this.address = address;
    this.operation = operation;
    this.creating = creating;
  }

  /** The cluster in a few words. */
  String cluster() throws Exception {
    DescribeClusterResult cluster = admin.describeCluster();
    return "cluster %s with %d brokers"
        .formatted(get(cluster.clusterId()), get(cluster.nodes()).size());
  }

  /** The brokers, by the addresses that they advertise. */
  Collection<Node> nodes() throws Exception {
    return get(admin.describeCluster().nodes());
  }

  void version(Steps steps) {
    steps.step(
        "version",
        address,
        () -> {
          try {
            FinalizedVersionRange version =
                get(admin.describeFeatures().featureMetadata())
                    .finalizedFeatures()
                    .get("metadata.version");
            return version == null
                ? "it does not tell (before 3.3, or with ZooKeeper)"
                : "metadata.version " + version.maxVersionLevel();
          } catch (KafkaException e) {
            return "it does not tell";
          }
        });
  }

  List<TopicDescription> topics(Steps steps, List<String> topics) {
    Map<String, KafkaFuture<TopicDescription>> answers =
        admin
            .describeTopics(topics, new DescribeTopicsOptions().includeAuthorizedOperations(true))
            .topicNameValues();
    List<TopicDescription> usable = new CopyOnWriteArrayList<>();
    for (String topic : topics) {
      KafkaFuture<TopicDescription> answer = answers.get(topic);
      if (answer != null) {
        steps.step(
            "topic",
            topic,
            () -> {
              TopicDescription found;
              try {
                found = described(topic, answer);
              } catch (UnknownTopicOrPartitionException e) {
                return absent(topic);
              }
              usable.add(found);
              return "%d partitions, %s allowed".formatted(found.partitions().size(), operation);
            });
      }
    }
    return usable;
  }

  private TopicDescription described(String topic, KafkaFuture<TopicDescription> answer)
      throws Exception {
    try {
      TopicDescription found = get(answer);
      Set<AclOperation> allowed = found.authorizedOperations();
      if (allowed != null && !allowed.contains(operation) && !allowed.contains(AclOperation.ALL)) {
        throw noAcl(topic).toException();
      }
      return found;
    } catch (TopicAuthorizationException e) {
      throw noAcl(topic).toException();
    }
  }

  /** Kafka looks at what a creation would need, and makes nothing. */
  private String absent(String topic) throws Exception {
    if (creating.isEmpty()) {
      throw new Problem(
              "there is no such topic",
              "create it, or correct kafka.topics, kafka.topic.template or kafka.topic.infix")
          .toException();
    }
    try {
      get(
          admin
              .createTopics(
                  List.of(creating.get().apply(topic)),
                  new CreateTopicsOptions().validateOnly(true))
              .all());
      return "not there yet, the role creates it when it starts";
    } catch (AuthorizationException e) {
      throw new Problem(
              "there is no such topic, and we have no permission to create it",
              "create it, or have an ACL set that allows CREATE on topic %s; see docs/permissions.md"
                  .formatted(topic))
          .toException();
    } catch (ApiException e) {
      throw new Problem(
              "there is no such topic, and it can't be created: " + e.getMessage(),
              "create it, or correct what it is to be created with")
          .toException();
    }
  }

  private Problem noAcl(String topic) {
    return new Problem(
        "we have no permission to %s the topic"
            .formatted(operation.name().toLowerCase(Locale.ROOT)),
        "have an ACL set that allows %s on topic %s; see docs/permissions.md"
            .formatted(operation, topic));
  }

  void group(Steps steps, String id) {
    steps.step(
        "group",
        id,
        () -> {
          try {
            var found =
                get(admin
                        .describeConsumerGroups(
                            List.of(id),
                            new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                        .all())
                    .values()
                    .iterator()
                    .next();
            Set<AclOperation> allowed = found.authorizedOperations();
            if (allowed != null
                && !allowed.contains(AclOperation.READ)
                && !allowed.contains(AclOperation.ALL)) {
              throw new GroupAuthorizationException(id);
            }
            return "%d members, READ allowed".formatted(found.members().size());
          } catch (GroupIdNotFoundException e) {
            return "there is none yet";
          } catch (GroupAuthorizationException e) {
            throw new Problem(
                    "we have no permission to use the consumer group",
                    "have an ACL set that allows READ on group %s, or correct kafka.group.id; see"
                            .formatted(id)
                        + " docs/permissions.md")
                .toException();
          }
        });
  }

  private <T> T get(KafkaFuture<T> answer) throws Exception {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }
}
