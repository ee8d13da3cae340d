package io.bierelay.bench.workflow;

import io.bierelay.bench.Descendants;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.SandboxPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.flywaydb.core.Flyway;

/**
 * How fast rows go into the table and how large its indexes become, from the first million to the
 * tenth. The rows are made in the server, so that nothing but the table is measured.
 */
public final class SchemaGrowth {

  private static final int MILLION = 1_000_000;
  private static final int BATCH = 500;

  private static final String FILL =
      """
      DO $$ BEGIN
        FOR batch IN 0..%d LOOP
          INSERT INTO bie_event (uuid, notified_at, event_type, event_details, event_at,
                                 benefit_claim_id, contention_id, classification)
          SELECT md5(n::text)::uuid, now(), 'contention-updated', details::jsonb, now(),
                 600000000 + n * 7919::bigint %% 10000000, n,
                 'Musculoskeletal - Joint ' || n %% 40
          FROM generate_series(%d + batch * %d + 1, %d + (batch + 1) * %d) AS n,
               (SELECT '%s' AS details) AS d
          ON CONFLICT (uuid) DO NOTHING;
          COMMIT;
        END LOOP;
      END $$
      """;

  private SchemaGrowth() {}

  /** Arguments: how many millions; a script to run first, if there is one. */
  public static void main(String[] arguments) throws Exception {
    Descendants.endWithThisProcess();
    int millions = Integer.parseInt(arguments[0]);
    try (SandboxPostgres server = new SandboxPostgres(true).start()) {
      PostgresAddress address = server.address();
      Flyway.configure()
          .dataSource(address.jdbcUrl(), address.username(), address.password())
          .locations("classpath:db/migration")
          .table("bie_schema_history")
          .load()
          .migrate();
      try (Connection own = address.connect();
          Statement statement = own.createStatement()) {
        if (arguments.length > 1) {
          statement.execute(Files.readString(Path.of(arguments[1])));
        }
        System.out.printf(
            "%9s %10s %9s %9s   bytes a row in table / indexes: key, type, claim, contention, class%n",
            "rows", "rows/s", "table MB", "index MB");
        for (int million = 0; million < millions; million++) {
          long started = System.nanoTime();
          int first = million * MILLION;
          statement.execute(
              FILL.formatted(
                  MILLION / BATCH - 1, first, BATCH, first, BATCH, BenchMessages.details(1)));
          double rate = MILLION / ((System.nanoTime() - started) / 1e9);
          print(statement, (million + 1) * MILLION, rate);
        }
      }
    }
    System.exit(0);
  }

  private static void print(Statement statement, int rows, double rate) throws Exception {
    long table = size(statement, "bie_event");
    StringBuilder each = new StringBuilder();
    long indexes = 0;
    for (String index :
        new String[] {
          "bie_event_pkey",
          "bie_event_event_type_idx",
          "bie_event_benefit_claim_id_idx",
          "bie_event_contention_id_idx",
          "bie_event_classification_idx"
        }) {
      long bytes = size(statement, index);
      indexes += bytes;
      each.append(each.isEmpty() ? "" : ", ").append(bytes / rows);
    }
    System.out.printf(
        "%,9d %10.0f %9d %9d   %d / %s%n",
        rows, rate, table >> 20, indexes >> 20, table / rows, each);
  }

  /** With all partitions. */
  private static long size(Statement statement, String relation) throws Exception {
    try (ResultSet row =
        statement.executeQuery(
            "SELECT coalesce(sum(pg_relation_size(relid)), 0) FROM pg_partition_tree('"
                + relation
                + "')")) {
      row.next();
      long partitions = row.getLong(1);
      if (partitions > 0) {
        return partitions;
      }
    }
    try (ResultSet row = statement.executeQuery("SELECT pg_relation_size('" + relation + "')")) {
      row.next();
      return row.getLong(1);
    }
  }
}
