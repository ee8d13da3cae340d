package io.bierelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Events as Lambda's event source for SQS hands them to a function. */
public final class LambdaEvents {

  private LambdaEvents() {}

  /** Messages of these bodies, whose ids are {@code m0}, {@code m1} and so on. */
  public static JsonObject batch(String... bodies) {
    JsonArray records = new JsonArray();
    for (int i = 0; i < bodies.length; i++) {
      records.add(
          new JsonObject()
              .put("messageId", "m" + i)
              .put("receiptHandle", "r" + i)
              .put("body", bodies[i])
              .put("attributes", new JsonObject().put("ApproximateReceiveCount", "1"))
              .put("messageAttributes", new JsonObject())
              .put("eventSource", "aws:sqs")
              .put("eventSourceARN", "arn:aws:sqs:eu-west-2:000000000000:changes")
              .put("awsRegion", "eu-west-2"));
    }
    return new JsonObject().put("Records", records);
  }
}
