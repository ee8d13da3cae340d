package io.bierelay.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.UUID;

/**
 * Hands out signed tokens to one client (OAuth 2.0's client credentials), and the key by which a
 * server verifies them.
 */
public final class SandboxTokens implements AutoCloseable {

  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final int VALID_SECONDS = 3_600;
  private static final String KEY_ID = "sandbox";

  private final String client;
  private final String secret = UUID.randomUUID().toString();
  private final KeyPair published = keys();
  private final KeyPair another = keys();
  private final HttpServer server;
  private volatile boolean forging;

  /** Starts at once; its one client is the subject of the tokens. */
  public SandboxTokens(String client) {
    this.client = client;
    try {
      server =
          HttpServer.create(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), Ports.free()), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/token", this::token);
    server.createContext("/keys", exchange -> answer(exchange, 200, keySet()));
    server.start();
  }

  /** Where tokens are asked for. */
  public String tokenUrl() {
    return url() + "/token";
  }

  /** Where the key is, as a JWKS. */
  public String keysUrl() {
    return url() + "/keys";
  }

  /** What the client has to know. */
  public String secret() {
    return secret;
  }

  /** From now on whether tokens are signed by another key than the one that is published. */
  public void forge(boolean on) {
    forging = on;
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void token(HttpExchange exchange) throws IOException {
    String login =
        "Basic " + Base64.getEncoder().encodeToString((client + ":" + secret).getBytes(UTF_8));
    if (!login.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      answer(exchange, 401, new JsonObject().put("error", "invalid_client"));
      return;
    }
    answer(
        exchange,
        200,
        new JsonObject()
            .put("access_token", token())
            .put("token_type", "Bearer")
            .put("expires_in", VALID_SECONDS));
  }

  private String token() {
    long now = Instant.now().getEpochSecond();
    JsonObject header = new JsonObject().put("alg", "RS256").put("typ", "JWT").put("kid", KEY_ID);
    JsonObject claims =
        new JsonObject()
            .put("sub", client)
            .put("scope", "kafka")
            .put("iat", now)
            .put("exp", now + VALID_SECONDS);
    String text = part(header) + "." + part(claims);
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign((forging ? another : published).getPrivate());
      signature.update(text.getBytes(UTF_8));
      return text + "." + BASE64.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String part(JsonObject json) {
    return BASE64.encodeToString(json.encode().getBytes(UTF_8));
  }

  private JsonObject keySet() {
    RSAPublicKey key = (RSAPublicKey) published.getPublic();
    JsonObject one =
        new JsonObject()
            .put("kty", "RSA")
            .put("use", "sig")
            .put("alg", "RS256")
            .put("kid", KEY_ID)
            .put("n", number(key.getModulus()))
            .put("e", number(key.getPublicExponent()));
    return new JsonObject().put("keys", new JsonArray().add(one));
  }

  /** Without the zero that would be a sign. */
  private static String number(BigInteger number) {
    byte[] bytes = number.toByteArray();
    return BASE64.encodeToString(
        bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
  }

  private static void answer(HttpExchange exchange, int status, JsonObject body)
      throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      byte[] bytes = body.encode().getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
