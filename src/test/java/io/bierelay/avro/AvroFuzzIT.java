package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A million damaged messages in a JVM whose heap is 64 MiB; -Dseed= repeats a run. */
class AvroFuzzIT {

  private static final int INPUTS = Integer.getInteger("fuzz.inputs", 1_000_000);

  @TempDir Path directory;

  @Test
  void aMillionDamagedMessagesInASmallHeap() throws IOException, InterruptedException {
    long seed = AvroSamples.seed(getClass());
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                classPath(),
                AvroFuzz.class.getName(),
                Long.toString(seed),
                Integer.toString(INPUTS))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(10, TimeUnit.MINUTES)).as("ended in time").isTrue();
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(output);
    System.out.println(getClass().getSimpleName() + ": " + said.strip());
    assertThat(process.exitValue()).as(said).isZero();
    assertThat(said).contains("readable", PoisonReason.TRUNCATED.name());
  }

  /** Failsafe's own class path, which it hides in a JAR's manifest. */
  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
