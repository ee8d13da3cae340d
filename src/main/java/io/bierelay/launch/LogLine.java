package io.bierelay.launch;

import ch.qos.logback.classic.pattern.TargetLengthBasedClassNameAbbreviator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.LayoutBase;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One event of the log as text or JSON, in UTC, in which nothing that came from elsewhere can end
 * the line, move the cursor or turn the direction of reading.
 *
 * <p>Text: {@code time level [thread] logger - message}, and below it the exception, whose own
 * lines begin with {@code Caused by: }, {@code Suppressed: } or a tab. JSON: the members {@code
 * time}, {@code level}, {@code thread}, {@code logger}, {@code message} and {@code exception}, the
 * latter only where there is one. Any number of threads may use it.
 */
final class LogLine extends LayoutBase<ILoggingEvent> {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final int LOGGER_LENGTH = 24;
  private static final int FRAMES = 20;
  private static final char REPLACEMENT = '_';

  private final TargetLengthBasedClassNameAbbreviator abbreviator =
      new TargetLengthBasedClassNameAbbreviator(LOGGER_LENGTH);

  /** Bounded by the number of loggers. */
  private final Map<String, String> abbreviated = new ConcurrentHashMap<>();

  private volatile LogFormat format;

  LogLine(LogFormat format) {
    this.format = format;
  }

  /** From the next event on. */
  void use(LogFormat wanted) {
    format = wanted;
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    return format == LogFormat.JSON ? json(event) : text(event);
  }

  private String text(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(160);
    line.append(time(event)).append(' ').append(event.getLevel());
    while (line.length() < 30) {
      line.append(' ');
    }
    line.append(" [");
    appendSafe(line, event.getThreadName());
    line.append("] ")
        .append(abbreviated.computeIfAbsent(event.getLoggerName(), abbreviator::abbreviate))
        .append(" - ");
    appendSafe(line, event.getFormattedMessage());
    line.append('\n');
    appendException(line, "", event.getThrowableProxy());
    return line.toString();
  }

  private static String json(ILoggingEvent event) {
    JsonObject line =
        new JsonObject()
            .put("time", time(event))
            .put("level", event.getLevel().toString())
            .put("thread", safe(event.getThreadName()))
            .put("logger", event.getLoggerName())
            .put("message", safe(event.getFormattedMessage()));
    if (event.getThrowableProxy() != null) {
      StringBuilder exception = new StringBuilder(1_024);
      appendException(exception, "", event.getThrowableProxy());
      line.put("exception", exception.toString());
    }
    return line.encode() + '\n';
  }

  private static String time(ILoggingEvent event) {
    return TIME.format(Instant.ofEpochMilli(event.getTimeStamp()));
  }

  /** Line by line, as an exception's message may have line breaks of its own. */
  private static void appendException(
      StringBuilder to, String prefix, @Nullable IThrowableProxy exception) {
    if (exception == null) {
      return;
    }
    to.append(prefix).append(exception.getClassName());
    if (exception.getMessage() != null) {
      to.append(": ");
      appendSafe(to, exception.getMessage());
    }
    to.append('\n');
    if (exception.isCyclic()) {
      return;
    }
    StackTraceElementProxy[] frames = exception.getStackTraceElementProxyArray();
    int own = frames.length - exception.getCommonFrames();
    for (int i = 0; i < Math.min(own, FRAMES); i++) {
      to.append('\t').append(frames[i].getSTEAsString()).append('\n');
    }
    if (frames.length > Math.min(own, FRAMES)) {
      to.append("\t... ").append(frames.length - Math.min(own, FRAMES)).append(" more\n");
    }
    for (IThrowableProxy suppressed : exception.getSuppressed()) {
      appendException(to, "Suppressed: ", suppressed);
    }
    appendException(to, "Caused by: ", exception.getCause());
  }

  /** The text, with {@code _} for each character that is more than itself. */
  static String safe(@Nullable String text) {
    StringBuilder safe = new StringBuilder();
    appendSafe(safe, text);
    return safe.toString();
  }

  private static void appendSafe(StringBuilder to, @Nullable String text) {
    if (text == null) {
      to.append("null");
      return;
    }
    int clean = 0;
    for (int i = 0; i < text.length(); i++) {
      if (isUnsafe(text.charAt(i))) {
        to.append(text, clean, i).append(REPLACEMENT);
        clean = i + 1;
      }
    }
    to.append(text, clean, text.length());
  }

  /**
   * Control characters, among them those of C1, of which 0x9B begins a terminal's command as ESC
   * and a bracket do; Unicode's own line ends; and what turns or isolates the direction of reading.
   */
  private static boolean isUnsafe(char c) {
    return c < ' '
        || (c >= '\u007f' && c <= '\u009f')
        || c == '\u061c'
        || c == '\u200e'
        || c == '\u200f'
        || (c >= '\u2028' && c <= '\u202e')
        || (c >= '\u2066' && c <= '\u2069');
  }
}
