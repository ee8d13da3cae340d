package io.bierelay.persist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bierelay.settings.Settings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Says which fields of an event are kept, and how.
 *
 * <p>Default deny: a field that nobody thought of when the policy was written is dropped, at every
 * depth, unless {@code persist.privacy.unknown} says otherwise. What is kept has its texts masked.
 * Immutable.
 */
final class PrivacyPolicy {

  /** What becomes of a field that no list names. */
  enum Unknown {
    /** Nothing of it is stored. */
    DROP,
    /** Its name is stored, and {@link TextMask#MASKED} in place of all that it holds. */
    MASK,
    /** It is stored, with its texts and inner names masked. */
    KEEP
  }

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Rule root = new Rule();
  private final Unknown unknown;
  private final TextMask mask;

  /**
   * What holds at one place of the event.
   *
   * <p>A listed path keeps a scalar, or an array's scalars; of an object, what is listed below it.
   */
  static final class Rule {

    private final Map<String, Rule> inner = new HashMap<>();
    private boolean listed;
    private boolean dropped;

    /** Whether a scalar at this place is kept. */
    boolean keepsScalar() {
      return listed && !dropped;
    }

    /** Whether this place is known to be personal. */
    boolean isDropped() {
      return dropped;
    }
  }

  /**
   * Drops what is not listed, and masks nothing.
   *
   * @param allowed names of fields, or dotted paths
   */
  PrivacyPolicy(List<String> allowed) {
    this(allowed, List.of(), Unknown.DROP, TextMask.NONE);
  }

  /**
   * @param allowed names of fields, or dotted paths
   * @param dropped likewise; stronger than the former
   */
  PrivacyPolicy(List<String> allowed, List<String> dropped, Unknown unknown, TextMask mask) {
    allowed.forEach(path -> rule(path).listed = true);
    dropped.forEach(path -> rule(path).dropped = true);
    this.unknown = unknown;
    this.mask = mask;
  }

  /** The policy that is configured. */
  static PrivacyPolicy of(Settings settings) {
    TextMask mask =
        new TextMask(
            settings.get(PrivacySettings.MASK).stream().map(PrivacySettings::kind).toList(),
            settings.get(PrivacySettings.PATTERNS).values().stream()
                .map(Pattern::compile)
                .toList());
    return new PrivacyPolicy(
        settings.get(PrivacySettings.ALLOW),
        settings.get(PrivacySettings.DROP),
        settings.get(PrivacySettings.UNKNOWN),
        mask);
  }

  private Rule rule(String path) {
    Rule rule = root;
    for (String name : path.split("\\.", -1)) {
      rule = rule.inner.computeIfAbsent(name, any -> new Rule());
    }
    return rule;
  }

  /** What holds for a field of the event itself; null if no list knows it. */
  @Nullable Rule of(String field) {
    return root.inner.get(field);
  }

  /** The names of the event's own fields that any list mentions. */
  Set<String> names() {
    return root.inner.keySet();
  }

  /** What is masked in texts that are kept. */
  TextMask mask() {
    return mask;
  }

  /** Whether all of a field is dropped that no list knows. */
  boolean dropsUnknown() {
    return unknown == Unknown.DROP;
  }

  /**
   * What may be kept of a value; null if nothing.
   *
   * <p>An object or array of which nothing is left is dropped as a whole: even its being there, or
   * its length, may say something of a person.
   *
   * @param rule null if no list knows the place
   */
  @Nullable JsonNode keep(@Nullable Rule rule, JsonNode value) {
    if (rule == null) {
      return unknown(value);
    }
    if (rule.dropped) {
      return null;
    }
    if (value instanceof ObjectNode object) {
      return keepObject(rule, object);
    }
    if (value instanceof ArrayNode array) {
      return keepArray(rule, array);
    }
    return rule.listed ? masked(value) : unknown(value);
  }

  private @Nullable JsonNode unknown(JsonNode value) {
    return switch (unknown) {
      case DROP -> null;
      case MASK -> NODES.textNode(TextMask.MASKED);
      case KEEP -> keepAll(value);
    };
  }

  private JsonNode masked(JsonNode value) {
    return value.isTextual() ? NODES.textNode(mask.apply(value.textValue())) : value;
  }

  /** Names are masked too: an unknown object may be a map whose keys are anything. */
  private JsonNode keepAll(JsonNode value) {
    if (value instanceof ObjectNode object) {
      ObjectNode kept = NODES.objectNode();
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        kept.set(mask.apply(field.getKey()), keepAll(field.getValue()));
      }
      return kept;
    }
    if (value instanceof ArrayNode array) {
      ArrayNode kept = NODES.arrayNode();
      array.forEach(element -> kept.add(keepAll(element)));
      return kept;
    }
    return masked(value);
  }

  private @Nullable JsonNode keepObject(Rule rule, ObjectNode object) {
    ObjectNode kept = NODES.objectNode();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      Rule inner = rule.inner.get(field.getKey());
      JsonNode value = keep(inner, field.getValue());
      if (value != null) {
        kept.set(inner == null ? mask.apply(field.getKey()) : field.getKey(), value);
      }
    }
    return kept.isEmpty() ? null : kept;
  }

  /** An array's elements stand at the array's own place: no path names an index. */
  private @Nullable JsonNode keepArray(Rule rule, ArrayNode array) {
    ArrayNode kept = NODES.arrayNode();
    for (JsonNode element : array) {
      JsonNode value = keep(rule, element);
      if (value != null) {
        kept.add(value);
      }
    }
    return kept.isEmpty() && !(array.isEmpty() && rule.listed) ? null : kept;
  }
}
