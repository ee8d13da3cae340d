package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PrivacyPolicyTest {

  private static final String MARK = "PERSONAL";
  private static final long MARKED_NUMBER = 5_550_005_551_234L;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final ObjectMapper mapper = new ObjectMapper();

  @Test
  void byDefaultThePersonalFieldsAndTheUnknownOnesAreDropped() throws Exception {
    List<String> byDefault = Settings.of(new JsonObject()).get(PersistSettings.PRIVACY_ALLOW);
    String kept =
        keep(
            byDefault,
            """
            {"ClaimId":1,"ActorUserId":"PERSONAL","VeteranParticipantId":5550005551234,
             "Description":"PERSONAL","Details":"PERSONAL","ActorStation":"281",
             "BrandNewField":"PERSONAL","AutomationIndicator":true,"DateAdded":null}
            """);
    assertThat(mapper.readTree(kept))
        .isEqualTo(
            mapper.readTree(
                """
                {"ClaimId":1,"ActorStation":"281","AutomationIndicator":true,"DateAdded":null}
                """));
  }

  @Test
  void ofAnObjectOnlyTheListedInnerFieldsAreKept() throws Exception {
    String event =
        """
        {"a":{"b":{"c":1,"d":"PERSONAL"},"e":"PERSONAL"},"f":{"g":"PERSONAL"},"h":2}
        """;
    assertThat(keep(List.of("a.b.c", "f", "h"), event))
        .isEqualTo("{\"a\":{\"b\":{\"c\":1}},\"h\":2}");
    assertThat(keep(List.of("a"), event))
        .as("an object is not kept by its own name")
        .isEqualTo("{}");
    assertThat(keep(List.of("a.b", "a.e.x"), event)).isEqualTo("{}");
  }

  @Test
  void anArraysScalarsAreKeptByItsNameAndItsObjectsAreFiltered() throws Exception {
    String event = "{\"a\":[1,{\"b\":2,\"c\":\"PERSONAL\"},[3,{\"c\":\"PERSONAL\"}]],\"d\":[]}";
    assertThat(keep(List.of("a", "d"), event)).isEqualTo("{\"a\":[1,[3]],\"d\":[]}");
    assertThat(keep(List.of("a.b"), event)).isEqualTo("{\"a\":[{\"b\":2}]}");
    assertThat(keep(List.of("x"), event)).isEqualTo("{}");
  }

  @Test
  void aNameWithADotIsNoPath() throws Exception {
    assertThat(keep(List.of("a.b"), "{\"a.b\":\"PERSONAL\",\"a\":{\"b\":1}}"))
        .isEqualTo("{\"a\":{\"b\":1}}");
  }

  /**
   * Allowed scalars are clean and everything else is marked, in a tree of random shape: whatever
   * the copy holds of a mark got through.
   */
  @Test
  void noPlantedMarkSurvivesAtAnyDepth() throws Exception {
    long seed = System.nanoTime();
    System.out.println("PrivacyPolicyTest seed " + seed);
    Random random = new Random(seed);
    List<String> allowed = List.of("ok", "in.ok", "in.in.ok", "list.ok", "list");
    int kept = 0;
    for (int run = 0; run < 5_000; run++) {
      JsonNode event = object(random, "", allowed, 0);
      String copy = keep(allowed, event.toString());
      assertThat(copy)
          .as("seed %d, event %s", seed, event)
          .doesNotContain(MARK)
          .doesNotContain(Long.toString(MARKED_NUMBER));
      kept += copy.length() > 2 ? 1 : 0;
    }
    assertThat(kept).as("events of which something is left").isGreaterThan(500);
  }

  private static ObjectNode object(Random random, String path, List<String> allowed, int depth) {
    ObjectNode node = NODES.objectNode();
    String[] names = {"ok", "in", "list", "Details", "other"};
    for (String name : names) {
      if (random.nextInt(3) > 0) {
        String place = path.isEmpty() ? name : path + "." + name;
        node.set(name, value(random, place, allowed, depth + 1));
      }
    }
    if (random.nextInt(4) == 0) {
      node.put(MARK + random.nextInt(), 1);
    }
    return node;
  }

  private static JsonNode value(Random random, String place, List<String> allowed, int depth) {
    int kind = random.nextInt(depth > 5 ? 4 : 8);
    if (kind >= 6) {
      return object(random, place, allowed, depth);
    }
    if (kind >= 4) {
      ArrayNode array = NODES.arrayNode();
      for (int i = random.nextInt(4); i > 0; i--) {
        array.add(value(random, place, allowed, depth + 1));
      }
      return array;
    }
    if (allowed.contains(place)) {
      return kind == 0 ? NODES.nullNode() : NODES.textNode("clean");
    }
    return switch (kind) {
      case 0 -> NODES.textNode(MARK);
      case 1 -> NODES.numberNode(MARKED_NUMBER);
      case 2 -> NODES.numberNode(MARKED_NUMBER + 0.5);
      default -> NODES.textNode("x " + MARK + " y");
    };
  }

  /** As the relay does it: streamed at the top, as a tree below. */
  private static String keep(List<String> allowed, String event) throws Exception {
    try (JsonParser parser = EventContent.JSON.createParser(event)) {
      parser.nextToken();
      return EventContent.read(parser, new PrivacyPolicy(allowed)).details();
    }
  }
}
