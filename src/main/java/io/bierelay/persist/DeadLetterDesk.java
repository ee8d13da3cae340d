package io.bierelay.persist;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import io.bierelay.event.DeadLetterBus;
import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
import io.bierelay.event.NotificationFormat;
import io.bierelay.persist.DeadLetterRun.Held;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.RabbitFailure;
import io.bierelay.rabbit.RabbitSession;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Answers on {@link DeadLetterBus}: lists, counts, replays and discards dead letters, one request
 * at a time in all processes together.
 *
 * <p>What is to be removed is written to the audit first; and nothing is removed before the broker
 * has confirmed its replay. If anything breaks in between, the letter is still there, and to replay
 * it once more stores nothing twice.
 *
 * <p>Belongs to one verticle instance and is used on its context.
 */
final class DeadLetterDesk {

  private static final int DEFAULT_PAGE = 100;
  private static final int MAX_PAGE = 1_000;
  private static final int DEFAULT_LIMIT = 1_000;
  private static final int MAX_LIMIT = 100_000;
  private static final int MAX_WORDS = 200;
  private static final long TIME_MS = 30_000;

  private final Vertx vertx;
  private final Settings settings;
  private final EventCatalog catalog;
  private final DeadLetterAudit audit;
  private final PersistMeters meters;
  private final List<MessageConsumer<JsonObject>> consumers = new ArrayList<>();

  DeadLetterDesk(
      Vertx vertx,
      Settings settings,
      EventCatalog catalog,
      DeadLetterAudit audit,
      PersistMeters meters) {
    this.vertx = vertx;
    this.settings = settings;
    this.catalog = catalog;
    this.audit = audit;
    this.meters = meters;
  }

  /** Begins to answer. */
  void open() {
    answer(DeadLetterBus.LIST, this::list);
    answer(DeadLetterBus.COUNT, this::count);
    answer(DeadLetterBus.REPLAY, request -> remove(request, true));
    answer(DeadLetterBus.DISCARD, request -> remove(request, false));
  }

  /** Answers no more. */
  void close() {
    consumers.forEach(MessageConsumer::unregister);
  }

  private void answer(String address, Function<JsonObject, Future<JsonObject>> how) {
    consumers.add(
        vertx
            .eventBus()
            .localConsumer(
                address,
                request -> asked(how, request).onComplete(request::reply, e -> fail(request, e))));
  }

  private static Future<JsonObject> asked(
      Function<JsonObject, Future<JsonObject>> how, Message<JsonObject> request) {
    try {
      return how.apply(request.body());
    } catch (IllegalArgumentException | ClassCastException e) {
      return Future.failedFuture(
          e instanceof ClassCastException
              ? new IllegalArgumentException("a value has the wrong type")
              : e);
    }
  }

  private void fail(Message<JsonObject> request, Throwable e) {
    if (e instanceof IllegalArgumentException) {
      request.fail(DeadLetterBus.BAD_REQUEST, e.getMessage());
    } else if (e instanceof DeadLetterRun.BusyException) {
      request.fail(DeadLetterBus.BUSY, e.getMessage());
    } else if (e instanceof DeadLetterAudit.FailedException) {
      request.fail(DeadLetterBus.UNAVAILABLE, e.getMessage());
    } else {
      request.fail(DeadLetterBus.UNAVAILABLE, "RabbitMQ: " + RabbitFailure.describe(e));
    }
  }

  private static DeadLetterFilter filter(JsonObject request) {
    return DeadLetterFilter.of(request.getJsonObject("filter", new JsonObject()));
  }

  private static int number(JsonObject request, String key, int byDefault, int min, int max) {
    int value = request.getInteger(key, byDefault);
    if (value < min || value > max) {
      throw new IllegalArgumentException("'%s' must be %d to %d".formatted(key, min, max));
    }
    return value;
  }

  private static String words(JsonObject request, String key) {
    String words = request.getString(key, "").strip();
    if (words.length() > MAX_WORDS) {
      throw new IllegalArgumentException(
          "'%s' has more than %d characters".formatted(key, MAX_WORDS));
    }
    return words;
  }

  private Future<JsonObject> list(JsonObject request) {
    DeadLetterFilter filter = filter(request);
    int offset = number(request, "offset", 0, 0, Integer.MAX_VALUE);
    int limit = number(request, "limit", DEFAULT_PAGE, 1, MAX_PAGE);
    List<DeadLetter> matching = new ArrayList<>();
    return look(letter -> {
          if (filter.fits(letter)) {
            matching.add(letter);
          }
        })
        .map(
            answer -> {
              JsonArray page = new JsonArray();
              matching.stream().skip(offset).limit(limit).forEach(each -> page.add(each.toJson()));
              return answer.put("matching", matching.size()).put("letters", page);
            });
  }

  private Future<JsonObject> count(JsonObject request) {
    DeadLetterFilter filter = filter(request);
    Map<String, Object> byReason = new TreeMap<>();
    return look(letter -> {
          if (filter.fits(letter)) {
            byReason.merge(letter.reason(), 1, (a, b) -> (Integer) a + (Integer) b);
          }
        })
        .map(answer -> answer.put("byReason", new JsonObject(byReason)));
  }

  /** Shows each letter to somebody, and puts all back. */
  private Future<JsonObject> look(java.util.function.Consumer<DeadLetter> each) {
    int[] total = {0};
    return run(run ->
            run.go(
                letter -> {
                  // On the run's own worker thread, which has ended before anybody reads it.
                  total[0]++;
                  each.accept(letter);
                  return false;
                },
                visit -> Future.succeededFuture(0L)))
        .map(all -> new JsonObject().put("total", total[0]).put("complete", all));
  }

