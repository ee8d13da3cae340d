package io.bierelay.launch;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Map;

/**
 * Logs to standard output, one line an event, in UTC.
 *
 * <p>In code, because reading the same from XML would be a sixth of the start up to the first
 * answer about health. An XML file still wins where there is one: by the system property {@code
 * logback.configurationFile}, or on the class path of the tests.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class ConsoleLog extends ContextAwareBase implements Configurator {

  /** A line break in a message would let a record's content forge a line of the log. */
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} %-5level [%thread] %logger{24} -"
          + " %replace(%msg){'[\\r\\n\\x1b]', '_'}%n%ex{20}";

  private static final Map<String, Level> QUIETER =
      Map.of(
          "org.apache.kafka",
          Level.WARN,
          // Says every second what the status says once, in better words.
          "org.apache.kafka.clients.NetworkClient",
          Level.ERROR,
          "com.rabbitmq",
          Level.WARN,
          "io.netty",
          Level.WARN,
          "org.flywaydb",
          Level.WARN,
          // Vert.x registers its gauges once per event bus handler and server, by design; each
          // time but the first Micrometer would warn, though the same value is counted.
          "io.micrometer.core.instrument.MeterRegistry",
          Level.ERROR);

  /** Called by the service loader. */
  public ConsoleLog() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    if (System.getProperty("logback.configurationFile") != null
        || ConsoleLog.class.getResource("/logback-test.xml") != null) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName("STDOUT");
    appender.setEncoder(encoder);
    appender.start();
    QUIETER.forEach((name, level) -> context.getLogger(name).setLevel(level));
    ch.qos.logback.classic.Logger root =
        context.getLogger(ch.qos.logback.classic.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.INFO);
    root.addAppender(appender);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
