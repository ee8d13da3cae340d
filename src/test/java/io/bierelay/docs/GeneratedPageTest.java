package io.bierelay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That drift is seen, and said with the remedy. */
class GeneratedPageTest {

  @TempDir Path directory;

  private static GeneratedPage page(String content) {
    return new GeneratedPage("x.md", GeneratedPageTest.class)
        .table(List.of("A"), List.of(List.of(content)));
  }

  @Test
  void drift() throws Exception {
    Path file = directory.resolve("x.md");
    assertThatThrownBy(() -> page("a").compare(file))
        .hasMessageContaining("does not exist; run ./mvnw test -Dtest=GeneratedPageTest");

    Files.writeString(file, page("a").text());
    page("a").compare(file);
    assertThatThrownBy(() -> page("b").compare(file))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("run ./mvnw test -Dtest=GeneratedPageTest -Ddocs.write=true");
  }

  @Test
  void aPipeStaysWithinItsCell() {
    assertThat(page("topic|fanout").text()).contains("| topic\\|fanout |\n");
  }
}
