package io.bierelay.operations;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The commands of a runbook in {@code docs/operations.md}, as they stand there: the blocks {@code
 * sh} below its heading. Those marked {@code bash} need a cluster and are left to people.
 */
final class Runbook {

  private static final Pattern BLOCK = Pattern.compile("(?ms)^ *```sh\n(.*?)^ *```$");

  private final Map<String, String> environment;
  private final Path directory;
  private final String prelude;
  private final List<String> blocks;

  /**
   * @param what code and both streams
   */
  record Ended(int code, String what) {}

  /**
   * @param heading without its hashes
   * @param directory where bie-relay.jar is
   * @param environment what the prelude and the commands want
   */
  Runbook(String heading, Path directory, Map<String, String> environment) {
    String page = Alerts.read(Alerts.PROJECT.resolve("docs/operations.md"));
    this.environment = environment;
    this.directory = directory;
    this.prelude = blocks(section(page, "## Runbooks")).get(0);
    this.blocks = blocks(section(page, "### " + heading));
  }

  private static String section(String page, String heading) {
    int begin = page.indexOf("\n" + heading + "\n");
    if (begin < 0) {
      throw new IllegalStateException("docs/operations.md has no heading " + heading);
    }
    int end = page.indexOf("\n##", begin + 1);
    return page.substring(begin, end < 0 ? page.length() : end);
  }

  private static List<String> blocks(String section) {
    return BLOCK.matcher(section).results().map((MatchResult block) -> block.group(1)).toList();
  }

  /** How many blocks there are. */
  int size() {
    return blocks.size();
  }

  /** Runs one, counted from 0. */
  Ended run(int block) {
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-eu", "-c", prelude + blocks.get(block))
            .directory(directory.toFile())
            .redirectErrorStream(true);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Ended(process.waitFor(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
