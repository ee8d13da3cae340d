package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.access.Credential;
import io.bierelay.access.Role;
import io.bierelay.admin.ApiContract.Audience;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who is let do what, and what an attacker gets; prints the table of all operations and
 * credentials.
 */
@Timeout(240)
class AdminSecurityTest {

  private static final String VIEWER = Credential.newToken();
  private static final String PASSWORD = "correct horse battery staple";
  private static final String LINE =
      Credential.lineForPassword("anna", Role.OPERATOR, PASSWORD.toCharArray());
  private static final Duration SOON = Duration.ofSeconds(40);

  @TempDir Path directory;

  private Path file;
  private Endpoint endpoint;

  @BeforeEach
  void open() throws Exception {
    file = directory.resolve("credentials");
    Files.writeString(
        file, "# who\n" + Credential.lineForToken("bot", Role.VIEWER, VIEWER) + "\n" + LINE + "\n");
    start(new JsonObject().put("admin.lockout.failures", 1000));
  }

  private void start(JsonObject more) throws Exception {
    if (endpoint != null) {
      endpoint.close();
    }
    endpoint =
        new Endpoint(
            new JsonObject().put("admin.credentials.files", file.toString()).mergeIn(more));
  }

  @AfterEach
  void close() throws Exception {
    endpoint.close();
  }

  private static String bearer(String token) {
    return "Bearer " + token;
  }

