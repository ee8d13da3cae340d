package io.bierelay.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class LaunchOptionsTest {

  /** So many of the first words are options with a value. */
  private static final int OPTIONS = 6;

  private static final List<String> WORDS =
      List.of(
          "--role",
          "--role",
          "--conf",
          "--conf",
          "--env",
          "--verticles",
          "relay.yaml",
          "workflow",
          "--cluster",
          "--role=workflow",
          "--help",
          "check",
          "svc-bie-kafka",
          "svc-bie-kafka,workflow",
          "a,,b",
          ",",
          "",
          "relay.yaml",
          "secrets/",
          "/etc/bie/relay.yaml",
          "-x",
          "@args",
          "\"quoted\"",
          "two words",
          "--");

  @Command
  private static final class Ours {
    @Mixin private LaunchOptions launch = new LaunchOptions();
  }

  @Test
  void whatIsReadPlainlyIsWhatPicocliReads() {
    long seed = System.nanoTime();
    System.out.println("LaunchOptionsTest: seed " + seed);
    Random random = new Random(seed);
    int plain = 0;
    for (int i = 0; i < 50_000; i++) {
      List<String> arguments = new ArrayList<>();
      for (int n = random.nextInt(5); n > 0; n--) {
        boolean usual = random.nextInt(4) > 0;
        arguments.add(WORDS.get(random.nextInt(usual ? OPTIONS : WORDS.size())));
        if (usual) {
          arguments.add(WORDS.get(OPTIONS + random.nextInt(WORDS.size() - OPTIONS)));
        }
      }
      String[] line = arguments.toArray(String[]::new);
      LaunchOptions read = LaunchOptions.plainly(line);
      if (read == null) {
        continue;
      }
      plain++;
      Ours byPicocli = new Ours();
      new CommandLine(byPicocli).parseArgs(line);
      assertThat(read.request(null)).as("%s", arguments).isEqualTo(byPicocli.launch.request(null));
    }
    assertThat(plain).isGreaterThan(500);
  }

  @Test
  void whatEveryPodHasIsReadPlainly() {
    assertThat(
            LaunchOptions.plainly(
                new String[] {"--role", "svc-bie-kafka", "--conf", "/conf/relay.yaml"}))
        .isNotNull();
  }

  @Test
  void whatIsUnusualIsLeftToPicocli() {
    for (String line :
        List.of(
            "",
            "--help",
            "--version",
            "--conf relay.yaml",
            "--role",
            "--role workflow check",
            "--role workflow --conf",
            "--role workflow --env qa --env dev",
            "--role workflow --cluster --cluster",
            "--role workflow --unknown x",
            "--role workflow --conf -x",
            "--role workflow --conf @file",
            "--role a,,b",
            "status --group")) {
      assertThat(LaunchOptions.plainly(line.split(" ", 0))).as(line).isNull();
    }
  }
}
