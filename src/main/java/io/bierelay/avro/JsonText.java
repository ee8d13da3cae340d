package io.bierelay.avro;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Tells whether bytes are one JSON value (RFC 8259) in UTF-8, without making anything of them.
 *
 * <p>Stateless; any thread.
 */
public final class JsonText {

  /** As many digits as a decimal of Avro may have. */
  private static final int MAX_NUMBER = 10_000;

  /**
   * Nesting is counted here, for a reason of its own. Names are not kept: they are other people's,
   * and a table of them would grow with whatever they send.
   */
  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Integer.MAX_VALUE)
                  .maxNumberLength(MAX_NUMBER)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private JsonText() {}

  /**
   * Returns if it is such a value within the limits.
   *
   * @throws PoisonException {@code invalid-json}, {@code too-deep} or {@code too-large}
   */
  public static void check(byte[] value, AvroLimits limits) {
    if (value.length > limits.maxJsonSize()) {
      throw new PoisonException(
          PoisonReason.TOO_LARGE, "the JSON text is longer than avro.json.max.size");
    }
    // Without a decoder of our own, Jackson would guess UTF-16 and UTF-32, and pass bad UTF-8.
    InputStreamReader utf8 =
        new InputStreamReader(
            new ByteArrayInputStream(value),
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT));
    try (JsonParser parser = JSON.createParser(utf8)) {
      if (parser.nextToken() == null) {
        throw invalid("it is empty");
      }
      pass(parser, limits.maxDepth());
      if (parser.nextToken() != null) {
        throw invalid("there is more than one");
      }
    } catch (StreamConstraintsException e) {
      throw new PoisonException(
          PoisonReason.TOO_LARGE, "a number has more than %d characters".formatted(MAX_NUMBER));
    } catch (IOException e) {
      // Its message quotes the text, which is content of the record.
      throw invalid("wrong syntax or wrong UTF-8");
    }
  }

  /** From the first token of a value to its last. */
  private static void pass(JsonParser parser, int maxDepth) throws IOException {
    int depth = 0;
    for (JsonToken token = parser.currentToken(); ; token = parser.nextToken()) {
      if (token == null) {
        throw invalid("it ends early");
      }
      if (token.isStructStart() && ++depth > maxDepth) {
        throw new PoisonException(
            PoisonReason.TOO_DEEP,
            "objects and arrays are nested deeper than avro.max.depth, " + maxDepth);
      }
      if (token.isStructEnd()) {
        depth--;
      }
      if (token.isNumeric()) {
        // Jackson checks a number's length only when somebody wants its text.
        parser.getTextLength();
      }
      if (depth == 0) {
        return;
      }
    }
  }

  private static PoisonException invalid(String why) {
    return new PoisonException(
        PoisonReason.INVALID_JSON, "the value is not one JSON value in UTF-8: " + why);
  }
}
