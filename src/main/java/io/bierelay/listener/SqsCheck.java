package io.bierelay.listener;

import io.bierelay.check.Endpoint;
import io.bierelay.check.Problem;
import io.bierelay.check.Reach;
import io.bierelay.check.ServerCheck;
import io.bierelay.check.Steps;
import io.bierelay.settings.Settings;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;

/**
 * Tries SQS as the listener uses it, by asking for the queue's depth: taking a message to try it
 * would count against that message.
 */
final class SqsCheck implements ServerCheck {

  private static final int ANSWER_MS = 3_000;

  private final Vertx vertx;
  private final Settings settings;

  SqsCheck(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.settings = settings;
  }

  @Override
  public String server() {
    return "SQS";
  }

  @Override
  public void run(Steps steps) {
    String url = settings.get(SqsSettings.QUEUE_URL);
    boolean other = settings.find(SqsSettings.ENDPOINT).isPresent();
    Endpoint endpoint =
        Endpoint.ofUrl(
            URI.create(settings.find(SqsSettings.ENDPOINT).orElse(url)),
            other ? SqsSettings.ENDPOINT.key() : SqsSettings.QUEUE_URL.key());
    if (Reach.to(steps, endpoint) && steps.step("credentials", "AWS", SqsCheck::credentials)) {
      steps.step("queue", url, () -> depth(steps, url));
    }
  }

  private static String credentials() {
    try (DefaultCredentialsProvider chain = DefaultCredentialsProvider.builder().build()) {
      AwsCredentials found = chain.resolveCredentials();
      return "found" + found.providerName().map(name -> " by " + name).orElse("");
    }
  }

  private String depth(Steps steps, String url) throws Exception {
    SqsQueue queue =
        SqsQueue.open(vertx, settings)
            .toCompletionStage()
            .toCompletableFuture()
            .get(ANSWER_MS, TimeUnit.MILLISECONDS);
    try {
      long messages =
          queue
              .depth()
              .toCompletionStage()
              .toCompletableFuture()
              .get(ANSWER_MS, TimeUnit.MILLISECONDS);
      return "%d messages wait".formatted(messages);
    } catch (ExecutionException e) {
      if (unwrap(e) instanceof AwsServiceException service && isDenied(service)) {
        steps.noted(
            "queue",
            url,
            "we may not ask for its attributes, so that it is not known whether we may read it",
            "grant sqs:GetQueueAttributes beside sqs:ReceiveMessage, sqs:DeleteMessage and"
                + " sqs:ChangeMessageVisibility");
        return "let in";
      }
      throw e;
    } finally {
      var unused = queue.close();
    }
  }

  /** The caller is known, and lacks this right; other refusals are of the caller. */
  private static boolean isDenied(AwsServiceException e) {
    return e.awsErrorDetails() != null
        && String.valueOf(e.awsErrorDetails().errorCode())
            .toLowerCase(Locale.ROOT)
            .contains("accessdenied");
  }

  private static Throwable unwrap(Throwable failure) {
    Throwable e = failure;
    while (e.getCause() != null
        && (e instanceof ExecutionException || e instanceof CompletionException)) {
      e = e.getCause();
    }
    return e;
  }

  @Override
  public Problem explain(Throwable failure) {
    Throwable e = unwrap(failure);
    if (e instanceof TimeoutException) {
      return new Problem(
          "it does not answer in time",
          "does a proxy hold the request? Credentials may be looked for at the machine's own"
              + " service, which takes long where there is none");
    }
    if (e instanceof QueueDoesNotExistException) {
      return new Problem(
          "there is no such queue",
          "correct %s; is it in the region %s?"
              .formatted(
                  SqsSettings.QUEUE_URL.key(),
                  settings.find(SqsSettings.REGION).orElse("of AWS's environment")));
    }
    if (e instanceof AwsServiceException service) {
      String code = service.awsErrorDetails() == null ? "" : service.awsErrorDetails().errorCode();
      return new Problem(
          "it answered %d (%s)".formatted(service.statusCode(), code),
          service.statusCode() == 401 || service.statusCode() == 403
              ? "check the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,"
                  + " AWS_SESSION_TOKEN, or the role), their end and this machine's clock"
              : "check %s and %s".formatted(SqsSettings.QUEUE_URL.key(), SqsSettings.REGION.key()));
    }
    if (e instanceof SdkException && String.valueOf(e.getMessage()).contains("credentials")) {
      return new Problem(
          "there are no credentials for AWS",
          "give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role");
    }
    String said = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
    return new Problem(said.length() > 300 ? said.substring(0, 300) : said, "check listener.sqs.*");
  }
}
