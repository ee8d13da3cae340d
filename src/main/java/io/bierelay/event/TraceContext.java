package io.bierelay.event;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an event stands in somebody's trace, as headers carry it: W3C Trace Context, level 1.
 *
 * <p>Made by {@link #parse} from what a stranger wrote, so that whatever is passed on is
 * well-formed and bounded.
 *
 * @param parent the header {@code traceparent}, of version 00
 * @param state the header {@code tracestate}; empty for none
 */
public record TraceContext(String parent, String state) {

  /** Header: the trace's id, the id of the span above, flags. */
  public static final String PARENT = "traceparent";

  /** Header: what tracing systems keep of their own. */
  public static final String STATE = "tracestate";

  /** Of version 00; a later version may be longer, and begins with the same. */
  private static final int PARENT_LENGTH = 55;

  /** Later versions are not known yet; no sane one is longer. */
  private static final int MOST_OF_PARENT = 256;

  /** What everybody has to pass on at least; who sends more must not rely on it. */
  private static final int MOST_OF_STATE = 512;

  private static final int MOST_MEMBERS = 32;

  private static final Pattern PARENT_FORM =
      Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

  private static final String NO_TRACE = "0".repeat(32);
  private static final String NO_SPAN = "0".repeat(16);

  private static final Pattern PRINTABLE = Pattern.compile("[ -~]+");

  private static final Pattern MEMBER =
      Pattern.compile(
          "(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
              + "=[ -+\\--<>-~]{0,255}[!-+\\--<>-~]");

  /**
   * Reads headers as Kafka has them.
   *
   * @return null without a {@code traceparent}, or with one that is none; what is wrong with the
   *     {@code tracestate} costs only that
   */
  public static @Nullable TraceContext parse(byte @Nullable [] parent, byte @Nullable [] state) {
    if (parent == null || parent.length < PARENT_LENGTH || parent.length > MOST_OF_PARENT) {
      return null;
    }
    return parse(
        new String(parent, StandardCharsets.ISO_8859_1),
        state == null || state.length > MOST_OF_STATE
            ? null
            : new String(state, StandardCharsets.ISO_8859_1));
  }

  /** The same for headers that are text. */
  public static @Nullable TraceContext parse(@Nullable String parent, @Nullable String state) {
    if (parent == null || parent.length() < PARENT_LENGTH || parent.length() > MOST_OF_PARENT) {
      return null;
    }
    var parts = PARENT_FORM.matcher(parent);
    if (!parts.matches()
        || parts.group(1).equals("ff")
        || (parts.group(1).equals("00") && parent.length() > PARENT_LENGTH)
        || parts.group(2).equals(NO_TRACE)
        || parts.group(3).equals(NO_SPAN)) {
      return null;
    }
    String known = "00" + parent.substring(2, PARENT_LENGTH);
    return new TraceContext(known, isValid(state) ? String.valueOf(state) : "");
  }

  private static boolean isValid(@Nullable String state) {
    if (state == null || state.length() > MOST_OF_STATE || !PRINTABLE.matcher(state).matches()) {
      return false;
    }
    String[] members = state.split(",", -1);
    if (members.length > MOST_MEMBERS) {
      return false;
    }
    for (String member : members) {
      String one = member.strip();
      if (!one.isEmpty() && !MEMBER.matcher(one).matches()) {
        return false;
      }
    }
    return true;
  }
}
