package io.bierelay.persist;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Writes events with their diagnostic codes, all or none, in one round trip. */
final class EventStore {

  /**
   * One statement is one transaction: no BEGIN, no COMMIT, no round trip for either. Foreign keys
   * are checked at its end, so the three inserts see each other's rows.
   *
   * <p>That all rows were new is said with one number; which ones were is told only if some were
   * not.
   *
   * <p>The number of parameters does not depend on the number of rows, so that it is prepared once.
   * The details are bound as the bytes that they are: the server parses them, and the client need
   * neither make text of them nor bytes of that text again.
   */
  private static final String INSERT =
      """
      WITH stored AS (
        INSERT INTO bie_event (uuid, notified_at, event_type, event_details, event_at,
                               benefit_claim_id, contention_id, classification)
        SELECT id, notified, kind::bie_event_type, convert_from(details, 'UTF8')::jsonb, at, claim,
               contention, class
        FROM unnest($1::uuid[], $2::timestamp[], $3::text[], $4::bytea[], $5::timestamp[],
                    $6::bigint[], $7::bigint[], $8::text[])
          AS r (id, notified, kind, details, at, claim, contention, class)
        ON CONFLICT (uuid) DO NOTHING
        RETURNING uuid
      ), codes AS (
        INSERT INTO diagnostic_code (code) SELECT unnest($9::text[])
        ON CONFLICT (code) DO NOTHING
      ), links AS (
        INSERT INTO bie_event_to_diagnostic_code (bie_event_uuid, diagnostic_code)
        SELECT * FROM unnest($10::uuid[], $11::text[])
        ON CONFLICT (bie_event_uuid, diagnostic_code) DO NOTHING
      )
      SELECT count(*), CASE WHEN count(*) < $12 THEN array_agg(uuid) END FROM stored
      """;

  /**
   * Which rows were not there before.
   *
   * @param all every one of them, and none came twice
   * @param some their ids otherwise
   */
  record Stored(boolean all, Set<UUID> some) {}

  /** A batch has fewer rows than this. */
  private static final long INDEX = 0xFFFF;

  private final Database database;

  EventStore(Database database) {
    this.database = database;
  }

  /**
   * Stores rows; those whose id is there already, or comes twice, change nothing.
   *
   * @return which of them were not there before
   */
  Future<Stored> store(List<EventRow> rows) {
    return database.execute(INSERT, parameters(rows)).map(answer -> stored(answer, rows.size()));
  }

  /**
   * Rows and codes are written in the order of their keys: two transactions that want the same ones
   * then wait for one another in one direction only, and don't deadlock.
   */
  private static Tuple parameters(List<EventRow> rows) {
    int size = rows.size();
    long[] order = order(rows);
    UUID[] ids = new UUID[size];
    LocalDateTime[] notified = new LocalDateTime[size];
    String[] kinds = new String[size];
    Buffer[] details = new Buffer[size];
    LocalDateTime[] at = new LocalDateTime[size];
    Long[] claims = new Long[size];
    Long[] contentions = new Long[size];
    String[] classes = new String[size];
    Set<String> codes = new HashSet<>();
    List<UUID> linkIds = new ArrayList<>(size);
    List<String> linkCodes = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      EventRow row = rows.get((int) (order[i] & INDEX));
      ids[i] = row.id();
      notified[i] = EventRow.gmt(row.notifiedAt());
      kinds[i] = row.eventType();
      details[i] = row.details();
      at[i] = EventRow.gmt(row.eventAt());
      claims[i] = row.benefitClaimId();
      contentions[i] = row.contentionId();
      classes[i] = row.classification();
      for (String code : row.codes()) {
        codes.add(code);
        linkIds.add(row.id());
        linkCodes.add(code);
      }
    }
    String[] sortedCodes = codes.toArray(String[]::new);
    Arrays.sort(sortedCodes);
    return Tuple.tuple()
        .addArrayOfUUID(ids)
        .addArrayOfLocalDateTime(notified)
        .addArrayOfString(kinds)
        .addArrayOfBuffer(details)
        .addArrayOfLocalDateTime(at)
        .addArrayOfLong(claims)
        .addArrayOfLong(contentions)
        .addArrayOfString(classes)
        .addArrayOfString(sortedCodes)
        .addArrayOfUUID(linkIds.toArray(UUID[]::new))
        .addArrayOfString(linkCodes.toArray(String[]::new))
        .addInteger(size);
  }

  /**
   * The rows' indexes in the order of their keys' first 48 bits. Keys are hashes: two that begin
   * alike are as rare as they are harmless, a deadlock in the worst case, which is tried again.
   */
  private static long[] order(List<EventRow> rows) {
    long[] order = new long[rows.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = (rows.get(i).id().getMostSignificantBits() & ~INDEX) | i;
    }
    Arrays.sort(order);
    return order;
  }

  private static Stored stored(RowSet<Row> answer, int size) {
    Row row = answer.iterator().next();
    if (row.getLong(0) == size) {
      return new Stored(true, Set.of());
    }
    UUID[] some = row.getArrayOfUUIDs(1);
    return new Stored(false, some == null ? Set.of() : Set.of(some));
  }
}
