package io.bierelay.persist;

import io.bierelay.settings.Setting;
import java.util.List;

/** Where in an event the columns' values stand. */
public final class ExtractionSettings {

  /** When it happened. */
  public static final Setting<List<String>> EVENT_AT =
      paths("persist.extract.event.at", "EventTime", "event_at, milliseconds since 1970");

  /** The claim's id. */
  public static final Setting<List<String>> CLAIM =
      paths("persist.extract.claim.id", "ClaimId", "benefit_claim_id");

  /** The contention's id. */
  public static final Setting<List<String>> CONTENTION =
      paths("persist.extract.contention.id", "ContentionId", "contention_id");

  /** The classification's name. */
  public static final Setting<List<String>> CLASSIFICATION =
      paths("persist.extract.classification", "ContentionClassificationName", "classification");

  /** The diagnostic codes. */
  public static final Setting<List<String>> CODES =
      paths(
          "persist.extract.diagnostic.codes",
          "DiagnosticTypeCode",
          "the diagnostic codes: one, several in one text, or an array");

  /** All of them. */
  static final List<Setting<?>> SETTINGS =
      List.of(EVENT_AT, CLAIM, CONTENTION, CLASSIFICATION, CODES);

  private ExtractionSettings() {}

  private static Setting<List<String>> paths(String key, String field, String what) {
    return Setting.list(key, List.of(field))
        .within(
            "one or more names or dotted paths, none of them empty",
            paths -> !paths.isEmpty() && PrivacySettings.arePaths(paths))
        .saying(
            "Names or dotted paths of the field for "
                + what
                + "; the first that has a fitting value counts.");
  }
}
