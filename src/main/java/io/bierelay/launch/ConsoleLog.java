package io.bierelay.launch;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * Logs to standard output, each event as a {@link LogLine}.
 *
 * <p>In code, because reading the same from XML would be a sixth of the start up to the first
 * answer about health. An XML file still wins where there is one: by the system property {@code
 * logback.configurationFile}, or on the class path of the tests.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class ConsoleLog extends ContextAwareBase implements Configurator {

  private static final String APPENDER = "STDOUT";

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
          "com.hazelcast",
          Level.WARN,
          // Would have the whole JVM opened to it, for figures that nobody here asks for.
          "com.hazelcast.instance.impl.HazelcastInstanceFactory",
          Level.ERROR,
          // Says at each start that what nobody here uses is not safe to use.
          "com.hazelcast.cp.CPSubsystem",
          Level.ERROR,
          "org.flywaydb",
          Level.WARN,
          // Vert.x registers its gauges once per event bus handler and server, by design; each
          // time but the first Micrometer would warn, though the same value is counted.
          "io.micrometer.core.instrument.MeterRegistry",
          Level.ERROR);

  /** Called by the service loader. */
  public ConsoleLog() {}

  /** Writes so from now on; where an XML file has configured the log, that stays as it is. */
  static void use(LogFormat format) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context
        && root(context).getAppender(APPENDER) instanceof ConsoleAppender<ILoggingEvent> appender
        && appender.getEncoder() instanceof LayoutWrappingEncoder<ILoggingEvent> encoder
        && encoder.getLayout() instanceof LogLine line) {
      line.use(format);
    }
  }

  private static ch.qos.logback.classic.Logger root(LoggerContext context) {
    return context.getLogger(ch.qos.logback.classic.Logger.ROOT_LOGGER_NAME);
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    if (System.getProperty("logback.configurationFile") != null
        || ConsoleLog.class.getResource("/logback-test.xml") != null) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    LogLine line = new LogLine(atFirst());
    line.setContext(context);
    line.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(line);
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName(APPENDER);
    appender.setEncoder(encoder);
    appender.start();
    QUIETER.forEach((name, level) -> context.getLogger(name).setLevel(level));
    ch.qos.logback.classic.Logger root = root(context);
    root.setLevel(Level.INFO);
    root.addAppender(appender);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Of the strongest source of settings, which needs no reading: the first lines obey it too. */
  private static LogFormat atFirst() {
    return LogFormat.JSON.name().equalsIgnoreCase(System.getenv("BIE_LOG_FORMAT"))
        ? LogFormat.JSON
        : LogFormat.TEXT;
  }
}
