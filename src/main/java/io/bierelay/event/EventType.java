package io.bierelay.event;

/**
 * A kind of event: what its topics' names end with, and where its notifications go.
 *
 * @param name as stored and as part of the routing key, for example {@code contention-updated}
 * @param topicSuffix what the names of its topics end with, whatever stands before it
 * @param exchange the exchange that all clients know; one per type
 */
public record EventType(String name, String topicSuffix, String exchange) {}
