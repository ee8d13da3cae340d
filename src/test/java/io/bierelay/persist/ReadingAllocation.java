package io.bierelay.persist;

import com.rabbitmq.client.AMQP;
import io.bierelay.event.EventCatalog;
import io.bierelay.rabbit.RabbitDelivery;
import io.bierelay.sandbox.Allocation;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Prints how many bytes it takes to make a row of what RabbitMQ delivered. */
public final class ReadingAllocation {

  private static final String TOPIC = "TST_CONTENTION_BIE_CONTENTION_UPDATED_V02";

  private static final String BODY =
      """
      {"topic":"%s","notifiedAt":"2023-06-12T19:29 UTC+00:00","event":{\
      "ActionName":"Contention Updated","ActionResultName":"Success",\
      "ActorApplicationId":"VBMS-UI","ActorStation":"281","AutomationIndicator":false,\
      "BenefitClaimTypeCode":"010LCOMP","ClaimId":600173992,\
      "ContentionClassificationName":"Musculoskeletal - Knee",\
      "ContentionId":1294772,"ContentionStatusTypeCode":"A","ContentionTypeCode":"NEW",\
      "CurrentLifecycleStatus":"Open","DateAdded":1686589740123,"DiagnosticTypeCode":"5260, 5261",\
      "EventTime":1686589740456,"BieTs":1686589741001,"SourceTs":1686589740789,\
      "ConnectorTs":1686589740955,"ActorUserId":"281RATER07","VeteranParticipantId":32397412,\
      "Details":"The veteran states: \\"pain in the left knee since 1998, très forte\\"."}}"""
          .formatted(TOPIC);

  private ReadingAllocation() {}

  /** No arguments. */
  public static void main(String[] arguments) {
    Settings settings = Settings.of(new JsonObject());
    NotificationReader reader =
        new NotificationReader(
            EventCatalog.of(settings),
            new EventPlan(settings, PrivacyPolicy.of(settings), unknown -> {}));
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .messageId("0d9c6a3e-7c1f-5b8e-9a55-b1e0c0de4a11")
            .headers(
                Map.of(
                    "topic",
                    TOPIC,
                    "partition",
                    2,
                    "offset",
                    1_000_042L,
                    "event-type",
                    "contention-updated",
                    "notified-at",
                    1_686_589_741_456L))
            .build();
    byte[] body = BODY.getBytes(StandardCharsets.UTF_8);
    RabbitDelivery delivery = new RabbitDelivery("queue", 1, false, properties, body);
    System.out.println(Allocation.perCall(() -> read(reader, delivery)));
  }

  private static void read(NotificationReader reader, RabbitDelivery delivery) {
    if (!(reader.read(delivery) instanceof Reading.Row)) {
      throw new IllegalStateException("this has to become a row");
    }
  }
}
