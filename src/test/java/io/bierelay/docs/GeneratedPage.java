package io.bierelay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A page of documentation that is written from the code, and compared with what is in the
 * repository.
 */
final class GeneratedPage {

  private final String name;
  private final String test;
  private final StringBuilder text = new StringBuilder();

  /**
   * @param name the file's, under {@code docs/}
   * @param test the test class that writes it
   */
  GeneratedPage(String name, Class<?> test) {
    this.name = name;
    this.test = test.getSimpleName();
    text.append("<!-- Generated: run ").append(command()).append(" -->\n\n");
  }

  GeneratedPage add(String paragraph) {
    text.append(paragraph).append("\n\n");
    return this;
  }

  GeneratedPage table(List<String> head, List<List<String>> rows) {
    row(head);
    row(head.stream().map(column -> "---").toList());
    rows.forEach(this::row);
    text.append('\n');
    return this;
  }

  private void row(List<String> cells) {
    text.append(
        cells.stream().map(GeneratedPage::cell).collect(Collectors.joining(" | ", "| ", " |\n")));
  }

  private static String cell(String content) {
    return content.replace("|", "\\|").replace("\n", " ");
  }

  /** As code, or a dash when there is nothing. */
  static String code(String content) {
    return content.isEmpty() ? "–" : "`" + content + "`";
  }

  String text() {
    return text.toString().stripTrailing() + "\n";
  }

  private String command() {
    return "./mvnw test -Dtest=" + test + " -Ddocs.write=true";
  }

  /** Writes the page when told so, and otherwise compares it. */
  void writeOrCompare() throws IOException {
    Path file = Path.of(System.getProperty("basedir", ".")).resolve("docs").resolve(name);
    if (Boolean.getBoolean("docs.write")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text(), StandardCharsets.UTF_8);
      return;
    }
    compare(file);
  }

  void compare(Path file) throws IOException {
    assertThat(file).as("docs/%s does not exist; run %s", name, command()).exists();
    assertThat(Files.readString(file, StandardCharsets.UTF_8))
        .as("docs/%s no longer says what the code says; run %s", name, command())
        .isEqualTo(text());
  }
}
