package io.bierelay.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows the whole relay at work in one process: from Kafka into the database, before your eyes. */
@Command(
    name = "dev/demo",
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = "Runs the whole relay on this machine, with nothing to install but a JDK.%n",
    description = {
      "%nStarts Kafka, a schema registry, an AMQP broker and PostgreSQL, all empty; runs the roles"
          + " svc-bie-kafka and workflow by the production launcher; publishes contention events of"
          + " all five types and shows how far they come, until Ctrl-C. Everything it started and"
          + " wrote is gone afterwards. The relay's own log is target/demo.log.%n",
      "%nThe four servers speak TLS only, and everybody logs in by a client certificate; an"
          + " authority that is made for this run signs them all. Without TLS, on loopback: the"
          + " relay's admin page, so that a browser opens it; with --with-listener the stand-ins"
          + " for SQS and the API, whose clients trust Java's authorities only.%n"
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:with --once: published, notified and stored agree for each type; else: stopped",
      "1:they do not agree within the time, or something did not start",
      "2:the command line is wrong"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dev/demo --rate 200",
      "  dev/demo --once --events 1000",
      "  dev/demo --with-listener --rate 5",
      "  dev/demo --plaintext"
    })
public final class Demo implements Callable<Integer> {
  private static final List<String> ROLES = List.of("svc-bie-kafka", "workflow");
  private static final Duration STOP_TIMEOUT = Duration.ofMillis(4_500);
  private static final Duration RELAY_STOP_TIMEOUT = Duration.ofMillis(2_500);
  private static final long LOOK_MILLIS = 50;
  private static final int LISTENER_EVENTS = 20;

