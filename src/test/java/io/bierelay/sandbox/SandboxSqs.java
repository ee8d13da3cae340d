package io.bierelay.sandbox;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.elasticmq.NodeAddress;
import org.elasticmq.RelaxedSQSLimits$;
import org.elasticmq.rest.sqs.SQSRestServer;
import org.elasticmq.rest.sqs.SQSRestServerBuilder$;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/**
 * An SQS-compatible server in this JVM (ElasticMQ), with a queue of changes and its dead letters.
 */
public final class SandboxSqs implements AutoCloseable {

  /** The region that clients must be told, though nothing depends on it. */
  public static final String REGION = "eu-west-2";

  private static final String HOST = "127.0.0.1";
  private static final String KEY = "sandbox";

  static {
    // What the SDK's default chain finds in this JVM.
    System.setProperty("aws.accessKeyId", KEY);
    System.setProperty("aws.secretAccessKey", KEY);
  }

  private final int port = Ports.free();
  private final int receives;
  private SQSRestServer server;
  private SqsClient client;
  private String queueUrl;
  private String deadLetterUrl;

  /** Not started yet; a message that was received so many times goes to the dead letters. */
  public SandboxSqs(int receives) {
    this.receives = receives;
  }

  /** Starts it, with both queues empty. */
  public SandboxSqs start() {
    server =
        SQSRestServerBuilder$.MODULE$
            .withInterface(HOST)
            .withPort(port)
            .withServerAddress(new NodeAddress("http", HOST, port, ""))
            .withSQSLimits(RelaxedSQSLimits$.MODULE$)
            .start();
    server.waitUntilStarted();
    client =
        SqsClient.builder()
            .endpointOverride(URI.create(endpoint()))
            .region(Region.of(REGION))
            .httpClient(UrlConnectionHttpClient.create())
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY, KEY)))
            .build();
    deadLetterUrl = client.createQueue(q -> q.queueName("tenure-changes-dead")).queueUrl();
    String arn =
        client
            .getQueueAttributes(
                q -> q.queueUrl(deadLetterUrl).attributeNames(QueueAttributeName.QUEUE_ARN))
            .attributes()
            .get(QueueAttributeName.QUEUE_ARN);
    queueUrl =
        client
            .createQueue(
                q ->
                    q.queueName("tenure-changes")
                        .attributes(
                            Map.of(
                                QueueAttributeName.REDRIVE_POLICY,
                                "{\"deadLetterTargetArn\":\"%s\",\"maxReceiveCount\":\"%d\"}"
                                    .formatted(arn, receives))))
            .queueUrl();
    return this;
  }

  /** Sends a message. */
  public void send(String body) {
    client.sendMessage(m -> m.queueUrl(queueUrl).messageBody(body));
  }

  /** Sends many messages, ten with each request. */
  public void sendAll(List<String> bodies) {
    for (int from = 0; from < bodies.size(); from += 10) {
      List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
      for (String body : bodies.subList(from, Math.min(bodies.size(), from + 10))) {
        entries.add(
            SendMessageBatchRequestEntry.builder()
                .id(String.valueOf(entries.size()))
                .messageBody(body)
                .build());
      }
      client.sendMessageBatch(m -> m.queueUrl(queueUrl).entries(entries));
    }
  }

  /** How many messages the queue has: to be received, and received but not deleted. */
  public Depth depth() {
    return depth(queueUrl);
  }

  /** The same of its dead letters. */
  public Depth deadLetters() {
    return depth(deadLetterUrl);
  }

  /** Takes one dead letter's body. */
  public String takeDeadLetter() {
    List<Message> messages =
        client.receiveMessage(r -> r.queueUrl(deadLetterUrl).waitTimeSeconds(1)).messages();
    return messages.isEmpty() ? null : messages.get(0).body();
  }

  /** A queue's messages. */
  public record Depth(int visible, int hidden) {}

  private Depth depth(String url) {
    Map<QueueAttributeName, String> attributes =
        client
            .getQueueAttributes(
                q ->
                    q.queueUrl(url)
                        .attributeNames(
                            QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
                            QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE))
            .attributes();
    return new Depth(
        Integer.parseInt(attributes.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES)),
        Integer.parseInt(
            attributes.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE)));
  }

  private String endpoint() {
    return "http://" + HOST + ":" + port;
  }

  /** The settings that point a reporting-listener to its queue. */
  public Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("listener.sqs.queue.url", queueUrl);
    settings.put("listener.sqs.endpoint", endpoint());
    settings.put("listener.sqs.region", REGION);
    return settings;
  }

  /** What another process needs in its environment to find credentials. */
  public static Map<String, String> environment() {
    return Map.of("AWS_ACCESS_KEY_ID", KEY, "AWS_SECRET_ACCESS_KEY", KEY);
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
    if (server != null) {
      server.stopAndWait();
    }
  }
}
