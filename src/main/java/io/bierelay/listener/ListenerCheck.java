package io.bierelay.listener;

import io.bierelay.avro.RegistryCheck;
import io.bierelay.check.CheckRequest;
import io.bierelay.check.ServerCheck;
import io.bierelay.kafka.KafkaCheck;
import io.bierelay.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.acl.AclOperation;

/** What the listener needs: its queue, the entities' APIs, the schemas, and Kafka to write to. */
final class ListenerCheck {

  private ListenerCheck() {}

  /** The checks, each server once. */
  static List<ServerCheck> of(CheckRequest request) {
    Settings settings = request.settings();
    TreeMap<String, EntityRoute> routes = new TreeMap<>();
    EntityRoute.table(settings, new ArrayList<>())
        .values()
        .forEach(route -> routes.put(route.entity(), route));
    List<String> topics = routes.values().stream().map(EntityRoute::topic).distinct().toList();
    List<ServerCheck> checks = new ArrayList<>();
    checks.add(new SqsCheck(request.vertx(), settings));
    routes.values().stream()
        .map(route -> new EntityApiCheck(request.vertx(), settings, route))
        .forEach(checks::add);
    checks.add(
        new RegistryCheck(
            request.vertx(),
            settings,
            routes.values().stream().map(EntityRoute::subject).distinct().toList()));
    checks.add(
        new KafkaCheck(
                settings, topics, AclOperation.WRITE, Optional.empty(), (steps, described) -> {})
            .creating(topic -> TopicCreator.wanted(settings, topic)));
    return checks;
  }
}
