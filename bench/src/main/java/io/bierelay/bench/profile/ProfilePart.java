package io.bierelay.bench.profile;

import io.bierelay.bench.Machine;
import io.bierelay.bench.Marked;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How a profile is taken, and what is written of it. */
public final class ProfilePart {

  private ProfilePart() {}

  /** The options that have a JVM record itself into that file until it ends. */
  public static List<String> jvm(Path recording) {
    return List.of(
        "-Xmx256m",
        // Else a sample is booked on the next safepoint, which may be far from where the time goes.
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:+DebugNonSafepoints",
        "-XX:StartFlightRecording=settings=profile,jdk.ExecutionSample#period=1ms,maxsize=500m,filename="
            + recording,
        "-Xlog:jfr*=off");
  }

  /** The picture, and beside it the page's part if the page is there. */
  public static void write(String role, FlameGraph graph, Machine machine, Path directory)
      throws IOException {
    String svg = "profile-" + role + ".svg";
    Files.createDirectories(directory);
    Files.writeString(directory.resolve(svg), graph.svg(role));
    String text =
        """
        ![Flame graph of %s](%s)

        %s %,d samples of Java code, one each millisecond at most; compilers and collector are no Java code and not in it. By thread: %s. At work themselves: %s.
        """
            .formatted(
                role, svg, machine.sentence(), graph.samples(), graph.threads(), graph.methods());
    System.out.println(text);
    Path page = directory.resolve("performance.md");
    if (Files.exists(page)) {
      Marked.write(page, "profile-" + role, text);
    }
  }
}
