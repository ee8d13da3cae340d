package io.bierelay.event;

import io.bierelay.settings.Setting;

/** What is done with a record that can never become a notification. */
public enum PoisonPolicy {
  /** It goes to the dead-letter exchange, and its partition goes on. */
  QUARANTINE,
  /** Its partition waits until somebody has mended the cause, or the policy. */
  HOLD;

  /** One setting for the whole way of a record, wherever on it the poison shows. */
  public static final Setting<PoisonPolicy> SETTING =
      Setting.choice("event.poison", QUARANTINE)
          .saying(
              "What is done with a record that can't be decoded, or is larger than RabbitMQ takes:"
                  + " quarantine sends it to the dead-letter exchange; hold stops its partition"
                  + " until a person has mended the cause.");
}
