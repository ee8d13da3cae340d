package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** The list of what is in the JAR: it is in it and beside it, and complete. */
class SbomIT {

  private static final Path JAR = Path.of(System.getProperty("bierelay.jar"));

  @Test
  void theJarCarriesTheListOfWhatItIsMadeOf() throws Exception {
    String inside;
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertThat(jar.getJarEntry("META-INF/sbom/bie-relay.cdx.json"))
          .as("in the JAR; a build with -o makes no list, since its plugin asks the network")
          .isNotNull();
    }
    try (JarFile jar = new JarFile(JAR.toFile());
        InputStream in = jar.getInputStream(jar.getJarEntry("META-INF/sbom/bie-relay.cdx.json"))) {
      inside = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(Files.readString(JAR.resolveSibling("bie-relay.cdx.json"))).isEqualTo(inside);
    JsonObject sbom = new JsonObject(inside);
    assertThat(sbom.getString("bomFormat")).isEqualTo("CycloneDX");
    List<JsonObject> parts =
        sbom.getJsonArray("components").stream().map(JsonObject.class::cast).toList();
    assertThat(parts)
        .extracting(part -> part.getString("name"))
        .contains("vertx-core", "kafka-clients", "amqp-client", "avro", "picocli")
        .doesNotContain("junit-jupiter", "kafka_2.13", "assertj-core");
    assertThat(parts)
        .allSatisfy(
            part -> {
              assertThat(part.getString("version")).matches("[0-9].*").doesNotContain("SNAPSHOT");
              assertThat(part.getJsonArray("licenses")).as(part.getString("name")).isNotEmpty();
              assertThat(part.getJsonArray("hashes")).as(part.getString("name")).isNotEmpty();
            });
  }
}
