package io.bierelay.page;

import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.ScratchDirectory;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The machine's Chromium without a window, and with nothing of a person's: an empty profile, gone
 * with it.
 *
 * <p>Driven by its own protocol (Chrome DevTools Protocol over a WebSocket), which needs nothing
 * but the JDK; drivers would fetch a browser of their own.
 */
public final class Browser implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final List<String> OPTIONS =
      List.of(
          "--headless=new",
          "--remote-debugging-port=0",
          "--disable-gpu",
          "--disable-quic",
          "--disable-dev-shm-usage",
          "--disable-extensions",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--no-first-run",
          "--no-default-browser-check",
          "--hide-scrollbars",
          "--force-color-profile=srgb",
          "--lang=en-GB");

  private final HttpClient http = HttpClient.newHttpClient();
  private final ScratchDirectory scratch = ScratchDirectory.create("browser");
  private final List<Tab> tabs = new ArrayList<>();
  private final Process process;
  private final int port;

  /** Starts it. */
  public Browser() {
    List<String> command = new ArrayList<>();
    command.add(executable().toString());
    command.addAll(OPTIONS);
    if (isRoot()) {
      // Its sandbox needs a user who is not root; what it opens here is ours.
      command.add("--no-sandbox");
    }
    command.add("--user-data-dir=" + scratch.resolve("profile"));
    command.add("about:blank");
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(scratch.resolve("log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    port = awaitPort();
  }

  private static Path executable() {
    Stream<String> chosen = Optional.ofNullable(System.getenv("BIERELAY_TEST_CHROMIUM")).stream();
    return Stream.concat(chosen, Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser"))
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "Chromium is missing; run dev/test --install-only, or install Debian's package"
                        + " chromium, or set BIERELAY_TEST_CHROMIUM to a Chromium's path"));
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  /** It chooses a free port and writes it down. */
  private int awaitPort() {
    Path file = scratch.resolve("profile").resolve("DevToolsActivePort");
    return await()
        .atMost(LIMIT)
        .failFast(
            () -> {
              if (!process.isAlive()) {
                throw new IllegalStateException(
                    "Chromium ended:\n" + Files.readString(scratch.resolve("log")));
              }
            })
        .until(
            () -> Files.exists(file) ? Files.readAllLines(file) : List.<String>of(),
            lines -> lines.size() >= 2)
        .stream()
        .map(Integer::valueOf)
        .findFirst()
        .orElseThrow();
  }

  /** A new tab, with a session of its own. */
  public Tab newTab() {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/new?about:blank"))
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    try {
      String answer = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      JsonObject target = new JsonObject(answer);
      Tab tab = new Tab(http, URI.create(target.getString("webSocketDebuggerUrl")));
      tabs.add(tab);
      return tab;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    tabs.forEach(Tab::close);
    // Its children first: they would go on writing into the profile that is about to be removed.
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
    await().atMost(LIMIT).until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
    scratch.close();
  }
}
