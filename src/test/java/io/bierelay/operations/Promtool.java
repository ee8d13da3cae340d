package io.bierelay.operations;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Prometheus' own checker, from Debian's package. */
final class Promtool {

  private static final Path PROGRAM = Path.of("/usr/bin/promtool");

  private Promtool() {}

  /**
   * @param code 0 if it found nothing
   */
  record Said(int code, String text) {}

  static Said run(Path directory, String... arguments) {
    if (!Files.isExecutable(PROGRAM)) {
      throw new IllegalStateException(
          "promtool is not installed: run ./dev/test, or: apt-get install prometheus");
    }
    List<String> command = new ArrayList<>(List.of(PROGRAM.toString()));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Said(process.waitFor(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
