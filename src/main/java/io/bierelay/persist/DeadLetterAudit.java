package io.bierelay.persist;

import io.bierelay.persist.DeadLetterRun.Held;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down who removes which dead letters and why, before they are removed: into table {@code
 * dead_letter_action}, and one line of the log.
 *
 * <p>Belongs to one verticle instance and is used on its context.
 */
final class DeadLetterAudit {

  private static final Logger LOG = LoggerFactory.getLogger("io.bierelay.audit");

  private static final String INSERT =
      """
      INSERT INTO dead_letter_action (action, message_id, reason, stage, event_type, origin,
                                      by_whom, why)
      SELECT $1, m, r, s, t, o, $2, $3
      FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) AS x (m, r, s, t, o)
      """;

  private final Database database;
  private final Settings settings;
  private final TextMask mask;

  /**
   * @param mask for the words of whoever asks, which are stored as well
   */
  DeadLetterAudit(Database database, Settings settings, TextMask mask) {
    this.database = database;
    this.settings = settings;
    this.mask = mask;
  }

  /** It could not be written, so nothing may be removed. */
  static final class FailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    FailedException(String why) {
      super("the audit can't be written, so nothing is removed; " + why, null, false, false);
    }
  }

  /**
   * Writes an action on several letters.
   *
   * @return fails with {@link FailedException}
   */
  Future<Void> write(String action, List<Held> letters, String by, String why) {
    if (letters.isEmpty()) {
      return Future.succeededFuture();
    }
    String who = mask.apply(by);
    String words = mask.apply(why);
    Tuple row =
        Tuple.of(action, who, words)
            .addArrayOfString(each(letters, DeadLetter::id))
            .addArrayOfString(each(letters, DeadLetter::reason))
            .addArrayOfString(each(letters, DeadLetter::stage))
            .addArrayOfString(each(letters, DeadLetter::eventType))
            .addArrayOfString(each(letters, letter -> letter.origin().toString()));
    return database
        .execute(INSERT, row)
        .recover(
            e -> Future.failedFuture(new FailedException(PostgresFailure.describe(e, settings))))
        .onSuccess(
            v ->
                LOG.info(
                    "{} of {} dead letters, from {} on, by '{}'{}",
                    action,
                    letters.size(),
                    letters.get(0).letter().id(),
                    who,
                    words.isEmpty() ? "" : ": " + words))
        .mapEmpty();
  }

  private static String[] each(
      List<Held> letters, java.util.function.Function<DeadLetter, String> what) {
    return letters.stream().map(held -> what.apply(held.letter())).toArray(String[]::new);
  }
}
