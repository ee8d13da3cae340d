package io.bierelay.persist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Says which fields of an event are kept: those that are listed, and no others.
 *
 * <p>Default deny: a field that nobody thought of when the policy was written is dropped, at every
 * depth. Immutable.
 */
final class PrivacyPolicy {

  private final Rule root = new Rule();

  /**
   * What is allowed at one place of the event.
   *
   * <p>A listed path keeps a scalar, or an array's scalars; of an object, only what is listed below
   * it.
   */
  static final class Rule {

    private final Map<String, Rule> inner = new HashMap<>();
    private boolean listed;

    /** Whether a scalar at this place is kept. */
    boolean keepsScalar() {
      return listed;
    }
  }

  /**
   * @param paths names of fields, or dotted paths
   */
  PrivacyPolicy(List<String> paths) {
    for (String path : paths) {
      Rule rule = root;
      for (String name : path.split("\\.", -1)) {
        rule = rule.inner.computeIfAbsent(name, any -> new Rule());
      }
      rule.listed = true;
    }
  }

  /** What holds for a field of the event itself; null if nothing of it may be kept. */
  @Nullable Rule of(String field) {
    return root.inner.get(field);
  }

  /**
   * What may be kept of a value; null if nothing.
   *
   * <p>An object or array of which nothing is left is dropped as a whole: even its being there, or
   * its length, may say something of a person.
   */
  static @Nullable JsonNode keep(Rule rule, JsonNode value) {
    if (value instanceof ObjectNode object) {
      return keepObject(rule, object);
    }
    if (value instanceof ArrayNode array) {
      return keepArray(rule, array);
    }
    return rule.listed ? value : null;
  }

  private static @Nullable JsonNode keepObject(Rule rule, ObjectNode object) {
    ObjectNode kept = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      Rule inner = rule.inner.get(field.getKey());
      JsonNode value = inner == null ? null : keep(inner, field.getValue());
      if (value != null) {
        kept.set(field.getKey(), value);
      }
    }
    return kept.isEmpty() ? null : kept;
  }

  /** An array's elements stand at the array's own place: no path names an index. */
  private static @Nullable JsonNode keepArray(Rule rule, ArrayNode array) {
    ArrayNode kept = JsonNodeFactory.instance.arrayNode();
    for (JsonNode element : array) {
      JsonNode value = keep(rule, element);
      if (value != null) {
        kept.add(value);
      }
    }
    return kept.isEmpty() && !(array.isEmpty() && rule.listed) ? null : kept;
  }
}
