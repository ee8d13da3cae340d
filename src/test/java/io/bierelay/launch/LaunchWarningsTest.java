package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said at each start although it works. */
class LaunchWarningsTest {

  @TempDir private Path directory;

  @Test
  void openSecretsAndWhatIsNotVerifiedAreWarnedAbout() throws Exception {
    Path settings =
        Files.writeString(
            directory.resolve("settings.yaml"),
            """
            postgres.database: d
            postgres.username: u
            postgres.sslmode: verify-ca
            postgres.insecure.any.host: true
            rabbitmq.username: u
            """);
    Path secrets = Files.createDirectory(directory.resolve("secrets"));
    Path open = write(secrets.resolve("rabbitmq.password"), "rw-r--r--");
    Path closed = write(secrets.resolve("postgres.password"), "rw-r-----");
    List<String> warnings =
        EnvironmentsTest.plan(List.of("workflow"), List.of(settings, secrets), Map.of()).warnings();
    assertThat(warnings)
        .anyMatch(w -> w.contains("postgres.insecure.any.host") && w.contains("false"))
        .anyMatch(w -> w.contains(open.toString()) && w.contains("chmod"))
        .noneMatch(w -> w.contains(closed.toString()) || w.contains("s3cret"));
  }

  private static Path write(Path file, String permissions) throws Exception {
    Files.writeString(file, "s3cret");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }
}
