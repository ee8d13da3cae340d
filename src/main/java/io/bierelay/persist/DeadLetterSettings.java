package io.bierelay.persist;

import io.bierelay.settings.Setting;
import java.util.List;

/** How dead letters are looked at and replayed. */
public final class DeadLetterSettings {

  /** When to be alarmed. */
  public static final Setting<Integer> ALERT =
      Setting.integer("persist.dead.letters.alert", 1, 1, Integer.MAX_VALUE)
          .saying("From so many dead letters on, bie_persist_dead_letters_alert is 1.");

  /** The bound on a look. */
  public static final Setting<Integer> LOOK =
      Setting.integer("persist.dead.letters.look", 20_000, 100, 1_000_000)
          .saying(
              "How many dead letters one request looks at, at most; each is fetched from RabbitMQ"
                  + " and put back.");

  /** The bound on the rate. */
  public static final Setting<Integer> RATE =
      Setting.integer("persist.dead.letters.rate", 500, 1, 100_000)
          .saying("How many dead letters are replayed or discarded a second, at most.");

  /** All of them. */
  static final List<Setting<?>> SETTINGS = List.of(ALERT, LOOK, RATE);

  private DeadLetterSettings() {}
}
