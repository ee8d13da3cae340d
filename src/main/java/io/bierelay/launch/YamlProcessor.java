package io.bierelay.launch;

import io.vertx.config.spi.ConfigProcessor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads YAML for vertx-config, with every scalar as the text that stands there.
 *
 * <p>What a value is, its setting says. YAML's own guesses would make a number of the password
 * {@code 0123} and {@code false} of the topic infix {@code NO}.
 */
public final class YamlProcessor implements ConfigProcessor {

  /** Called by the service loader. */
  public YamlProcessor() {}

  @Override
  public String name() {
    return "yaml";
  }

  @Override
  public Future<JsonObject> process(Vertx vertx, JsonObject configuration, Buffer input) {
    try {
      return Future.succeededFuture(parse(input.toString(StandardCharsets.UTF_8)));
    } catch (YAMLException e) {
      return Future.failedFuture(e);
    }
  }

  static JsonObject parse(String text) {
    LoaderOptions options = new LoaderOptions();
    SafeConstructor constructor = new SafeConstructor(options);
    constructor.setAllowDuplicateKeys(false);
    constructor.setComposer(
        new Composer(new ParserImpl(new StreamReader(text), options), new Texts(), options));
    Object root = constructor.getSingleData(Object.class);
    JsonObject values = new JsonObject();
    if (root instanceof Map<?, ?> map) {
      map.forEach((key, value) -> values.put(String.valueOf(key), value));
    } else if (root != null) {
      throw new YAMLException("expected keys with values");
    }
    return values;
  }

  /** Knows only the absence of a value, and where to merge. */
  private static final class Texts extends Resolver {

    private static final Pattern ABSENT = Pattern.compile("^(?:~|null|Null|NULL|)$");
    private static final Pattern MERGE_HERE = Pattern.compile("^<<$");

    @Override
    protected void addImplicitResolvers() {
      addImplicitResolver(Tag.NULL, ABSENT, "~nN\0");
      addImplicitResolver(Tag.NULL, Pattern.compile("^$"), null);
      addImplicitResolver(Tag.MERGE, MERGE_HERE, "<");
    }
  }
}