  private Future<Boolean> run(Function<DeadLetterRun, Future<Boolean>> what) {
    return RabbitSession.open(vertx, settings, "dead letters")
        .compose(
            session ->
                DeadLetterRun.begin(vertx, session, settings.get(DeadLetterSettings.LOOK), TIME_MS)
                    .compose(what)
                    .eventually(session::close));
  }

  private Future<JsonObject> remove(JsonObject request, boolean replay) {
    DeadLetterFilter filter = filter(request);
    int limit = Math.min(number(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT), filter.most());
    String by = words(request, "by");
    String why = words(request, "why");
    if (!replay && why.isEmpty()) {
      throw new IllegalArgumentException("'why' is missing: say why they are discarded");
    }
    Removal removal = new Removal(replay, limit, by, why);
    return run(run -> run.go(letter -> removal.wants(filter, letter), removal::deal))
        .map(
            all ->
                new JsonObject()
                    .put("done", removal.done)
                    .put("refused", new JsonObject(removal.refused))
                    .put("complete", (all || removal.taken >= filter.most()) && !removal.more));
  }

  /** One request to replay or discard, with what became of it so far. */
  private final class Removal {

    private final boolean replay;
    private final int limit;
    private final String by;
    private final String why;
    private final Map<String, Object> refused = new TreeMap<>();
    private int taken;
    private boolean more;
    private int done;

    Removal(boolean replay, int limit, String by, String why) {
      this.replay = replay;
      this.limit = limit;
      this.by = by;
      this.why = why;
    }

    boolean wants(DeadLetterFilter filter, DeadLetter letter) {
      if (!filter.fits(letter)) {
        return false;
      }
      more |= taken == limit;
      return taken < limit && taken++ >= 0;
    }

    Future<Long> deal(DeadLetterRun.Visit visit) {
      List<Held> possible = new ArrayList<>();
      for (Held held : visit.letters()) {
        if (!replay || destination(held).isPresent()) {
          possible.add(held);
        } else {
          refuse("stage-" + held.letter().stage());
        }
      }
      long started = System.nanoTime();
      return audit
          .write(replay ? "replay" : "discard", possible, by, why)
          .compose(v -> visit.channel().run(channel -> removed(channel, possible, visit.letters())))
          .map(gone -> told(gone, possible.size(), started));
    }

    private void refuse(String reason) {
      refused.merge(reason, 1, (a, b) -> (Integer) a + (Integer) b);
    }

    private long told(List<Held> gone, int tried, long started) {
      done += gone.size();
      for (int i = gone.size(); i < tried; i++) {
        refuse("unroutable");
      }
      gone.forEach(held -> meters.removed(replay, held.letter().reason()));
      if (taken >= limit) {
        return -1;
      }
      long dueMs = tried * 1_000L / settings.get(DeadLetterSettings.RATE);
      return Math.max(0, dueMs - (System.nanoTime() - started) / 1_000_000);
    }

    /** Blocking; all that is returned was confirmed and is acknowledged. */
    private List<Held> removed(Channel channel, List<Held> letters, List<Held> all)
        throws IOException, TimeoutException {
      List<Held> gone = new ArrayList<>(letters);
      if (replay && !letters.isEmpty()) {
        Set<String> returned = new HashSet<>();
        channel.clearReturnListeners();
        channel.addReturnListener(back -> returned.add(back.getProperties().getMessageId()));
        for (Held held : letters) {
          Destination to = destination(held).orElseThrow();
          channel.basicPublish(
              to.exchange(),
              to.routingKey(),
              true,
              DeadLetter.asBefore(held.message().getProps()),
              held.message().getBody());
        }
        DeadLetterRun.confirmed(channel);
        gone.removeIf(held -> returned.contains(held.message().getProps().getMessageId()));
      }
      for (Held held : gone) {
        channel.basicAck(held.message().getEnvelope().getDeliveryTag(), false);
      }
      List<Held> kept = new ArrayList<>(all);
      kept.removeAll(gone);
      DeadLetterRun.renewWornOut(channel, kept);
      return gone;
    }
  }

  private record Destination(String exchange, String routingKey) {}

  /**
   * Where a letter came from; empty if that can't be reached from here: what could not be decoded
   * came from Kafka, and is not written there.
   */
  private Optional<Destination> destination(Held held) {
    DeadLetter letter = held.letter();
    return switch (letter.stage()) {
      case "persist", "broker" ->
          letter.queue().isEmpty() || letter.queue().equals(DeadLetters.NAME)
              ? Optional.empty()
              : Optional.of(new Destination("", letter.queue()));
      case "notify" -> exchange(letter.eventType()).map(to -> new Destination(to, key(held)));
      default -> Optional.empty();
    };
  }

  private Optional<String> exchange(String eventType) {
    return catalog.types().stream()
        .filter(type -> type.name().equals(eventType))
        .map(EventType::exchange)
        .findFirst();
  }

  private static String key(Held held) {
    AMQP.BasicProperties properties = held.message().getProps();
    Object partition = NotificationReader.headers(properties).get(NotificationFormat.PARTITION);
    DeadLetter letter = held.letter();
    return NotificationFormat.routingKey(
        letter.eventType(),
        letter.origin().topic(),
        partition instanceof Number number ? number.intValue() : 0);
  }
}
