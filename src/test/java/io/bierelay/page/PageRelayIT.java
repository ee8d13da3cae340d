package io.bierelay.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;
import io.bierelay.access.Credential;
import io.bierelay.access.Role;
import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.LauncherRelay;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.ScratchDirectory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A person at the page of a relay that really runs: Kafka, RabbitMQ and PostgreSQL below it, the
 * roles by the production launcher, Chromium above.
 */
class PageRelayIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration SOON = Duration.ofSeconds(2);
  private static final ContentionType TYPE = ContentionType.UPDATED;
  private static final String OPERATOR = Credential.newToken();
  private static final String VIEWER = Credential.newToken();
  private static final double PER_SECOND = 50;

  private static final AtomicInteger notified = new AtomicInteger();
  private static ScratchDirectory scratch;
  private static RelayServers servers;
  private static LauncherRelay relay;
  private static EventPublisher publisher;
  private static Connection connection;
  private static Channel channel;
  private static Browser browser;
  private Tab tab;

  @BeforeAll
  static void start() throws Exception {
    scratch = ScratchDirectory.create("credentials");
    servers = new RelayServers().start(2);
    connection = servers.rabbit().connect();
    channel = connection.createChannel();
    channel.exchangeDeclare(TYPE.exchange(), "topic", true);
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, TYPE.exchange(), "#");
    channel.basicConsume(queue, true, (tag, one) -> notified.incrementAndGet(), tag -> {});
    Map<String, Object> settings = new HashMap<>(servers.settings());
    String file =
        Credential.lineForToken("olga", Role.OPERATOR, OPERATOR)
            + "\n"
            + Credential.lineForToken("vera", Role.VIEWER, VIEWER)
            + "\n";
    settings.put("admin.credentials.files", List.of(scratch.write("credentials", file).toString()));
    relay = new LauncherRelay();
    relay.start(List.of("svc-bie-kafka", "workflow"), settings);
    AdminClient admin = new AdminClient(servers.adminUrl());
    await().atMost(LIMIT).until(() -> admin.status("/health/ready") == 200);
    browser = new Browser();
  }

  @AfterAll
  static void stop() throws Exception {
    try (RelayServers all = servers;
        ScratchDirectory files = scratch;
        Connection c = connection;
        Browser b = browser) {
      relay.stop();
    }
  }

  @BeforeEach
  void open() {
    publisher = servers.publisher();
    publisher.publishSteadily(new ContentionEvents(7), PER_SECOND);
    tab = browser.newTab();
  }

  @AfterEach
  void close() {
    publisher.close();
    assertThat(tab.complaints()).isEmpty();
    tab.close();
  }

  private void signIn(String token, String view) {
    tab.open(servers.adminUrl() + "/" + view).awaitText("h1", "Sign in");
    tab.type("[name=token]", token).press("Enter");
    tab.awaitTrue("!document.getElementById('nav').hidden");
  }

  private static String one(int partition) {
    return "#/partitions/" + TYPE.topic() + "/" + partition;
  }

  private long figure(String name) {
    String text =
        tab.text(
            "[...document.querySelectorAll('.pairs dt')].find((e) => e.textContent === '"
                + name
                + "')?.nextElementSibling.textContent ?? ''");
    String digits = text.replaceAll("[^0-9]", "");
    return digits.isEmpty() ? -1 : Long.parseLong(digits);
  }

  @Test
  void whoIsNotKnownIsToldSoAndAViewerMayOnlyLook() {
    tab.open(servers.adminUrl() + "/" + one(0)).awaitText("h1", "Sign in");
    tab.type("[name=token]", "wrong").press("Enter").awaitText(".error", "not known");
    tab.type("[name=token]", VIEWER).press("Enter").awaitText("#who", "vera · viewer");
    tab.awaitText(".note", "viewer").awaitText(".named", "running");
    assertThat(tab.text("document.querySelector('.controls button').getAttribute('aria-disabled')"))
        .isEqualTo("true");
  }

  @Test
  void theNumbersMoveAndEachViewFitsInBothThemesAndOnAPhone() {
    signIn(OPERATOR, "");
    tab.awaitText(".live", "live").awaitText(".verdict", "Everything flows");
    tab.awaitTrue("parseFloat(document.querySelector('.figure .value').textContent) > 20");
    tab.awaitText(".cards", "bie-").awaitText(".figure", "Dead letters");
    // Until the chart has something to show.
    tab.awaitTrue("document.querySelector('.figure .stroke').getAttribute('d')?.length > 150");
    for (boolean dark : new boolean[] {false, true}) {
      for (int width : new int[] {1360, 360}) {
        tab.dark(dark).size(width, width > 500 ? 900 : 780);
        String suffix = (dark ? "-dark-" : "-light-") + width;
        for (String view : List.of("", "partitions", one(0).substring(2), "settings")) {
          tab.evaluate("location.hash = '#/" + view + "'");
          tab.awaitTrue("document.querySelector('.verdict, .row, .pairs, .setting')?.offsetParent");
          tab.screenshot("relay-" + name(view) + suffix);
          assertThat(tab.overflow()).as(view + suffix).isZero();
          assertThat(tab.barriers()).as(view + suffix).isEmpty();
        }
      }
    }
    long before = publisher.published().get(TYPE);
    tab.evaluate("location.hash = '" + one(0) + "'");
    await().atMost(LIMIT).until(() -> figure("Position") >= 0);
    long position = figure("Position");
    await().atMost(LIMIT).until(() -> figure("Position") > position);
    assertThat(publisher.published().get(TYPE)).isGreaterThanOrEqualTo(before);
  }

  private static String name(String view) {
    return view.isEmpty() ? "overview" : view.contains("/") ? "partition" : view;
  }

  @Test
  void aPauseShowsWithinTwoSecondsEventsWaitAndTheResumeLetsThemGo() {
    signIn(OPERATOR, one(1));
    tab.awaitText(".named", "running").click(".controls button", "Pause");
    tab.type("dialog [name=why]", "the consumer is mended");
    tab.click("dialog .primary", "Pause 1 partition");
    long begun = System.nanoTime();
    tab.awaitText(".named", "paused", SOON).awaitText(".why", "olga", SOON);
    System.out.printf("a pause shows after %d ms%n", (System.nanoTime() - begun) / 1_000_000);
    // What a relay that did not stop would not let grow.
    await().atMost(LIMIT).until(() -> figure("Behind") > 20);
    tab.screenshot("relay-paused");
    tab.click(".controls button", "Resume").type("dialog [name=why]", "it is mended");
    tab.click("dialog .primary", "Resume 1 partition").awaitText(".named", "running", SOON);
    await().atMost(LIMIT).until(() -> figure("Behind") < 10);
  }

  @Test
  void aReplayPublishesAsManyEventsAsItsDryRunSays() {
    signIn(OPERATOR, one(0));
    tab.awaitText(".named", "running");
    await().atMost(LIMIT).until(() -> figure("Position") > 100);
    publisher.pause();
    publisher.flush();
    tab.awaitTrue(
        "[...document.querySelectorAll('.pairs dd')].some((e) => e.textContent === '0 events')");
    await().atMost(LIMIT).during(SOON).until(notified::get, count -> count > 0);
    int before = notified.get();

    tab.click(".controls button", "Replay …").choose("dialog select", "earliest");
    tab.click("dialog .primary", "Count the events");
    tab.awaitText("dialog .dryrun", "events again to " + TYPE.exchange());
    int events = Integer.parseInt(tab.textOf("dialog .primary").replaceAll("\\D", ""));
    assertThat(events).isGreaterThan(100);
    assertThat(notified.get()).as("after the dry run").isEqualTo(before);
    tab.screenshot("relay-replay");
    tab.type("dialog [name=why]", "the consumer lost them").click("dialog .primary");
    tab.awaitText(".toasts", "again to " + TYPE.exchange());
    await().atMost(LIMIT).until(() -> notified.get() >= before + events);
    tab.awaitTrue(
        "[...document.querySelectorAll('.pairs dd')].some((e) => e.textContent === '0 events')");
    assertThat(notified.get()).isEqualTo(before + events);
  }

  @Test
  void aDeadLetterIsSentBackAndOneFromKafkaStays() throws Exception {
    publisher
        .publish(
            new ProducerRecord<>(TYPE.topic(), 0, "1", "no Avro".getBytes(StandardCharsets.UTF_8)))
        .get();
    channel.basicPublish(
        TYPE.exchange(),
        "x",
        MessageProperties.PERSISTENT_TEXT_PLAIN,
        "no JSON".getBytes(StandardCharsets.UTF_8));
    signIn(OPERATOR, "#/dead-letters");
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> {
              tab.click("button", "Look again")
                  .awaitTrue("!document.querySelector('.letters[aria-busy]')");
              return tab.textOf(".found");
            },
            found -> found.startsWith("2 dead letters"));
    tab.screenshot("relay-dead-letters");
    assertThat(tab.barriers()).isEmpty();
    tab.click("button", "Replay all 2").awaitText("dialog", "2 events go back");
    tab.click("dialog .primary", "Send 2 events back");
    tab.awaitText(".toasts", "1 dead letter sent back", LIMIT);
    tab.awaitText(".toasts", "stage-decode");
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> {
              tab.click("button", "Look again")
                  .awaitTrue("!document.querySelector('.letters[aria-busy]')");
              return tab.textOf(".letters");
            },
            letters -> letters.contains("1 time"));
  }
}
