package io.bierelay.persist;

import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Whether all migrations of this JAR are applied and nothing else is, by Flyway's own table: then
 * Flyway would do nothing, and neither it nor the driver that it needs has to be loaded, which is a
 * good part of a start. In any doubt Flyway is asked.
 *
 * @param scripts in the order of their versions
 */
record AppliedMigrations(List<Script> scripts) {

  /** In the order of their versions; as they are in {@code db/migration}. */
  static final List<String> NAMES = List.of("V1__events.sql", "V2__dead_letter_actions.sql");

  /**
   * Whether Flyway's table is there and may be read, and what the enum holds. Flyway looks for its
   * table in the first schema of the search path that exists, as a name without a schema does.
   */
  static final String READABLE =
      """
      SELECT coalesce(
               has_table_privilege(
                 to_regclass(quote_ident(current_schema()) || '.bie_schema_history'), 'SELECT'),
               false),
             ARRAY(SELECT enumlabel::text FROM pg_enum
                   WHERE enumtypid = to_regtype('bie_event_type'))
      """;

  /** What Flyway did; where it created the schema itself, it also says that. */
  static final String HISTORY =
      "SELECT type, script, checksum, success FROM bie_schema_history WHERE type <> 'SCHEMA'"
          + " ORDER BY installed_rank";

  /**
   * One migration.
   *
   * @param checksum as Flyway computes it
   */
  record Script(String name, int checksum) {}

  /** Those of this JAR. Blocking. */
  static AppliedMigrations ofThisJar() {
    List<Script> scripts = new ArrayList<>();
    for (String name : NAMES) {
      try (InputStream in = AppliedMigrations.class.getResourceAsStream("/db/migration/" + name)) {
        if (in == null) {
          throw new IllegalStateException("this JAR has no migration " + name);
        }
        scripts.add(new Script(name, checksum(in)));
      } catch (IOException e) {
        throw new UncheckedIOException("can't read migration " + name, e);
      }
    }
    return new AppliedMigrations(List.copyOf(scripts));
  }

  /** Flyway's: the CRC of the lines without what ends them. */
  private static int checksum(InputStream in) throws IOException {
    CRC32 sum = new CRC32();
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      sum.update(line.getBytes(StandardCharsets.UTF_8));
    }
    return (int) sum.getValue();
  }

  /** Whether these rows of {@link #HISTORY} are exactly they, each applied with success. */
  boolean areAllOf(RowSet<Row> history) {
    List<Script> applied = new ArrayList<>();
    for (Row row : history) {
      Integer checksum = row.getInteger(2);
      if (!"SQL".equals(row.getString(0)) || checksum == null || !row.getBoolean(3)) {
        return false;
      }
      applied.add(new Script(row.getString(1), checksum));
    }
    return applied.equals(scripts);
  }
}
