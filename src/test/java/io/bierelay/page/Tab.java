package io.bierelay.page;

import static org.awaitility.Awaitility.await;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** One tab of a {@link Browser}: opens pages, looks at them, clicks and types as a person does. */
public final class Tab implements AutoCloseable, WebSocket.Listener {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Map<String, Integer> KEYS =
      Map.of(
          "Tab",
          9,
          "Enter",
          13,
          "Escape",
          27,
          "PageDown",
          34,
          "End",
          35,
          "Home",
          36,
          "ArrowUp",
          38,
          "ArrowDown",
          40);

  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final AtomicInteger loads = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonObject>> asked = new ConcurrentHashMap<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final StringBuilder partial = new StringBuilder();

  Tab(HttpClient http, URI address) {
    socket = http.newWebSocketBuilder().buildAsync(address, this).join();
    for (String domain : List.of("Page", "Runtime", "Log")) {
      send(domain + ".enable", new JsonObject());
    }
    size(1280, 900);
  }

  @Override
  public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
    partial.append(data);
    if (last) {
      JsonObject message = new JsonObject(partial.toString());
      partial.setLength(0);
      hear(message);
    }
    webSocket.request(1);
    return null;
  }

  private void hear(JsonObject message) {
    Integer id = message.getInteger("id");
    if (id != null) {
      CompletableFuture<JsonObject> waiting = asked.remove(id);
      if (waiting != null) {
        waiting.complete(message);
      }
      return;
    }
    JsonObject params = message.getJsonObject("params", new JsonObject());
    if ("Page.loadEventFired".equals(message.getString("method"))) {
      loads.incrementAndGet();
    }
    if ("Runtime.exceptionThrown".equals(message.getString("method"))) {
      complaints.add(params.getJsonObject("exceptionDetails").encode());
    }
    if ("Log.entryAdded".equals(message.getString("method"))) {
      JsonObject entry = params.getJsonObject("entry");
      // An answer with an error's status is the browser's to note and the page's to show.
      if ("error".equals(entry.getString("level"))
          && !"network".equals(entry.getString("source"))) {
        complaints.add(entry.getString("text"));
      }
    }
  }

  private JsonObject send(String method, JsonObject params) {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    asked.put(id, answer);
    JsonObject message = new JsonObject().put("id", id).put("method", method).put("params", params);
    socket.sendText(message.encode(), true).join();
    JsonObject got = answer.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    if (got.containsKey("error")) {
      throw new IllegalStateException(method + ": " + got.getJsonObject("error").encode());
    }
    return got.getJsonObject("result");
  }

  /** Exceptions, and what the browser refused, such as a style that the policy forbids. */
  public List<String> complaints() {
    return complaints;
  }

  /** Opens an address and returns when its document is there. */
  public Tab open(String url) {
    int before = loads.get();
    JsonObject answer = send("Page.navigate", new JsonObject().put("url", url));
    if (answer.containsKey("loaderId")) {
      await("load of " + url).atMost(LIMIT).until(() -> loads.get() > before);
    }
    return this;
  }

  /** What an expression of JavaScript is, a promise's outcome included. */
  public Object evaluate(String expression) {
    JsonObject answer =
        send(
            "Runtime.evaluate",
            new JsonObject()
                .put("expression", expression)
                .put("awaitPromise", true)
                .put("returnByValue", true));
    if (answer.containsKey("exceptionDetails")) {
      throw new IllegalStateException(
          expression + ": " + answer.getJsonObject("exceptionDetails").encode());
    }
    return answer.getJsonObject("result").getValue("value");
  }

  /** As {@link #evaluate}, as text. */
  public String text(String expression) {
    return String.valueOf(evaluate(expression));
  }

  /** The text of the first element that fits, without what is hidden; empty if there is none. */
  public String textOf(String selector) {
    return text("document.querySelector(%s)?.innerText ?? ''".formatted(quoted(selector)));
  }

  /** Waits until an expression is true. */
  public Tab awaitTrue(String expression) {
    return awaitTrue(expression, LIMIT);
  }

  /** Waits so long at most. */
  public Tab awaitTrue(String expression, Duration limit) {
    await(expression)
        .atMost(limit)
        .pollDelay(Duration.ZERO)
        .pollInterval(LOOK)
        .until(() -> Boolean.TRUE.equals(evaluate("Boolean(" + expression + ")")));
    return this;
  }

  /** Waits until an element is seen whose text contains this. */
  public Tab awaitText(String selector, String text) {
    return awaitText(selector, text, LIMIT);
  }

  /** Waits so long at most. */
  public Tab awaitText(String selector, String text, Duration limit) {
    return awaitTrue(
        "[...document.querySelectorAll(%s)].some((e) => e.innerText.includes(%s))"
            .formatted(quoted(selector), quoted(text)),
        limit);
  }

  /** Clicks at the middle of the first element that fits and is seen, as a pointer does. */
  public Tab click(String selector) {
    return clickAt(
        "[...document.querySelectorAll(%s)].find((e) => e.offsetParent !== null)"
            .formatted(quoted(selector)));
  }

  /** As {@link #click(String)}, of those whose text is this. */
  public Tab click(String selector, String text) {
    return clickAt(
        "[...document.querySelectorAll(%s)].find((e) => e.offsetParent !== null && e.innerText.trim() === %s)"
            .formatted(quoted(selector), quoted(text)));
  }

  private Tab clickAt(String element) {
    awaitTrue(element);
    JsonArray at =
        new JsonArray(
            text(
                "((e) => { e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
                    + " return JSON.stringify([r.x + r.width / 2, r.y + r.height / 2]); })("
                    + element
                    + ")"));
    for (String type : List.of("mousePressed", "mouseReleased")) {
      send(
          "Input.dispatchMouseEvent",
          new JsonObject()
              .put("type", type)
              .put("x", at.getDouble(0))
              .put("y", at.getDouble(1))
              .put("button", "left")
              .put("clickCount", 1));
    }
    return this;
  }

  /** Puts the focus on a field, and types instead of what it holds. */
  public Tab type(String selector, String text) {
    evaluate(
        "((e) => { e.focus(); e.select?.(); })(document.querySelector(" + quoted(selector) + "))");
    send("Input.insertText", new JsonObject().put("text", text));
    return this;
  }

  /** Chooses an option by its value. */
  public Tab choose(String selector, String value) {
    evaluate(
        ("((e) => { e.value = %s; e.dispatchEvent(new Event('input', {bubbles: true}));"
                + " e.dispatchEvent(new Event('change', {bubbles: true})); })"
                + "(document.querySelector(%s))")
            .formatted(quoted(value), quoted(selector)));
    return this;
  }

  /** Presses a key that writes nothing. */
  public Tab press(String key) {
    for (String type : List.of("rawKeyDown", "keyUp")) {
      JsonObject event =
          new JsonObject()
              .put("type", type)
              .put("key", key)
              .put("code", key)
              .put("windowsVirtualKeyCode", KEYS.get(key));
      send("Input.dispatchKeyEvent", event);
      if (key.equals("Enter") && type.equals("rawKeyDown")) {
        send("Input.dispatchKeyEvent", event.copy().put("type", "char").put("text", "\r"));
      }
    }
    return this;
  }

  /** The window's size in CSS pixels. */
  public Tab size(int width, int height) {
    send(
        "Emulation.setDeviceMetricsOverride",
        new JsonObject()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", width < 600));
    return this;
  }

  /** As somebody who prefers dark, or light. */
  public Tab dark(boolean dark) {
    JsonObject feature =
        new JsonObject().put("name", "prefers-color-scheme").put("value", dark ? "dark" : "light");
    send(
        "Emulation.setEmulatedMedia",
        new JsonObject().put("features", new JsonArray().add(feature)));
    return this;
  }

  /** Writes what is to be seen under target/screens, as PNG. */
  public Tab screenshot(String name) {
    // Two frames, so that what was just asked for is drawn.
    evaluate("new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(() => f(1))))");
    JsonObject shot = send("Page.captureScreenshot", new JsonObject().put("format", "png"));
    Path file = Path.of("target", "screens", name + ".png");
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, Base64.getDecoder().decode(shot.getString("data")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** How many pixels can be scrolled to the side; 0 is right. */
  public int overflow() {
    Object pixels =
        evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    return ((Number) pixels).intValue();
  }

  /** What axe-core finds serious or critical, each as rule and element. */
  public List<String> barriers() {
    evaluate(axe() + "; 0");
    String found =
        text(
            "axe.run(document, {resultTypes: ['violations']}).then((r) => JSON.stringify("
                + "r.violations.filter((v) => ['serious', 'critical'].includes(v.impact))"
                + ".flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.html + ' ' + n.failureSummary))))");
    return new JsonArray(found).stream().map(String::valueOf).collect(Collectors.toList());
  }

  private static String axe() {
    String root = "META-INF/";
    ClassLoader loader = Tab.class.getClassLoader();
    try (InputStream pom =
        loader.getResourceAsStream(root + "maven/org.webjars.npm/axe-core/pom.properties")) {
      Properties properties = new Properties();
      properties.load(pom);
      String path =
          root + "resources/webjars/axe-core/" + properties.getProperty("version") + "/axe.min.js";
      try (InputStream script = loader.getResourceAsStream(path)) {
        return new String(script.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String quoted(String text) {
    return new JsonArray().add(text).encode().replaceAll("^\\[|]$", "");
  }

  @Override
  public void close() {
    socket.abort();
  }
}
