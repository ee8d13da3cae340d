package io.bierelay.persist;

import com.rabbitmq.client.AMQP;
import io.bierelay.event.EventCatalog;
import io.bierelay.rabbit.RabbitDelivery;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A message to the row that it becomes, and the ledger that says what may be acknowledged. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
public class RowPieceBenchmark {

  private static final String TOPIC = "TST_CONTENTION_BIE_CONTENTION_ASSOCIATED_TO_CLAIM_V02";
  private static final String BODY =
      """
      {"topic":"%s","notifiedAt":"2023-06-12T19:29 UTC+00:00","event":{\
      "ActionName":"Contention Associated To Claim","ActionResultName":"Success",\
      "ActorApplicationId":"VBMS-UI","ActorStation":"281","AutomationIndicator":false,\
      "BenefitClaimTypeCode":"010LCOMP","ClaimId":600173992,\
      "ContentionClassificationName":"Musculoskeletal - Knee",\
      "ContentionId":1294772,"ContentionStatusTypeCode":"A","ContentionTypeCode":"NEW",\
      "CurrentLifecycleStatus":"Open","DateAdded":1686589740123,"DiagnosticTypeCode":"5260, 5261",\
      "EventTime":1686589740456,"BieTs":1686589741001,"SourceTs":1686589740789,\
      "ConnectorTs":1686589740955,"ActorUserId":"281RATER07","VeteranParticipantId":32397412,\
      "Details":"The veteran states: \\"pain in the left knee since 1998, très forte\\"."}}"""
          .formatted(TOPIC);

  private final NotificationReader reader = reader();
  private final RabbitDelivery delivery = delivery();
  private final AckLedger ledger = new AckLedger();
  private final Deque<AckLedger.Batch> open = new ArrayDeque<>();
  private long tag;

  private static NotificationReader reader() {
    Settings settings = Settings.of(new JsonObject());
    return new NotificationReader(
        EventCatalog.of(settings),
        new EventPlan(
            settings, new PrivacyPolicy(settings.get(PrivacySettings.ALLOW)), unknown -> {}));
  }

  private static RabbitDelivery delivery() {
    Map<String, Object> headers = new HashMap<>();
    headers.put("topic", TOPIC);
    headers.put("partition", 2);
    headers.put("offset", 1_000_042L);
    headers.put("event-type", "contention-associated");
    headers.put("notified-at", 1_686_589_741_456L);
    headers.put("recorded-at", 1_686_589_741_000L);
    headers.put("schema-id", 7);
    headers.put("key", "600173992");
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .messageId("0d9c6a3e-7c1f-5b8e-9a55-b1e0c0de4a11")
            .headers(headers)
            .build();
    return new RabbitDelivery("queue", 1, false, properties, BODY.getBytes(StandardCharsets.UTF_8));
  }

  /** One message; refuses to measure what is no row. */
  @Benchmark
  public Reading row() {
    Reading reading = reader.read(delivery);
    if (!(reading instanceof Reading.Row)) {
      throw new IllegalStateException("no row but " + reading);
    }
    return reading;
  }

  /** One batch of 500 that begins, and the one before it that ends. */
  @Benchmark
  public OptionalLong tracker() {
    tag += 500;
    open.addLast(ledger.begun(tag));
    return open.size() > 1 ? ledger.finished(open.removeFirst()) : OptionalLong.empty();
  }
}
