package io.bierelay.containers;

/** What the containers are made of; {@code dev/test-containers} sees to it that they are there. */
final class Images {

  static final String RELAY = "bie-relay";
  static final String KAFKA = "apache/kafka:3.9.1";
  static final String RABBITMQ = "rabbitmq:3.13-alpine";
  static final String POSTGRES = "postgres:17-alpine";

  private Images() {}
}
