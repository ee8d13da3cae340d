package io.bierelay.avro;

import io.bierelay.check.ClientSide;
import io.bierelay.check.Endpoint;
import io.bierelay.check.Greeting;
import io.bierelay.check.Problem;
import io.bierelay.check.Reach;
import io.bierelay.check.Remedies;
import io.bierelay.check.ServerCheck;
import io.bierelay.check.Steps;
import io.bierelay.http.BoundedExchange;
import io.bierelay.http.BoundedExchange.Answer;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Tries each address of the schema registry, with the client and the login of ours. */
public final class RegistryCheck implements ServerCheck {

  private static final int REQUEST_MS = 2_500;
  private static final long MAX_SIZE = 4L << 20;

  /** A login's or a certificate's time is judged in minutes; less is of no concern. */
  private static final Duration SKEW = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final Settings settings;
  private final List<String> subjects;

  /**
   * Does nothing yet.
   *
   * @param subjects whose latest schemas are read
   */
  public RegistryCheck(Vertx vertx, Settings settings, List<String> subjects) {
    this.vertx = vertx;
    this.settings = settings;
    this.subjects = List.copyOf(subjects);
  }

  @Override
  public String server() {
    return "Schema registry";
  }

  @Override
  public Optional<ServerCheck> and(ServerCheck other) {
    if (!(other instanceof RegistryCheck second)) {
      return Optional.empty();
    }
    Set<String> all = new LinkedHashSet<>(subjects);
    all.addAll(second.subjects);
    // A setting has one value in a process.
    return Optional.of(new RegistryCheck(vertx, settings, List.copyOf(all)));
  }

  @Override
  public void run(Steps steps) {
    steps.each(settings.get(RegistrySettings.URLS), this::address);
  }

  private void address(Steps steps, String address) {
    String url = address.replaceAll("/+$", "");
    if (!Reach.to(steps, endpoint(URI.create(url)))) {
      return;
    }
    HttpClient client = vertx.createHttpClient(RegistryTls.options(settings));
    try {
      if (!steps.step("login", url, () -> logIn(steps, client, url))) {
        return;
      }
      for (String subject : subjects) {
        steps.step("subject", subject, () -> subject(client, url, subject));
      }
    } finally {
      var unused = client.close();
    }
  }

  private String logIn(Steps steps, HttpClient client, String url) throws Exception {
    Answer answer = ask(client, url + "/subjects");
    String date = answer.headers().get("Date");
    if (date != null) {
      clock(steps, url, date);
    }
    if (answer.status() == 401 || answer.status() == 403) {
      throw refused(answer.status(), "it refused the login").toException();
    }
    if (answer.status() != 200 || !answer.body().toString().strip().startsWith("[")) {
      throw new Problem(
              "it answers %d to GET /subjects, which is no schema registry's answer"
                  .formatted(answer.status()),
              "check the path in registry.urls; does a proxy or gateway answer in its place?")
          .toException();
    }
    return RegistryTls.authorization(settings).isPresent()
        ? "let in with our login"
        : "let in without a login";
  }

  private static void clock(Steps steps, String url, String date) {
    try {
      Instant theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration skew = Duration.between(theirs, Instant.now());
      if (skew.abs().compareTo(SKEW) > 0) {
        steps.noted(
            "clock",
            url,
            "our clock is %d s %s the server's"
                .formatted(skew.abs().toSeconds(), skew.isNegative() ? "behind" : "ahead of"),
            "set the clock of this machine, or of the server (NTP)");
      } else {
        steps.passed("clock", url, "less than %d s apart".formatted(SKEW.toSeconds()));
      }
    } catch (DateTimeException e) {
      steps.skipped("clock", url, "the server's answer has no date that can be read");
    }
  }

  private String subject(HttpClient client, String url, String subject) throws Exception {
    Answer answer = ask(client, url + RegistrySubjects.path(subject) + "/latest");
    JsonObject json;
    try {
      json = new JsonObject(answer.body());
    } catch (DecodeException | ClassCastException e) {
      json = new JsonObject();
    }
    if (answer.status() == 200 && json.containsKey("id")) {
      return "version %s, id %s".formatted(json.getValue("version"), json.getValue("id"));
    }
    if (answer.status() == 401 || answer.status() == 403) {
      throw refused(answer.status(), "we have no permission to read the subject").toException();
    }
    if (answer.status() == 404 && RegistryHttp.errorCode(json) / 100 == 404) {
      throw new Problem(
              "the registry has no such subject",
              "is a schema registered for the topic, is this the right registry? Check"
                  + " registry.urls and kafka.topic.*")
          .toException();
    }
    throw new Problem(
            "the registry answers %d".formatted(answer.status()),
            "see the registry's own log; check the path in registry.urls")
        .toException();
  }

  private static Problem refused(int status, String what) {
    return new Problem(
        "%s (%d)".formatted(what, status),
        "check registry.username and registry.password, or registry.token, or the client's"
            + " certificate in registry.keystore.location");
  }

  private Answer ask(HttpClient client, String url) throws Exception {
    RequestOptions options = RegistryHttp.request(HttpMethod.GET, url);
    RegistryTls.authorization(settings)
        .ifPresent(value -> options.putHeader("Authorization", value));
    return BoundedExchange.run(vertx, client, options, null, REQUEST_MS, MAX_SIZE)
        .toCompletionStage()
        .toCompletableFuture()
        .get(REQUEST_MS + 200, TimeUnit.MILLISECONDS);
  }

  @Override
  public Problem explain(Throwable failure) {
    Throwable e = failure;
    while (e.getCause() != null) {
      e = e.getCause();
    }
    if (e instanceof TimeoutException) {
      return new Problem(
          "it does not answer in time", "is it overloaded, does a proxy hold the request?");
    }
    if (e instanceof ConfigurationException configuration) {
      return new Problem(
          String.join("; ", configuration.problems()),
          "check registry.truststore.* and" + " registry.keystore.*");
    }
    return new Problem(
        e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(), "check registry.*");
  }

  private Endpoint endpoint(URI uri) {
    boolean https = "https".equals(uri.getScheme());
    Callable<ClientSide> side =
        https
            ? () ->
                ClientSide.of(TlsMaterial.of(RegistrySettings.CERTIFICATES, settings).refreshed())
            : null;
    String host = uri.getHost().replaceAll("[\\[\\]]", "");
    return new Endpoint(
        host,
        uri.getPort() > 0 ? uri.getPort() : https ? 443 : 80,
        side,
        false,
        Greeting.http(host),
        new Remedies(
            "registry.urls",
            "write https in place of http in registry.urls",
            "write http in place of https in registry.urls, or name the port that speaks TLS",
            "registry.truststore.location",
            "registry.keystore.location"));
  }
}
