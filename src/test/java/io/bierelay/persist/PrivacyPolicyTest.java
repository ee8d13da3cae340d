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
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrivacyPolicyTest {

  private static final String MARK = "PERSONAL";
  private static final long MARKED_NUMBER = 5_550_005_551_234L;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final ObjectMapper mapper = new ObjectMapper();

  @Test
  void byDefaultThePersonalFieldsAndTheUnknownOnesAreDropped() throws Exception {
    List<String> byDefault = Settings.of(new JsonObject()).get(PrivacySettings.ALLOW);
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

  private static final TextMask ALL_KINDS =
      new TextMask(List.of(TextMask.Kind.values()), List.of());

  @Test
  void whatNoListKnowsIsMaskedOrKeptIfThatIsWanted() throws Exception {
    String event =
        """
        {"a":1,"New":{"PERSONAL":[1,"PERSONAL"]},"in":{"b":2,"c":"PERSONAL"},"Details":"PERSONAL",
         "deep":{"Details":"PERSONAL","d":"3"},"x":null}
        """;
    List<String> allowed = List.of("a", "in.b");
    List<String> dropped = List.of("Details", "deep.Details");
    assertThat(
            keep(new PrivacyPolicy(allowed, dropped, PrivacyPolicy.Unknown.MASK, ALL_KINDS), event))
        .isEqualTo(
            "{\"a\":1,\"New\":\"***\",\"in\":{\"b\":2,\"c\":\"***\"},\"deep\":{\"d\":\"***\"},\"x\":\"***\"}");
    String clean =
        """
        {"a":1,"New":{"555-55-5555":[1,"mail me@home.example now"]},"Details":"PERSONAL",
         "deep":{"Details":"PERSONAL","d":"3"}}
        """;
    assertThat(
            keep(new PrivacyPolicy(allowed, dropped, PrivacyPolicy.Unknown.KEEP, ALL_KINDS), clean))
        .isEqualTo("{\"a\":1,\"New\":{\"***\":[1,\"mail *** now\"]},\"deep\":{\"d\":\"3\"}}");
  }

  @Test
  void whatIsKnownToBePersonalIsDroppedThoughItIsAllowed() throws Exception {
    PrivacyPolicy policy =
        new PrivacyPolicy(
            List.of("a", "b.c"), List.of("a", "b"), PrivacyPolicy.Unknown.KEEP, TextMask.NONE);
    assertThat(keep(policy, "{\"a\":1,\"b\":{\"c\":\"PERSONAL\"},\"d\":2}")).isEqualTo("{\"d\":2}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SSN 123-45-6789 told|SSN *** told",
        "123 45 6789|***",
        "file 123456789, C123456789.|file ***, C***.",
        "call (555) 123-4567 or +1 555-123-4567 or 555.123.4567 or 5551234567|call *** or *** or *** or ***",
        "to veteran.name+x@mail.example.org!|to ***",
        "claim 600173992123 of 1686598140000 ms|claim 600173992123 of 1686598140000 ms",
        "7101, 6847;7101 5000-5299|7101, 6847;7101 5000-5299",
        "281 VBMS-UI 2023-06-12T19:29:00Z|281 VBMS-UI 2023-06-12T19:29:00Z",
      })
  void textsThatAreKeptAreMasked(String text, String masked) throws Exception {
    PrivacyPolicy policy =
        new PrivacyPolicy(List.of("a", "n.t"), List.of(), PrivacyPolicy.Unknown.DROP, ALL_KINDS);
    assertThat(keep(policy, "{\"a\":\"" + text + "\",\"n\":{\"t\":[\"" + text + "\"]}}"))
        .isEqualTo("{\"a\":\"" + masked + "\",\"n\":{\"t\":[\"" + masked + "\"]}}");
    assertThat(ALL_KINDS.hits(text)).isEqualTo(!masked.equals(text));
  }

  @Test
  void aNumberIsNoTextAndOwnPatternsAreTriedOnEveryText() throws Exception {
    TextMask mask =
        new TextMask(List.of(TextMask.Kind.FILE_NUMBER), List.of(Pattern.compile("vet[a-z]+")));
    PrivacyPolicy policy =
        new PrivacyPolicy(List.of("a", "b"), List.of(), PrivacyPolicy.Unknown.DROP, mask);
    assertThat(keep(policy, "{\"a\":600173992,\"b\":\"the veteran\"}"))
        .isEqualTo("{\"a\":600173992,\"b\":\"the ***\"}");
  }

  @Test
  void textIsCopiedCharacterByCharacter() throws Exception {
    String text = "\\u0001\\n\\t\\\"\\\\/é€\uD83D\uDE00";
    assertThat(mapper.readTree(keep(List.of("a"), "{\"a\":\"" + text + "\"}")))
        .isEqualTo(mapper.readTree("{\"a\":\"" + text + "\"}"));
    assertThat(keep(List.of("a"), "{\"a\":\"x\\ud800y\\udc00\"}"))
        .as("halves of surrogate pairs stay visible")
        .isEqualTo("{\"a\":\"x\\ud800y\\udc00\"}");
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
    return keep(new PrivacyPolicy(allowed), event);
  }

  private static String keep(PrivacyPolicy policy, String event) throws Exception {
    try (JsonParser parser = EventContent.JSON.createParser(event)) {
      parser.nextToken();
      EventPlan plan = new EventPlan(Settings.of(new JsonObject()), policy, unknown -> {});
      return EventContent.read(parser, plan, new JsonCopy(policy.mask())).details().toString();
    }
  }
}
