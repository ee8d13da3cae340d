package io.bierelay.listener;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClientBuilder;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;

/**
 * One SQS queue: receive, delete, hide for longer.
 *
 * <p>The SDK's chain of credentials may read files and ask other servers on the calling thread, so
 * each call is made on a worker; answers come back on the event loop of whoever made this.
 */
final class SqsQueue {

  /** The most that SQS takes and gives at once. */
  static final int BATCH = 10;

  private final Vertx vertx;
  private final Context context;
  private final String url;
  private final int waitSeconds;
  private final int visibilitySeconds;
  private final SqsAsyncClient client;
  private final SdkHttpClient http;

  private SqsQueue(Vertx vertx, Context context, Settings settings) {
    this.vertx = vertx;
    this.context = context;
    this.url = settings.get(SqsSettings.QUEUE_URL);
    this.waitSeconds = (int) settings.get(SqsSettings.WAIT).toSeconds();
    this.visibilitySeconds = (int) settings.get(SqsSettings.VISIBILITY).toSeconds();
    this.http =
        new SdkHttpClient(
            vertx, (waitSeconds + 10) * 1_000L, settings.get(SqsSettings.POLLERS) + 8);
    SqsAsyncClientBuilder builder =
        SqsAsyncClient.builder()
            .httpClient(http)
            .asyncConfiguration(
                async ->
                    async.advancedOption(
                        SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run));
    settings.find(SqsSettings.REGION).ifPresent(region -> builder.region(Region.of(region)));
    settings
        .find(SqsSettings.ENDPOINT)
        .ifPresent(endpoint -> builder.endpointOverride(URI.create(endpoint)));
    this.client = builder.build();
  }

  /**
   * Makes the client, which may look for its region in files and at the machine's own service.
   *
   * @return fails with {@link ConfigurationException} if it finds none
   */
  static Future<SqsQueue> open(Vertx vertx, Settings settings) {
    Context context = vertx.getOrCreateContext();
    return vertx
        .executeBlocking(() -> new SqsQueue(vertx, context, settings), false)
        .recover(
            e ->
                Future.failedFuture(
                    e instanceof SdkException
                        ? new ConfigurationException(
                            "SQS: %s; set %s".formatted(e.getMessage(), SqsSettings.REGION.key()))
                        : e));
  }

  /** Waits for messages, at most {@code max} (1 to 10); they are hidden from others. */
  Future<List<Message>> receive(int max) {
    return call(() ->
            client.receiveMessage(
                request ->
                    request
                        .queueUrl(url)
                        .maxNumberOfMessages(max)
                        .waitTimeSeconds(waitSeconds)
                        .visibilityTimeout(visibilitySeconds)
                        .messageSystemAttributeNames(
                            MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT)))
        .map(answer -> answer.messages());
  }

  /**
   * Deletes messages, at most ten.
   *
   * @param receipts their receipt handles
   * @return how many were not deleted
   */
  Future<Integer> delete(List<String> receipts) {
    List<DeleteMessageBatchRequestEntry> entries = new ArrayList<>();
    for (String receipt : receipts) {
      String id = String.valueOf(entries.size());
      entries.add(DeleteMessageBatchRequestEntry.builder().id(id).receiptHandle(receipt).build());
    }
    return call(() -> client.deleteMessageBatch(r -> r.queueUrl(url).entries(entries)))
        .map(answer -> answer.failed().size());
  }

  /**
   * Hides messages for {@code seconds} from now on; 0 gives them back.
   *
   * @param receipts at most ten receipt handles
   * @return what SQS refused, one line each: as a rule such a message is not ours any more
   */
  Future<List<String>> hide(List<String> receipts, int seconds) {
    List<ChangeMessageVisibilityBatchRequestEntry> entries = new ArrayList<>();
    for (String receipt : receipts) {
      entries.add(
          ChangeMessageVisibilityBatchRequestEntry.builder()
              .id(String.valueOf(entries.size()))
              .receiptHandle(receipt)
              .visibilityTimeout(seconds)
              .build());
    }
    return call(() -> client.changeMessageVisibilityBatch(r -> r.queueUrl(url).entries(entries)))
        .map(answer -> answer.failed().stream().map(BatchResultErrorEntry::code).toList());
  }

  /** How many messages wait, as far as SQS knows; asks for the right sqs:GetQueueAttributes. */
  Future<Long> depth() {
    return call(() ->
            client.getQueueAttributes(
                request ->
                    request
                        .queueUrl(url)
                        .attributeNames(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES)))
        .map(
            answer ->
                Long.parseLong(
                    answer
                        .attributes()
                        .getOrDefault(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES, "0")));
  }

  /** How long a message is hidden by {@link #receive}, in seconds. */
  int visibilitySeconds() {
    return visibilitySeconds;
  }

  Future<Void> close() {
    return vertx.executeBlocking(
        () -> {
          client.close();
          http.close();
          return null;
        },
        false);
  }

  private <T> Future<T> call(Callable<CompletableFuture<T>> request) {
    return vertx
        .executeBlocking(request, false)
        .compose(answer -> Future.fromCompletionStage(answer, context));
  }

  /** One sentence with the remedy; the SDK's own words may be long, but hold no secret. */
  String describe(Throwable failure) {
    Throwable e =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    String where = "SQS queue %s: ".formatted(url);
    if (e instanceof QueueDoesNotExistException) {
      return where + "it does not exist; check " + SqsSettings.QUEUE_URL.key();
    }
    if (e instanceof AwsServiceException service) {
      boolean refused = service.statusCode() == 401 || service.statusCode() == 403;
      return where
          + "it answered %d (%s)%s"
              .formatted(
                  service.statusCode(),
                  service.awsErrorDetails() == null ? "" : service.awsErrorDetails().errorCode(),
                  refused
                      ? "; check the credentials and their rights: sqs:ReceiveMessage,"
                          + " sqs:DeleteMessage, sqs:ChangeMessageVisibility"
                      : "");
    }
    String message = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
    return where + (message.length() > 300 ? message.substring(0, 300) : message);
  }
}
