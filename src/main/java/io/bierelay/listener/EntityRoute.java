package io.bierelay.listener;

import io.bierelay.settings.Settings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Where one entity's changes lead: from which API it is fetched, and to which topic it goes.
 *
 * @param entity its name in the settings, such as {@code tenure}
 * @param url the API's base address, without a slash at its end
 * @param path below it, with {@code {id}}, without a slash at its beginning
 * @param tokenFile of an API of its own; empty for that of {@code listener.api.url}
 * @param ownApi whether it has an API of its own, which must not be shown the general token
 * @param field the name under which the fetched object stands in the record
 */
record EntityRoute(
    String entity,
    String url,
    String path,
    Optional<String> tokenFile,
    boolean ownApi,
    String field,
    String topic) {

  private static final String TENURE = "tenure";
  private static final Set<String> PROPERTIES =
      new TreeSet<>(Set.of("url", "path", "topic", "field", "token-file"));

  /** Whether Kafka takes it for a topic's name. */
  static boolean isTopic(String name) {
    return name.matches("[a-zA-Z0-9._-]{1,249}") && !name.equals(".") && !name.equals("..");
  }

  /**
   * The route of each event type.
   *
   * @param problems receives what is wrong with the settings, one line each
   */
  static Map<String, EntityRoute> table(Settings settings, List<String> problems) {
    Map<String, String> given = settings.get(ListenerSettings.ENTITIES);
    Map<String, EntityRoute> byEntity = new HashMap<>();
    Map<String, EntityRoute> byType = new HashMap<>();
    Set<String> entities = new TreeSet<>(settings.get(ListenerSettings.EVENTS).values());
    refuseUnknown(given, entities, problems);
    for (String entity : entities) {
      route(entity, given, settings, problems).ifPresent(route -> byEntity.put(entity, route));
    }
    settings
        .get(ListenerSettings.EVENTS)
        .forEach(
            (type, entity) -> {
              EntityRoute route = byEntity.get(entity);
              if (route != null) {
                byType.put(type, route);
              }
            });
    return byType;
  }

  private static void refuseUnknown(
      Map<String, String> given, Set<String> entities, List<String> problems) {
    for (String key : given.keySet()) {
      int dot = key.lastIndexOf('.');
      String entity = dot < 0 ? key : key.substring(0, dot);
      if (!entities.contains(entity) || !PROPERTIES.contains(key.substring(dot + 1))) {
        problems.add(
            "'listener.entities' has '%s'; known are %s of the entities in listener.events, %s"
                .formatted(key, PROPERTIES, entities));
      }
    }
  }

  private static Optional<EntityRoute> route(
      String entity, Map<String, String> given, Settings settings, List<String> problems) {
    boolean isTenure = entity.equals(TENURE);
    Optional<String> ownUrl = Optional.ofNullable(given.get(entity + ".url"));
    Optional<String> url = ownUrl.or(() -> settings.find(ListenerSettings.API_URL));
    Optional<String> path =
        Optional.ofNullable(given.getOrDefault(entity + ".path", isTenure ? "tenures/{id}" : null));
    Optional<String> topic =
        Optional.ofNullable(given.get(entity + ".topic"))
            .or(() -> isTenure ? settings.find(ListenerSettings.TOPIC) : Optional.empty());
    List<String> found = new ArrayList<>();
    if (url.filter(ListenerSettings::isBaseUrl).isEmpty()) {
      found.add(
          "listener.api.url, or listener.entities: %s.url: expected an address".formatted(entity));
    }
    if (path.filter(text -> text.matches("/?[\\w\\-.~/]*\\{id\\}[\\w\\-.~/]*")).isEmpty()) {
      found.add("listener.entities: %s.path: expected a path with one {id}".formatted(entity));
    }
    if (topic.filter(EntityRoute::isTopic).isEmpty()) {
      found.add(
          (isTenure ? "listener.topic.name" : "listener.entities: " + entity + ".topic")
              + ": expected a topic's name");
    }
    found.forEach(problem -> problems.add("entity '%s' needs %s".formatted(entity, problem)));
    if (!found.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new EntityRoute(
            entity,
            url.orElseThrow().replaceAll("/+$", ""),
            path.orElseThrow().replaceAll("^/", ""),
            Optional.ofNullable(given.get(entity + ".token-file")),
            ownUrl.isPresent(),
            given.getOrDefault(entity + ".field", capitalized(entity)),
            topic.orElseThrow()));
  }

  private static String capitalized(String entity) {
    return entity.substring(0, 1).toUpperCase(Locale.ROOT) + entity.substring(1);
  }

  /** Where the entity is; a UUID has no character that could lead elsewhere. */
  String address(UUID id) {
    return url + '/' + path.replace("{id}", id.toString());
  }

  /** What its records' schemas are registered for. */
  String subject() {
    return topic + "-value";
  }
}
