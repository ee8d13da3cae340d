package io.bierelay.operations;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code dev/release}, as far as it goes without building: what it refuses, and why. */
@Timeout(120)
class ReleaseTest {

  private static final Map<String, String> IDENTITY =
      Map.of(
          "GIT_AUTHOR_NAME", "t",
          "GIT_AUTHOR_EMAIL", "t@example.org",
          "GIT_COMMITTER_NAME", "t",
          "GIT_COMMITTER_EMAIL", "t@example.org",
          "GIT_CONFIG_GLOBAL", "/dev/null");

  private static final String CHANGELOG =
      """
      # Changelog

      ## [Unreleased]

      - later

      ## [1.2.3] - 2026-11-22

      ### Added

      - A thing, see `x`.

      ## [1.2.2] - 2026-01-01

      - before
      """;

  @TempDir Path project;

  private record Ended(int code, String text) {}

  @BeforeEach
  void commit() throws Exception {
    for (String file : List.of("dev/release", "dev/lib/java.sh")) {
      Path copy = project.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.copy(Alerts.PROJECT.resolve(file), copy);
    }
    assertThat(project.resolve("dev/release").toFile().setExecutable(true)).isTrue();
    write("pom.xml", "<project>\n  <version>1.2.3</version>\n</project>\n");
    write("CHANGELOG.md", CHANGELOG);
    write(
        "k8s/overlays/dev/kustomization.yaml", "images:\n  - name: bie-relay\n    newTag: 1.2.3\n");
    write(".gitignore", "target/\n");
    git("init", "-q", "-b", "main");
    git("add", "-A");
    git("commit", "-q", "-m", "all");
  }

  @Test
  void aDryRunCutsTheNotesAndBuildsNothing() throws Exception {
    assertThat(release("--dry-run", "v1.2.3"))
        .satisfies(ended -> assertThat(ended.code()).as(ended.text()).isZero());
    Path release = project.resolve("target/release");
    assertThat(release.toFile().list()).containsExactly("RELEASE-NOTES.md");
    assertThat(release.resolve("RELEASE-NOTES.md"))
        .content()
        .contains("# BIE Relay 1.2.3\n\n### Added\n\n- A thing, see `x`.\n", "docs/upgrading.md")
        .doesNotContain("later", "before");
    git("tag", "v1.2.3");
    assertThat(release("--dry-run", "v1.2.3").code()).isZero();
  }

  @Test
  void whatIsWrongIsSaidAtOnce() throws Exception {
    git("tag", "v1.3.0");
    write("new", "file");
    git("add", "-A");
    git("commit", "-q", "-m", "more");
    write("other", "file");
    Ended ended = release("v1.3.0");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.text())
        .contains(
            "not committed, or unknown to git: other",
            "the tag v1.3.0 is at ",
            "pom.xml has the version 1.2.3, the tag 1.3.0",
            "k8s/overlays/dev/kustomization.yaml has newTag: 1.2.3, the tag 1.3.0",
            "CHANGELOG.md has nothing under '## [1.3.0] - DATE'");
    assertThat(project.resolve("target")).doesNotExist();
  }

  @Test
  void withoutATagNothingIsReleased() throws Exception {
    assertThat(release("v1.2.3").text()).contains("there is no tag v1.2.3; make it: git tag");
  }

  @Test
  void aHeadingWithoutItsDateIsNoRelease() throws Exception {
    write("CHANGELOG.md", CHANGELOG.replace(" - 2026-11-22", ""));
    git("commit", "-q", "-a", "-m", "undated");
    assertThat(release("--dry-run", "v1.2.3").text()).contains("the heading of 1.2.3 has no date");
  }

  @Test
  void aWrongCommandLineShowsTheRightOne() throws Exception {
    for (String[] arguments :
        List.of(new String[] {}, new String[] {"1.2.3"}, new String[] {"--nonsense", "v1.2.3"})) {
      assertThat(release(arguments))
          .satisfies(
              ended -> {
                assertThat(ended.code()).isEqualTo(2);
                assertThat(ended.text()).contains("Usage: dev/release");
              });
    }
  }

  private Ended release(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(project.resolve("dev/release").toString()));
    command.addAll(List.of(arguments));
    return run(command);
  }

  private void git(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    assertThat(run(command)).satisfies(ended -> assertThat(ended.code()).as(ended.text()).isZero());
  }

  private Ended run(List<String> command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(project.toFile()).redirectErrorStream(true);
    builder.environment().putAll(IDENTITY);
    builder.environment().keySet().removeIf(name -> name.matches("GIT_(DIR|WORK_TREE|INDEX_FILE)"));
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), text);
  }

  private void write(String name, String text) throws IOException {
    Path file = project.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