  @Spec private CommandSpec spec;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "20",
      description = "Events a second, over all types (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--once",
      description = "Publish a number of events, wait until they are stored, compare, and end.")
  private boolean once;

  @Option(
      names = "--events",
      paramLabel = "N",
      defaultValue = "1000",
      description = "With --once: how many, over all types (default: ${DEFAULT-VALUE}).")
  private int events;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "With --once: how long to wait for them (default: ${DEFAULT-VALUE}).")
  private int timeout;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Make the events of an earlier run again; each run prints its own.")
  private Long seed;

  @Option(
      names = "--with-listener",
      description =
          "Also run the role reporting-listener, with a tenure API and SQS, and relay its topic to"
              + " an exchange of its own.")
  private boolean withListener;

  @Option(
      names = "--plaintext",
      description = "No TLS: users and passwords instead of certificates.")
  private boolean plaintext;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this and exit.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  private final PrintStream out = new PrintStream(System.out, true, UTF_8);
  private final long begun = System.nanoTime();
  private final boolean inPlace = Boolean.getBoolean("bierelay.demo.terminal");
  private final RelayUnderTest relay;
  private final CountDownLatch interrupted = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private Sandbox sandbox;
  private EventPublisher publisher;
  private NotificationCounter notifications;
  private StoredCounter rows;
  private DemoListener listener;

  /** With whatever runs the roles. */
  public Demo(RelayUnderTest relay) {
    this.relay = relay;
  }

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    CommandLine command = new CommandLine(new Demo(new LauncherRelay()));
    Runtime.getRuntime().halt(command.execute(args));
  }

  @Override
  public Integer call() {
    if (rate <= 0 || events <= 0 || timeout <= 0) {
      throw new ParameterException(
          spec.commandLine(), "--rate, --events and --timeout must be more than 0");
    }
    Thread hook = new Thread(this::interrupt, "demo-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    int code = 1;
    try {
      start();
      if (once) {
        code = runOnce();
      } else {
        runSteadily();
        code = 0;
      }
    } catch (RuntimeException e) {
      if (interrupted.getCount() == 0) {
        code = codeOfInterruption();
      } else {
        out.println("The demo failed: " + e);
        e.printStackTrace(out);
      }
    } finally {
      end();
    }
    return code;
  }

  private void start() {
    out.printf("Starting Kafka, schema registry, AMQP broker and PostgreSQL, %s …%n", security());
    makeSandbox();
    sandbox.start();
    out.printf("%6.1f s   they are up; starting the roles %s …%n", seconds(), ROLES);
    notifications = new NotificationCounter(sandbox.amqp().address());
    rows = new StoredCounter(sandbox.postgres().address());
    publisher = sandbox.publisher();
    relay.start(ROLES, sandbox.settings());
    out.printf(
        "%6.1f s   the relay runs%n%n  admin    %s/%n  psql     psql '%s'%n  TLS      %s%n%n",
        seconds(),
        sandbox.adminUrl(),
        sandbox.postgres().address().uri(),
        sandbox
            .certificates()
            .map(tls -> "for all four servers, with the certificates in " + tls.directory())
            .orElse("off (--plaintext): users and passwords in the clear"));
    if (withListener) {
      listener = new DemoListener(out, sandbox);
      listener.start();
    }
  }

  /** Only now, and not once it is told to end: from here on there are directories to remove. */
  private synchronized void makeSandbox() {
    if (interrupted.getCount() == 0) {
      throw new IllegalStateException("interrupted");
    }
    sandbox = new Sandbox(!plaintext);
  }

  private String security() {
    return plaintext ? "without TLS" : "with TLS and client certificates";
  }

  private void runSteadily() {
    publisher.publishSteadily(newEvents(), rate);
    out.println("Publishing " + rate + " events a second. Ctrl-C stops it all.");
    while (!interruptedWithin(1_000)) {
      if (listener != null) {
        listener.publish();
        listener.show();
      }
      show(counts(), false);
    }
  }

  private int runOnce() {
    publisher.publishAll(newEvents(), events);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeout);
    long nextLine = 0;
    DemoCounts counts = counts();
    while (!counts.complete() && System.nanoTime() < deadline) {
      if (System.nanoTime() - begun >= nextLine) {
        show(counts, false);
        nextLine = System.nanoTime() - begun + TimeUnit.SECONDS.toNanos(1);
      }
      if (interruptedWithin(LOOK_MILLIS)) {
        return 1;
      }
      counts = counts();
    }
    show(counts, true);
    // The last word is had after the relay has ended: what it would still do twice would show.
    relay.stop();
    counts = counts();
    counts.printTable(out);
    out.printf(
        "%n%s, %s, %.1f s in all%n",
        counts.agree() ? "published = notified = stored" : "THEY DO NOT AGREE",
        security(),
        seconds());
    boolean tenuresAgree = listener == null || listener.once(LISTENER_EVENTS, timeout);
    return counts.agree() && tenuresAgree ? 0 : 1;
  }

  private double seconds() {
    return (System.nanoTime() - begun) / 1e9;
  }

  private ContentionEvents newEvents() {
    long chosen = seed != null ? seed : System.nanoTime() & 0xffffff;
    out.println("The events' seed is " + chosen + ".");
    return new ContentionEvents(chosen, Instant.now());
  }

  private DemoCounts counts() {
    // From the end to the beginning, so that an event on its way is never ahead of itself.
    var stored = rows.stored();
    var notified = notifications.notified();
    return new DemoCounts(publisher.published(), notified, stored);
  }

  private void show(DemoCounts counts, boolean last) {
    String line = counts.line(seconds());
    if (inPlace) {
      out.print("\r" + line + (last ? "\n" : ""));
      out.flush();
    } else {
      out.println(line);
    }
  }

  /** Waits for the next look, or less if somebody wants it to end. */
  private boolean interruptedWithin(long millis) {
    try {
      return interrupted.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** On Ctrl-C and SIGTERM, in the JVM's hook: the process ends when this returns. */
  private void interrupt() {
    interrupted.countDown();
    out.printf("%nStopping …%n");
    // A server that is stopped in the middle of its start complains of that, past all logging.
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8);
    System.setOut(nowhere);
    System.setErr(nowhere);
    Thread watch = new Thread(this::haltWhenLate, "demo-deadline");
    watch.setDaemon(true);
    watch.start();
    int code = 1;
    try {
      end();
      code = codeOfInterruption();
    } catch (RuntimeException e) {
      out.println("It did not stop cleanly: " + e);
    } finally {
      Runtime.getRuntime().halt(code);
    }
  }

  /** A steady run is meant to be interrupted. */
  private int codeOfInterruption() {
    return once ? 1 : 0;
  }

  private void haltWhenLate() {
    try {
      if (ended.await(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    out.println("It did not stop within " + STOP_TIMEOUT);
    Runtime.getRuntime().halt(1);
  }

  /** Ends everything, the relay first; whoever comes second waits for the first. */
  private synchronized void end() {
    if (ended.getCount() == 0) {
      return;
    }
    Optional.ofNullable(publisher).ifPresent(EventPublisher::pause);
    Thread stop = new Thread(relay::stop, "demo-relay-stop");
    stop.setDaemon(true);
    stop.start();
    try {
      // Whether it ends in good order or not, the servers under it must: they'd be left behind.
      stop.join(RELAY_STOP_TIMEOUT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Optional.ofNullable(listener).ifPresent(DemoListener::close);
    Optional.ofNullable(publisher).ifPresent(EventPublisher::close);
    Optional.ofNullable(notifications).ifPresent(NotificationCounter::close);
    Optional.ofNullable(rows).ifPresent(StoredCounter::close);
    Optional.ofNullable(sandbox).ifPresent(Sandbox::close);
    ended.countDown();
  }
}
