package io.bierelay.command;

import io.bierelay.command.AdminApi.NoAnswerException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows in a terminal how an instance stands, and tells scripts by its exit code. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Asks a running instance how it stands: its checks, partitions and queues.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:everything goes on, or is held on purpose",
      "1:something is stuck: a check is down, or a partition is held or unassigned for too long",
      "2:the command line is wrong",
      "4:the instance does not answer, or wants other credentials"
    })
public final class StatusCommand implements Callable<Integer> {

  private static final int FINE = 0;
  private static final int STUCK = 1;
  private static final int NO_ANSWER = 4;
  private static final String CLEAR = "\u001b[H\u001b[2J";

  private final Map<String, String> environment = System.getenv();

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "Its admin endpoint; by default at BIE_ADMIN_PORT, or 8080, of this machine.")
  private @Nullable URI url;

  @Option(
      names = "--group",
      description = "All partitions of the consumer group, whichever instance owns them.")
  private boolean group;

  @Option(names = "--watch", description = "Again every two seconds, until it is interrupted.")
  private boolean watch;

  @Option(names = "--json", description = "One JSON object, and one a line with --watch.")
  private boolean json;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = {
        "File with a token or, with --user, a password. Without it the variable"
            + " RELAY_ADMIN_TOKEN is taken, if it is set."
      })
  private @Nullable Path tokenFile;

  @Option(names = "--user", paramLabel = "NAME", description = "Log in with name and password.")
  private @Nullable String user;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "PEM file with the certificates to trust, for https.")
  private @Nullable Path ca;

  @Option(
      names = "--stuck-after",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long a partition may be held; by default ${DEFAULT-VALUE}.")
  private int stuckAfter;

  /** Called by picocli. */
  public StatusCommand() {}

  @Override
  public Integer call() {
    try {
      AdminApi api = new AdminApi(base(), authorization(), Optional.ofNullable(ca));
      return watch ? watch(api) : show(api);
    } catch (NoAnswerException e) {
      err().println("bie-relay: " + e.getMessage());
      return NO_ANSWER;
    }
  }

  private int show(AdminApi api) throws NoAnswerException {
    JsonObject status = api.get("/api/status");
    JsonObject rows = api.get("/api/subscriptions?scope=" + (group ? "group" : "instance"));
    Stuck rule = new Stuck(Duration.ofSeconds(stuckAfter), Instant.now());
    List<String> stuck =
        rule.of(
            status.getJsonArray("checks", new JsonArray()),
            rows.getJsonArray("subscriptions", new JsonArray()));
    PrintWriter out = out();
    if (json) {
      out.println(
          new JsonObject()
              .put("status", status)
              .put("subscriptions", rows)
              .put("stuck", new JsonArray(stuck))
              .encode());
    } else {
      out.print(watch ? CLEAR : "");
      new StatusTable(status, rows, rule::is).lines().forEach(out::println);
      out.println();
      out.println(stuck.isEmpty() ? "nothing is stuck" : stuck.size() + " stuck");
    }
    out.flush();
    return stuck.isEmpty() ? FINE : STUCK;
  }

  /** An instance that is away for a while is waited for: it may be what one watches. */
  private int watch(AdminApi api) {
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try {
      clock.scheduleWithFixedDelay(() -> showOrSay(api), 0, 2, TimeUnit.SECONDS).get();
      return FINE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FINE;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      clock.shutdownNow();
    }
  }

  private void showOrSay(AdminApi api) {
    try {
      show(api);
    } catch (NoAnswerException e) {
      err().println("bie-relay: " + e.getMessage());
    }
  }

  private URI base() {
    return url != null
        ? url
        : URI.create("http://127.0.0.1:" + environment.getOrDefault("BIE_ADMIN_PORT", "8080"));
  }

  /** Never an argument: those are shown to everybody on the machine. */
  private Optional<String> authorization() throws NoAnswerException {
    Optional<String> secret = Optional.ofNullable(environment.get("RELAY_ADMIN_TOKEN"));
    if (tokenFile != null) {
      try {
        secret = Optional.of(Files.readString(tokenFile).strip());
      } catch (IOException e) {
        throw new NoAnswerException("--token-file %s: no such file".formatted(tokenFile));
      }
    }
    String name = user;
    return secret
        .filter(value -> !value.isEmpty())
        .map(value -> name == null ? AdminApi.bearer(value) : AdminApi.basic(name, value));
  }

  private PrintWriter out() {
    return command().commandLine().getOut();
  }

  private PrintWriter err() {
    return command().commandLine().getErr();
  }

  private CommandSpec command() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }
}
