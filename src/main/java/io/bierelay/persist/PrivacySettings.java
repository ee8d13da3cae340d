package io.bierelay.persist;

import io.bierelay.settings.Setting;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** What of an event may be stored. */
public final class PrivacySettings {

  private static final String PATHS = "names or dotted paths, none of them empty";

  /**
   * The fields of an event that are kept. The default names every field of the specification but
   * the personal ones, which {@link #DROP} names.
   */
  public static final Setting<List<String>> ALLOW =
      Setting.list(
              "persist.privacy.allow",
              List.of(
                  "ActionName",
                  "ActionResultName",
                  "ActorApplicationId",
                  "ActorStation",
                  "AutomationIndicator",
                  "BenefitClaimTypeCode",
                  "BieTs",
                  "ClaimId",
                  "ConnectorTs",
                  "ContentionClassificationName",
                  "ContentionId",
                  "ContentionStatusTypeCode",
                  "ContentionTypeCode",
                  "CurrentLifecycleStatus",
                  "DateAdded",
                  "DateCompleted",
                  "DateUpdated",
                  "DiagnosticTypeCode",
                  "EventTime",
                  "JournalStatusTypeCode",
                  "SourceTs"))
          .within(PATHS, PrivacySettings::arePaths)
          .saying(
              "Fields kept in event_details, as names or dotted paths. An object keeps only the"
                  + " inner fields that are listed.");

  /** The fields that are personal, whatever else is said. */
  public static final Setting<List<String>> DROP =
      Setting.list(
              "persist.privacy.drop",
              List.of("ActorUserId", "Description", "Details", "VeteranParticipantId"))
          .within(PATHS, PrivacySettings::arePaths)
          .saying(
              "Fields known to be personal, as names or dotted paths: never stored, whatever"
                  + " persist.privacy.unknown says, and not counted as unknown.");

  /** What becomes of a field that neither list knows. */
  public static final Setting<PrivacyPolicy.Unknown> UNKNOWN =
      Setting.choice("persist.privacy.unknown", PrivacyPolicy.Unknown.DROP)
          .saying(
              "What becomes of a field that neither list knows: drop it; mask its value, so that"
                  + " only its name is stored; or keep it, with masked texts. It is counted in any"
                  + " case.");

  /** What is masked in texts that are kept. */
  public static final Setting<List<String>> MASK =
      Setting.list("persist.privacy.mask", List.of("ssn", "email", "phone", "file-number"))
          .within(
              "some of ssn, email, phone, file-number",
              names -> names.stream().allMatch(PrivacySettings::isKind))
          .saying("What is replaced by *** within texts that are stored; numbers are not texts.");

  /** Further patterns. */
  public static final Setting<Map<String, String>> PATTERNS =
      Setting.map("persist.privacy.patterns", Map.of())
          .within(
              "names, each with a regular expression of Java's",
              patterns -> patterns.values().stream().allMatch(PrivacySettings::isPattern))
          .saying("Further regular expressions whose matches are replaced likewise, by name.");

  /** All of them. */
  static final List<Setting<?>> SETTINGS = List.of(ALLOW, DROP, UNKNOWN, MASK, PATTERNS);

  private PrivacySettings() {}

  static boolean arePaths(List<String> paths) {
    return paths.stream().allMatch(path -> path.matches("[^.]+(\\.[^.]+)*"));
  }

  static TextMask.Kind kind(String name) {
    return TextMask.Kind.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  private static boolean isKind(String name) {
    try {
      kind(name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isPattern(String regex) {
    try {
      Pattern.compile(regex);
      return true;
    } catch (PatternSyntaxException e) {
      return false;
    }
  }
}