  private static String basic(String name, String password) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, String> credentials() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("without", "");
    all.put("wrong", bearer(Credential.newToken()));
    all.put("viewer", bearer(VIEWER));
    all.put("operator", basic("anna", PASSWORD));
    return all;
  }

  private HttpResponse<String> send(String method, String path, String authorization) {
    HttpRequest.Builder request = endpoint.request(path);
    if (!authorization.isEmpty()) {
      request.header("authorization", authorization);
    }
    if (method.equals("GET")) {
      return endpoint.send(request);
    }
    return endpoint.send(
        request
            .header("content-type", "application/json")
            .method(method, BodyPublishers.ofString("{}")));
  }

  private Map<String, Audience> operations() throws Exception {
    Map<String, Audience> all = new TreeMap<>();
    ApiContract contract = Endpoint.await(ApiContract.load(endpoint.vertx));
    contract
        .routed()
        .operations()
        .forEach(
            operation ->
                all.put(
                    operation.getHttpMethod() + " " + operation.getOpenAPIPath(),
                    ApiContract.audience(operation)));
    return all;
  }

  @Test
  void eachOperationForEachKindOfCredentials() throws Exception {
    StringBuilder table = new StringBuilder("| operation | for |");
    credentials().keySet().forEach(who -> table.append(" ").append(who).append(" |"));
    table.append("\n| --- | --- | --- | --- | --- | --- |\n");
    Map<String, Integer> wrong = new TreeMap<>();
    operations()
        .forEach(
            (operation, audience) -> {
              if (operation.endsWith("/stream")) {
                return; // It does not end; SnapshotStreamTest reads it.
              }
              String method = operation.substring(0, operation.indexOf(' '));
              String path = operation.substring(operation.indexOf(' ') + 1);
              table.append("| ").append(operation).append(" | ").append(audience).append(" |");
              credentials()
                  .forEach(
                      (who, authorization) -> {
                        int status = send(method, path, authorization).statusCode();
                        table.append(" ").append(status).append(" |");
                        if (!fits(audience, who, status)) {
                          wrong.put(operation + " " + who, status);
                        }
                      });
              table.append("\n");
            });
    System.out.println(table);
    assertThat(wrong).isEmpty();
    assertThat(table.toString().lines().count()).isGreaterThan(18);
  }

  /** Let through, an empty body is a 400, and what nobody does a 404 or 503. */
  private static boolean fits(Audience audience, String who, int status) {
    boolean through = List.of(200, 400, 404, 503).contains(status);
    return switch (audience) {
      case OPEN, HEALTH, METRICS -> through;
      case VIEWER -> who.equals("viewer") || who.equals("operator") ? through : status == 401;
      case OPERATOR ->
          switch (who) {
            case "operator" -> through;
            case "viewer" -> status == 403;
            default -> status == 401;
          };
    };
  }

  @Test
  void theStreamIsForViewers() {
    assertThat(send("GET", "/api/subscriptions/stream", "").statusCode()).isEqualTo(401);
  }

  @Test
  void healthAndMetricsCanBeClosed() throws Exception {
    start(new JsonObject().put("admin.open", ""));
    for (String path : List.of("/health/live", "/health/started", "/health/ready", "/metrics")) {
      assertThat(send("GET", path, "").statusCode()).as(path).isEqualTo(401);
      assertThat(send("GET", path, bearer(VIEWER)).statusCode()).as(path).isNotEqualTo(401);
    }
    assertThat(send("GET", "/", "").statusCode()).isEqualTo(200);
  }

  @Test
  void whatIsMissingIsSaidAndABrowserIsNotOfferedToRememberPasswords() {
    HttpResponse<String> answer = send("GET", "/api/me", "");
    assertThat(answer.headers().allValues("www-authenticate")).hasSize(2);
    assertThat(answer.body()).contains("Authorization", "admin.credentials.files");
    assertThat(answer.headers().firstValue("set-cookie")).isEmpty();
    HttpResponse<String> browser =
        endpoint.send(endpoint.request("/api/me").header("sec-fetch-mode", "cors"));
    assertThat(browser.headers().allValues("www-authenticate"))
        .containsExactly("Bearer realm=\"bie-relay\"");
  }

  @Test
  void whoIsWho() {
    assertThat(new JsonObject(send("GET", "/api/me", bearer(VIEWER)).body()))
        .isEqualTo(
            new JsonObject().put("name", "bot").put("role", "viewer").put("mayChange", false));
    assertThat(new JsonObject(send("GET", "/api/me", basic("anna", PASSWORD)).body()))
        .isEqualTo(
            new JsonObject().put("name", "anna").put("role", "operator").put("mayChange", true));
    for (String bad :
        List.of(
            "Bearer",
            "Bearer ",
            bearer(VIEWER + "x"),
            bearer(LINE.substring(LINE.lastIndexOf(':') + 1)),
            basic("anna", PASSWORD + "x"),
            basic("nobody", PASSWORD),
            basic("anna", ""),
            "Basic %%%",
            "Digest x",
            bearer("x".repeat(4000)))) {
      assertThat(send("GET", "/api/me", bad).statusCode()).as(bad).isEqualTo(401);
    }
  }

  @Test
  void guessingLocksTheAddressOutAndTimeLetsItIn() throws Exception {
    start(new JsonObject().put("admin.lockout.failures", 3).put("admin.lockout.max", "3s"));
    String wrong = bearer("no");
    assertThat(send("GET", "/api/me", wrong).statusCode()).isEqualTo(401);
    assertThat(send("GET", "/api/me", bearer(VIEWER)).statusCode())
        .as("begins anew")
        .isEqualTo(200);
    assertThat(send("GET", "/api/me", wrong).statusCode()).isEqualTo(401);
    assertThat(send("GET", "/api/me", wrong).statusCode()).isEqualTo(401);
    HttpResponse<String> locked = send("GET", "/api/me", wrong);
    assertThat(locked.statusCode()).isEqualTo(429);
    assertThat(locked.headers().firstValue("retry-after")).isPresent();
    assertThat(send("GET", "/health/live", "").statusCode()).as("open").isEqualTo(200);
    await().atMost(SOON).until(() -> send("GET", "/api/me", bearer(VIEWER)).statusCode() == 200);
  }

  @Test
  void changedFilesCountAndBrokenOnesDont() throws Exception {
    String another = Credential.newToken();
    Files.writeString(file, "this is no line\n");
    Path next = directory.resolve("next");
    Files.writeString(next, Credential.lineForToken("next", Role.OPERATOR, another) + "\n");
    assertThat(send("GET", "/api/me", bearer(VIEWER)).statusCode()).isEqualTo(200);
    Files.move(next, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    await().atMost(SOON).until(() -> send("GET", "/api/me", bearer(another)).statusCode() == 200);
    assertThat(send("GET", "/api/me", bearer(VIEWER)).statusCode()).isEqualTo(401);
    assertThat(send("GET", "/api/me", basic("anna", PASSWORD)).statusCode()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/assets/../index.html",
        "/assets/..%2f..%2fadmin/openapi.yaml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets/....//....//etc/passwd",
        "/assets/..\\..\\x.js",
        "/assets/%00admin.js",
        "/assets//etc/passwd",
        "/assets/.hidden.js",
        "/webjars/../../META-INF/MANIFEST.MF",
        "/webjars/%2e%2e/admin.js",
        "/webjars/x.class",
        "/api/../api/me/../../etc/passwd",
        "/api/me;x=y",
        "/API/ME",
        "/api/me%2f",
      })
  void noPathLeadsOut(String path) throws Exception {
    String answer =
        raw(
            "GET "
                + path
                + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                + bearer(VIEWER)
                + "\r\nConnection: close\r\n\r\n");
    assertThat(answer).matches("(?s)HTTP/1.1 (404|400) .*").contains("problem+json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PUT /%00%2e%2\u00d9%2fapi/log-level",
        "GET /%",
        "GET /%2",
        "GET /assets/%zz",
        "POST /api/%2/pause",
        "GET /%-1"
      })
  void aPathThatCantBeDecodedIsTheClientsMistake(String line) throws Exception {
    assertThat(raw(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
        .matches("(?s)HTTP/1.1 400 .*")
        .contains("problem+json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api//me",
        "/x/../api/me",
        "/health/../api/me",
        "/api/x/../me",
        "/api/me/",
        "/./api/me"
      })
  void noPathLeadsAroundTheGate(String path) throws Exception {
    assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
        .matches("(?s)HTTP/1.1 (401|404) .*");
  }

  /** A password takes its time to check, and who asked with it may be gone by then. */
  @Test
  void theStreamForgetsWhoIsGoneBeforeItBegins() throws Exception {
    start(new JsonObject().put("admin.stream.readers", 10));
    String request =
        "GET /api/subscriptions/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
            + basic("anna", PASSWORD)
            + "\r\n\r\n";
    for (int i = 0; i < 10; i++) {
      try (Socket socket = connect()) {
        socket.setSoLinger(true, 0);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      }
    }
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              try (Socket socket = connect()) {
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                byte[] answer = socket.getInputStream().readNBytes(12);
                assertThat(new String(answer, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 200");
              }
            });
  }

  @Test
  void aBodyOverTheLimitIsRefusedBeforeItIsRead() throws Exception {
    String big = "{\"why\":\"" + "x".repeat(70 * 1024) + "\"}";
    HttpRequest.Builder request =
        endpoint
            .request("/api/drain")
            .header("authorization", basic("anna", PASSWORD))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(big));
    HttpResponse<String> answer = endpoint.send(request);
    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(answer.body()).contains("16384 bytes");

    String chunks = "1000\r\n" + "x".repeat(4096) + "\r\n";
    String chunked =
        raw(
            "POST /api/drain HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Authorization: "
                + basic("anna", PASSWORD)
                + "\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunks.repeat(5));
    assertThat(chunked).startsWith("HTTP/1.1 413 ");
    String anonymous =
        raw(
            "POST /api/drain HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 1000000000\r\n\r\n{");
    assertThat(anonymous).startsWith("HTTP/1.1 401 ").containsIgnoringCase("connection: close");
  }

  @Test
  void headersOverTheLimitAreRefused() throws Exception {
    assertThat(raw("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(9000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431 ")
        .contains("problem+json");
    assertThat(raw("GET /" + "x".repeat(5000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        .matches("(?s)HTTP/1.[01] 414 .*");
    assertThat(raw("nonsense\r\n\r\n")).matches("(?s)HTTP/1.[01] 400 .*");
  }

  /** A page of a stranger whose name leads to this machine. */
  @Test
  void namesThatAreNotItsOwnAreRefused() throws Exception {
    for (String host : List.of("evil.example", "evil.example:8080", "127.0.0.1.evil.example")) {
      assertThat(raw("GET /api/me HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
          .as(host)
          .startsWith("HTTP/1.1 421 ");
    }
    for (String host : List.of("localhost", "127.0.0.1:1", "[::1]:9", "LOCALHOST:8080")) {
      assertThat(raw("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
          .as(host)
          .startsWith("HTTP/1.1 200 ");
    }
    assertThat(raw("GET /health/live HTTP/1.0\r\n\r\n")).contains(" 200 ");
  }

  @Test
  void pagesOfOtherOriginsChangeNothing() throws Exception {
    String post =
        "POST /api/drain HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Authorization: "
            + basic("anna", PASSWORD)
            + "\r\nContent-Length: 2\r\n"
            + "Connection: close\r\nOrigin: %s\r\n\r\n{}";
    assertThat(raw(post.formatted("https://evil.example"))).startsWith("HTTP/1.1 403 ");
    assertThat(raw(post.formatted("null"))).startsWith("HTTP/1.1 403 ");
    assertThat(raw(post.formatted("http://localhost"))).startsWith("HTTP/1.1 400 ");
  }

  /** One byte now and then keeps no connection open. */
  @Test
  void slowHeadersEndTheConnection() throws Exception {
    long begun = System.nanoTime();
    try (Socket socket = connect()) {
      socket.getOutputStream().write("GET / HTTP/1.1\r\nX-Slow: ".getBytes(StandardCharsets.UTF_8));
      await().atMost(SOON).pollInterval(Duration.ofSeconds(1)).until(() -> !takesAnother(socket));
    }
    long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
    System.out.println("slow headers: disconnected after " + seconds + " s");
    assertThat(seconds).isBetween(8L, 30L);
  }

  private static boolean takesAnother(Socket socket) {
    try {
      socket.setSoTimeout(50);
      socket.getOutputStream().write('x');
      return socket.getInputStream().read() >= 0;
    } catch (SocketTimeoutException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void tenThousandConnectionsAreBoundedAndHealthIsAnsweredMeanwhile() throws Exception {
    start(new JsonObject().put("admin.connections.max", 200));
    List<Socket> sockets = new ArrayList<>();
    int made = 0;
    int answered = 0;
    long slowest = 0;
    try {
      while (made < 10_000) {
        try {
          sockets.add(connect());
        } catch (IOException e) {
          break; // This machine has no more descriptors or ports for a test.
        }
        made++;
        if (made % 1000 == 0) {
          long begun = System.nanoTime();
          if (raw("GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
              .startsWith("HTTP/1.1 200 ")) {
            answered++;
          }
          slowest = Math.max(slowest, System.nanoTime() - begun);
        }
      }
      long open = sockets.stream().filter(AdminSecurityTest::isOpen).count();
      System.out.printf(
          "%d connections: %d open, health answered %d of %d times, in at most %d ms%n",
          made, open, answered, made / 1000, slowest / 1_000_000);
      assertThat(made).isGreaterThan(3000);
      assertThat(open).isLessThanOrEqualTo(200);
      assertThat(answered).isEqualTo(made / 1000);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  /** Nothing was sent, so there is nothing to read but the end. */
  private static boolean isOpen(Socket socket) {
    try {
      socket.setSoTimeout(1);
      return socket.getInputStream().read() >= 0;
    } catch (SocketTimeoutException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress("127.0.0.1", endpoint.port()), 20_000);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** As it is, past every client that would put it right. */
  private String raw(String request) throws IOException {
    try (Socket socket = connect()) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      StringBuilder answer = new StringBuilder();
      InputStream in = socket.getInputStream();
      byte[] buffer = new byte[8192];
      try {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          answer.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
        }
      } catch (IOException e) {
        // Reset because it did not want the rest; what it said before counts.
      }
      return answer.toString();
    }
  }
}
