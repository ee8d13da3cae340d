package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That the version which is said to be the newest is that of the newest migration. */
class MigrationsTest {

  @Test
  void theNewestIsTheNewest() throws Exception {
    Path directory =
        Path.of(System.getProperty("basedir", "."), "src", "main", "resources", "db", "migration");
    try (Stream<Path> files = Files.list(directory)) {
      List<Integer> versions =
          files
              .map(file -> String.valueOf(file.getFileName()))
              .map(name -> Integer.parseInt(name.substring(1, name.indexOf("__"))))
              .sorted()
              .toList();
      assertThat(versions).last().isEqualTo(Migrations.newest());
    }
  }

  /** Else a start would ask Flyway in vain each time, or never. */
  @Test
  void theAppliedOnesAreAskedForByTheirNames() throws Exception {
    Path directory =
        Path.of(System.getProperty("basedir", "."), "src", "main", "resources", "db", "migration");
    try (Stream<Path> files = Files.list(directory)) {
      List<String> names = files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
      assertThat(AppliedMigrations.NAMES).isEqualTo(names);
    }
  }
}
