package io.bierelay.listener;

import io.bierelay.metrics.Metric;
import java.util.List;

/** What the listener counts. */
final class ListenerMetrics {

  static final Metric MESSAGES =
      Metric.counter(
          "bie.listener.messages",
          "messages",
          "Messages that ended: sent, ignored, or failed, which come again.",
          "result");

  static final Metric FAILURES =
      Metric.counter(
          "bie.listener.failures",
          "messages",
          "Messages that failed, each time that they do, by reason.",
          "reason");

  static final Metric RELAY_TIME =
      Metric.timer("bie.listener.relay.time", "From a message's turn to Kafka's acknowledgement.");

  static final Metric FETCH_TIME =
      Metric.timer(
          "bie.listener.fetch.time", "Of fetching an entity, with all attempts, if it was found.");

  static final Metric SEND_TIME =
      Metric.timer("bie.listener.send.time", "From sending a record to its acknowledgement.");

  static final Metric RETRIES =
      Metric.counter(
          "bie.listener.fetch.retries", "requests", "Requests to the API beyond the first.");

  static final Metric MISSING_FIELDS =
      Metric.counter(
          "bie.listener.fields.missing",
          "fields",
          "Fields of the schema that the event or entity lacked; default or null stood in.");

  static final Metric SCHEMA_REFRESHES =
      Metric.counter(
          "bie.listener.schema.refreshes",
          "requests",
          "Times that the latest schema was asked for early, because a record did not fit.");

  static final Metric IN_WORK =
      Metric.gauge("bie.listener.in.work", "messages", "Messages taken from SQS and not yet done.");

  static final Metric UNDELETED =
      Metric.counter(
          "bie.listener.sqs.undeleted",
          "messages",
          "Messages whose deletion failed after the acknowledgement: their records come twice.");

  static final List<Metric> ALL =
      List.of(
          MESSAGES,
          FAILURES,
          RELAY_TIME,
          FETCH_TIME,
          SEND_TIME,
          RETRIES,
          MISSING_FIELDS,
          SCHEMA_REFRESHES,
          IN_WORK,
          UNDELETED);

  private ListenerMetrics() {}
}
