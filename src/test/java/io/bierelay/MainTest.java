package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MainTest {

  @Command
  private static final class Broken implements java.util.concurrent.Callable<Integer> {
    @Override
    public Integer call() {
      throw new IllegalStateException("nobody expected this");
    }
  }

  @Test
  void aFaultEndsAPlainCommandAsItEndsOneThatPicocliReads() {
    assertThat(Main.codeOf(new Broken()))
        .isEqualTo(new CommandLine(new Broken()).execute())
        .isEqualTo(Main.UNCLEAN);
  }

  @Test
  void whatACommandReturnsIsItsExitCode() {
    assertThat(Main.codeOf(() -> Main.CONFIGURATION)).isEqualTo(3);
  }
}
