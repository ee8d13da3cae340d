package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The registry's client against a real HTTP server that misbehaves. */
class SchemaRegistryTest {

  private static final String UNKNOWN = "{\"error_code\":40403,\"message\":\"Schema not found\"}";

  private final Vertx vertx = Vertx.vertx();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Map<String, Handler<HttpServerRequest>> routes = new ConcurrentHashMap<>();
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    server = await(serve(new HttpServerOptions(), routes));
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  private Future<HttpServer> serve(
      HttpServerOptions options, Map<String, Handler<HttpServerRequest>> served) {
    return vertx
        .createHttpServer(options)
        .requestHandler(
            request -> {
              requests.add(request.path());
              served
                  .getOrDefault(request.path(), r -> answer(r, 404, "<html>nothing here</html>"))
                  .handle(request);
            })
        .listen(0, "127.0.0.1");
  }

  private static void answer(HttpServerRequest request, int status, String body) {
    request.response().setStatusCode(status).end(body);
  }

  private static Handler<HttpServerRequest> schema(String schema) {
    return r -> answer(r, 200, new JsonObject().put("schema", schema).encode());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private String url() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  private JsonObject configuration(String... urls) {
    return new JsonObject()
        .put("registry.urls", new JsonArray(List.of(urls)))
        .put("registry.timeout", "400ms")
        .put("registry.unknown.ttl", "300ms");
  }

  /** Runs on one event loop, as a verticle does. */
  private <T> T on(JsonObject configuration, Function<SchemaRegistry, Future<T>> use)
      throws Exception {
    Context context = vertx.getOrCreateContext();
    Promise<T> promise = Promise.promise();
    context.runOnContext(
        v -> {
          try {
            use.apply(new SchemaRegistry(vertx, Settings.of(configuration))).onComplete(promise);
          } catch (RuntimeException e) {
            promise.fail(e);
          }
        });
    return await(promise.future());
  }

  private AvroJson ask(int id) throws Exception {
    return on(configuration(url()), registry -> registry.writerFor(id));
  }

  private static String json(AvroJson writer, int... avro) {
    byte[] bytes = new byte[avro.length];
    for (int i = 0; i < avro.length; i++) {
      bytes[i] = (byte) avro[i];
    }
    JsonBuffer out = new JsonBuffer();
    writer.write(bytes, 0, bytes.length, out);
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }

  private static Throwable causeOf(ThrowingAsk ask) {
    try {
      ask.run();
    } catch (Exception e) {
      return e.getCause() == null ? e : e.getCause();
    }
    throw new AssertionError("nothing failed");
  }

  private interface ThrowingAsk {
    void run() throws Exception;
  }

  private static void assertPoison(ThrowingAsk ask, PoisonReason reason, int id) {
    Throwable cause = causeOf(ask);
    assertThat(cause).isInstanceOf(PoisonException.class);
    assertThat(((PoisonException) cause).reason()).isEqualTo(reason);
    assertThat(((PoisonException) cause).schemaId()).isEqualTo(id);
  }

  private static void assertAway(ThrowingAsk ask, String... parts) {
    Throwable cause = causeOf(ask);
    assertThat(cause).isInstanceOf(RegistryUnavailableException.class);
    assertThat(cause.getMessage()).contains(parts);
  }

  @Test
  void tenThousandConcurrentAsksAreOneRequest() throws Exception {
    List<HttpServerRequest> held = new CopyOnWriteArrayList<>();
    routes.put("/schemas/ids/7", held::add);
    AtomicInteger same = new AtomicInteger();
    Context context = vertx.getOrCreateContext();
    Promise<SchemaRegistry> made = Promise.promise();
    List<Future<AvroJson>> asked = new CopyOnWriteArrayList<>();
    context.runOnContext(
        v -> {
          SchemaRegistry registry =
              new SchemaRegistry(
                  vertx, Settings.of(configuration(url()).put("registry.timeout", "10s")));
          for (int i = 0; i < 10_000; i++) {
            asked.add(registry.writerFor(7));
          }
          made.complete(registry);
        });
    SchemaRegistry registry = await(made.future());
    Awaitility.await().until(() -> !held.isEmpty());
    held.forEach(request -> schema("\"long\"").handle(request));
    AvroJson writer = await(asked.get(0));
    for (Future<AvroJson> future : asked) {
      if (await(future) == writer) {
        same.incrementAndGet();
      }
    }
    assertThat(same).hasValue(10_000);
    assertThat(requests).containsExactly("/schemas/ids/7");
    Promise<AvroJson> later = Promise.promise();
    context.runOnContext(v -> registry.writerFor(7).onComplete(later));
    assertThat(await(later.future())).as("from the cache").isSameAs(writer);
    assertThat(requests).hasSize(1);
    assertThat(json(writer, 2)).isEqualTo("1");
  }

  @Test
  void anUnknownIdIsPoisonAndIsAskedForAgainOnlyAfterItsTime() throws Exception {
    routes.put("/schemas/ids/9", r -> answer(r, 404, UNKNOWN));
    Context context = vertx.getOrCreateContext();
    Promise<SchemaRegistry> made = Promise.promise();
    context.runOnContext(
        v ->
            made.complete(
                new SchemaRegistry(
                    vertx, Settings.of(configuration(url()).put("registry.unknown.ttl", "3s")))));
    SchemaRegistry registry = await(made.future());
    for (int i = 0; i < 20; i++) {
      assertPoison(() -> await(onContext(context, registry, 9)), PoisonReason.UNKNOWN_SCHEMA, 9);
    }
    assertThat(requests).hasSize(1);
    routes.put("/schemas/ids/9", schema("\"int\""));
    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .ignoreExceptions()
        .until(() -> await(onContext(context, registry, 9)) != null);
  }

  private Future<AvroJson> onContext(Context context, SchemaRegistry registry, int id) {
    Promise<AvroJson> promise = Promise.promise();
    context.runOnContext(v -> registry.writerFor(id).onComplete(promise));
    return promise.future();
  }

  @Test
  void aRegistryInTroubleIsAskedAgain() throws Exception {
    AtomicInteger count = new AtomicInteger();
    for (int status : new int[] {503, 500, 429, 408, 502, 504}) {
      count.set(0);
      routes.put(
          "/schemas/ids/1",
          r -> {
            if (count.getAndIncrement() == 0) {
              answer(r, status, "");
            } else {
              schema("\"long\"").handle(r);
            }
          });
      assertThat(json(ask(1), 4)).as("after %d", status).isEqualTo("2");
    }
  }

  @Test
  void aRegistryThatStaysInTroubleIsAwayAfterABoundedNumberOfAsks() {
    routes.put("/schemas/ids/1", r -> answer(r, 503, "<html>maintenance</html>"));
    assertAway(() -> ask(1), url(), "503");
    assertThat(requests).hasSize(3);
  }

  @Test
  void aResetConnectionIsAskedAgain() throws Exception {
    AtomicInteger count = new AtomicInteger();
    routes.put(
        "/schemas/ids/1",
        r -> {
          if (count.getAndIncrement() == 0) {
            r.connection().close();
          } else {
            schema("\"long\"").handle(r);
          }
        });
    assertThat(json(ask(1), 4)).isEqualTo("2");
    assertThat(count).hasValue(2);
  }

  @Test
  void aConnectionThatBreaksInsideTheBodyIsAskedAgain() throws Exception {
    AtomicInteger count = new AtomicInteger();
    routes.put(
        "/schemas/ids/1",
        r -> {
          if (count.getAndIncrement() == 0) {
            r.response().putHeader("content-length", "1000").write("{\"schema\":");
            vertx.setTimer(50, id -> r.connection().close());
          } else {
            schema("\"long\"").handle(r);
          }
        });
    assertThat(json(ask(1), 4)).isEqualTo("2");
  }

  @Test
  void aSlowRegistryIsAwayAfterTheTimeout() {
    routes.put("/schemas/ids/1", r -> {});
    long start = System.nanoTime();
    assertAway(() -> ask(1), url(), "400 ms", "registry.timeout");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void aRegistryThatDripsIsAwayAfterTheTimeoutToo() {
    routes.put(
        "/schemas/ids/1",
        r -> {
          r.response().setChunked(true);
          long timer = vertx.setPeriodic(50, id -> r.response().write(" "));
          r.connection().closeHandler(v -> vertx.cancelTimer(timer));
        });
    assertAway(() -> ask(1), "400 ms");
  }

  @Test
  void aHugeAnswerIsCutOff() {
    AtomicInteger sent = new AtomicInteger();
    Buffer chunk = Buffer.buffer(new byte[256 << 10]);
    routes.put(
        "/schemas/ids/1",
        r -> {
          r.response().setChunked(true);
          long timer =
              vertx.setPeriodic(
                  1,
                  id -> {
                    if (!r.response().writeQueueFull()) {
                      r.response().write(chunk);
                      sent.addAndGet(chunk.length());
                    }
                  });
          r.connection().closeHandler(v -> vertx.cancelTimer(timer));
        });
    JsonObject configuration = configuration(url()).put("registry.timeout", "20s");
    assertAway(
        () -> on(configuration, registry -> registry.writerFor(1)),
        "1048576 bytes",
        "registry.response.max.size");
    assertThat(sent.get()).as("cut off").isLessThan(20 << 20);
    assertThat(requests).as("it would say the same again").hasSize(1);
  }

  @Test
  void ahundredMegabytesThatAreAnnouncedAreNotRead() {
    AtomicInteger sent = new AtomicInteger();
    int length = 100 << 20;
    Buffer chunk = Buffer.buffer(new byte[64 << 10]);
    routes.put(
        "/schemas/ids/1",
        r -> {
          r.response().putHeader("Content-Length", String.valueOf(length));
          long timer =
              vertx.setPeriodic(
                  1,
                  id -> {
                    while (sent.get() < length && !r.response().writeQueueFull()) {
                      r.response().write(chunk);
                      sent.addAndGet(chunk.length());
                    }
                  });
          r.connection().closeHandler(v -> vertx.cancelTimer(timer));
        });
    JsonObject configuration = configuration(url()).put("registry.timeout", "20s");
    assertAway(
        () -> on(configuration, registry -> registry.writerFor(1)), "registry.response.max.size");
    assertThat(sent.get()).as("what fits into the sockets' buffers").isLessThan(20 << 20);
    assertThat(requests).hasSize(1);
  }

  @Test
  void retryAfterIsHonouredUpToAMaximum() throws Exception {
    List<Long> times = new CopyOnWriteArrayList<>();
    routes.put(
        "/schemas/ids/1",
        r -> {
          times.add(System.nanoTime());
          if (times.size() == 1) {
            r.response().putHeader("Retry-After", "2");
            answer(r, 429, "");
          } else {
            schema("\"long\"").handle(r);
          }
        });
    assertThat(json(ask(1), 4)).isEqualTo("2");
    assertThat(Duration.ofNanos(times.get(1) - times.get(0)))
        .isGreaterThanOrEqualTo(Duration.ofMillis(1_950));
    times.clear();
    routes.put(
        "/schemas/ids/2",
        r -> {
          times.add(System.nanoTime());
          r.response().putHeader("Retry-After", "86400");
          answer(r, 503, "");
        });
    JsonObject bounded =
        configuration(url()).put("registry.retry.after.max", "300ms").put("registry.attempts", 2);
    assertAway(() -> on(bounded, registry -> registry.writerFor(2)), "503");
    assertThat(Duration.ofNanos(times.get(1) - times.get(0)))
        .isBetween(Duration.ofMillis(290), Duration.ofSeconds(10));
  }

  @Test
  void otherRefusalsAreNotAskedAgainButElsewhere() throws Exception {
    for (int status : new int[] {400, 404, 405, 410, 501}) {
      requests.clear();
      routes.put("/schemas/ids/1", r -> answer(r, status, ""));
      assertAway(() -> ask(1), "" + status);
      assertThat(requests).as("status %d", status).hasSize(1);
      routes.put("/api/schemas/ids/1", schema("\"long\""));
      on(configuration(url(), url() + "/api"), registry -> registry.writerFor(1));
      assertThat(requests).endsWith("/schemas/ids/1", "/api/schemas/ids/1");
    }
  }

  @Test
  void aBearerTokenIsSent() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    routes.put(
        "/schemas/ids/1",
        r -> {
          seen.add(r.getHeader("Authorization"));
          schema("\"long\"").handle(r);
        });
    on(configuration(url()).put("registry.token", "abc.def"), registry -> registry.writerFor(1));
    assertThat(seen).containsExactly("Bearer abc.def");
    JsonObject both =
        configuration(url())
            .put("registry.token", "abc.def")
            .put("registry.username", "u")
            .put("registry.password", "p");
    assertThat(RegistrySettings.problems(Settings.of(both)))
        .singleElement()
        .asString()
        .contains("registry.token", "registry.username")
        .doesNotContain("abc.def");
  }

  @Test
  void refusedCredentialsNameTheirSettingAndAreNoPoison() {
    for (int status : new int[] {401, 403}) {
      requests.clear();
      routes.put("/schemas/ids/1", r -> answer(r, status, "<html>no</html>"));
      assertAway(() -> ask(1), url(), "" + status, "registry.username", "registry.password");
      assertThat(requests).as("would lock the user out").hasSize(1);
    }
  }

  @Test
  void basicAuthenticationIsSent() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    routes.put(
        "/schemas/ids/1",
        r -> {
          seen.add(r.getHeader("Authorization"));
          schema("\"long\"").handle(r);
        });
    JsonObject configuration =
        configuration(url())
            .put("registry.username", "Aladdin")
            .put("registry.password", "open sesame");
    on(configuration, registry -> registry.writerFor(1));
    assertThat(seen).containsExactly("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  }

  @Test
  void answersThatAreNoRegistrysAreNoPoison() {
    assertAway(() -> ask(1), "404", "registry.urls");
    routes.put("/schemas/ids/1", r -> answer(r, 404, "{\"error_code\":404,\"message\":\"x\"}"));
    assertAway(() -> ask(1), "404", "registry.urls");
    routes.put("/schemas/ids/1", r -> answer(r, 404, ""));
    assertAway(() -> ask(1), "404");
    routes.put("/schemas/ids/1", r -> answer(r, 200, "<html>log in here</html>"));
    assertAway(() -> ask(1), "200", "registry.urls");
    routes.put("/schemas/ids/1", r -> answer(r, 200, "[]"));
    assertAway(() -> ask(1), "200");
    routes.put("/schemas/ids/1", r -> answer(r, 200, "{}"));
    assertAway(() -> ask(1), "schema");
    routes.put("/schemas/ids/1", r -> answer(r, 302, ""));
    assertAway(() -> ask(1), "302", "registry.urls");
    routes.put("/schemas/ids/1", r -> answer(r, 404, "{\"error_code\":40401}"));
    assertAway(() -> ask(1), "40401");
  }

  @Test
  void otherSchemaTypesArePoison() {
    routes.put(
        "/schemas/ids/4", r -> answer(r, 200, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"x\"}"));
    assertPoison(() -> ask(4), PoisonReason.SCHEMA_NOT_AVRO, 4);
    routes.put("/schemas/ids/5", schema("{\"type\":\"nonsense\"}"));
    assertPoison(() -> ask(5), PoisonReason.INVALID_SCHEMA, 5);
  }

  @Test
  void failsOverToTheNextAddressAndStaysThere() throws Exception {
    NetServer resetting =
        await(
            vertx
                .createNetServer()
                .connectHandler(socket -> socket.handler(b -> socket.close()))
                .listen(0, "127.0.0.1"));
    routes.put("/api/schemas/ids/1", schema("\"long\""));
    routes.put("/api/schemas/ids/2", schema("\"int\""));
    JsonObject configuration =
        configuration(
            "http://127.0.0.1:" + resetting.actualPort(), "http://127.0.0.1:1", url() + "/api/");
    on(configuration, r -> r.writerFor(1).compose(first -> r.writerFor(2)));
    assertThat(requests).containsExactly("/api/schemas/ids/1", "/api/schemas/ids/2");
  }

  @Test
  void referencesAreResolved() throws Exception {
    JsonArray toB =
        new JsonArray()
            .add(new JsonObject().put("name", "B").put("subject", "b/x y").put("version", 3));
    JsonArray toC =
        new JsonArray()
            .add(new JsonObject().put("name", "C").put("subject", "c").put("version", 1));
    String a =
        """
        {"type":"record","name":"A","fields":[{"name":"b","type":"B"},{"name":"c","type":"C"}]}""";
    String b = "{\"type\":\"record\",\"name\":\"B\",\"fields\":[{\"name\":\"c\",\"type\":\"C\"}]}";
    String c = "{\"type\":\"enum\",\"name\":\"C\",\"symbols\":[\"X\",\"Y\"]}";
    answers("/schemas/ids/1", a, toB.copy().addAll(toC));
    answers("/subjects/b%2Fx%20y/versions/3", b, toC);
    answers("/subjects/c/versions/1", c, new JsonArray());
    assertThat(json(ask(1), 2, 0)).isEqualTo("{\"b\":{\"c\":\"Y\"},\"c\":\"X\"}");
    assertThat(requests).as("each once").hasSize(3);
    routes.put("/subjects/c/versions/1", r -> answer(r, 404, "{\"error_code\":40402}"));
    assertPoison(() -> ask(1), PoisonReason.INVALID_SCHEMA, 1);
    routes.put("/subjects/c/versions/1", r -> answer(r, 500, ""));
    assertAway(() -> ask(1), "500");
  }

  @Test
  void referencesInACircleEnd() {
    JsonArray toD =
        new JsonArray()
            .add(new JsonObject().put("name", "D").put("subject", "d").put("version", 1));
    answers("/schemas/ids/1", "{\"type\":\"array\",\"items\":\"D\"}", toD);
    answers("/subjects/d/versions/1", "{\"type\":\"array\",\"items\":\"E\"}", toD);
    assertPoison(() -> ask(1), PoisonReason.INVALID_SCHEMA, 1);
    assertThat(requests).hasSize(2);
  }

  private void answers(String path, String schema, JsonArray references) {
    routes.put(
        path,
        r ->
            answer(
                r,
                200,
                new JsonObject().put("schema", schema).put("references", references).encode()));
  }

  @Test
  void httpsTrustsWhatIsConfiguredAndNothingElse(@TempDir Path directory) throws Exception {
    SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
    routes.put("/schemas/ids/1", schema("\"long\""));
    HttpServer tls =
        await(
            serve(
                new HttpServerOptions()
                    .setSsl(true)
                    .setKeyCertOptions(certificate.keyCertOptions()),
                routes));
    String url = "https://localhost:" + tls.actualPort();
    assertAway(
        () -> on(configuration(url), r -> r.writerFor(1)),
        url,
        "is signed by 'localhost', which is not trusted",
        "registry.truststore.location");
    JsonObject trusting =
        configuration(url).put("registry.truststore.location", certificate.certificatePath());
    assertThat(json(on(trusting.put("registry.timeout", "5s"), r -> r.writerFor(1)), 2))
        .isEqualTo("1");
    Path broken = Files.writeString(directory.resolve("trust.p12"), "not a store");
    assertThatThrownBy(
            () ->
                on(
                    configuration(url).put("registry.truststore.location", broken.toString()),
                    r -> r.writerFor(1)))
        .cause()
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("registry.truststore.location");
    certificate.delete();
  }

  @Test
  void httpsShowsTheClientsCertificate(@TempDir Path directory) throws Exception {
    SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
    routes.put("/schemas/ids/1", schema("\"long\""));
    HttpServer tls =
        await(
            serve(
                new HttpServerOptions()
                    .setSsl(true)
                    .setClientAuth(ClientAuth.REQUIRED)
                    .setTrustOptions(certificate.trustOptions())
                    .setKeyCertOptions(certificate.keyCertOptions()),
                routes));
    JsonObject trusting =
        configuration("https://localhost:" + tls.actualPort())
            .put("registry.timeout", "5s")
            .put("registry.truststore.location", trustStore(directory, certificate).toString())
            .put("registry.truststore.password", "changeit");
    assertAway(
        () -> on(trusting, r -> r.writerFor(1)),
        "client certificate",
        "registry.keystore.location");
    assertThat(requests).isEmpty();
    on(
        trusting
            .copy()
            .put("registry.keystore.location", certificate.certificatePath())
            .put("registry.keystore.key.location", certificate.privateKeyPath()),
        r -> r.writerFor(1));
    Path both = directory.resolve("both.pem");
    Files.writeString(
        both,
        Files.readString(Path.of(certificate.privateKeyPath()))
            + Files.readString(Path.of(certificate.certificatePath())));
    on(trusting.copy().put("registry.keystore.location", both.toString()), r -> r.writerFor(1));
    assertThat(requests).hasSize(2);
    certificate.delete();
  }

  private static Path trustStore(Path directory, SelfSignedCertificate certificate)
      throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream pem = Files.newInputStream(Path.of(certificate.certificatePath()))) {
      store.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    Path file = directory.resolve("trust.p12");
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, "changeit".toCharArray());
    }
    return file;
  }

  @Test
  void settingsAreChecked() {
    for (String bad :
        List.of("ftp://x", "registry:8081", "http://u:p@x", "http://x?y=1", "http://", " ")) {
      assertThatThrownBy(() -> Settings.of(configuration(bad)).get(RegistrySettings.URLS))
          .as(bad)
          .isInstanceOf(ConfigurationException.class);
    }
    assertThatThrownBy(() -> Settings.of(new JsonObject()).get(RegistrySettings.URLS))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("registry.urls");
    assertThat(
            RegistrySettings.problems(
                Settings.of(
                    configuration("http://x")
                        .put("registry.username", "u")
                        .put("registry.keystore.location", "no/such/file.pem"))))
        .hasSize(2)
        .anyMatch(p -> p.contains("registry.password"))
        .anyMatch(p -> p.contains("no/such/file.pem"));
  }
}
