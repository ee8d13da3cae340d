package io.bierelay.persist;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.OwnChannel;
import io.bierelay.rabbit.RabbitSession;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Goes once through all dead letters that are there, on a session of its own.
 *
 * <p>A queue can only be read by taking from it. So each letter is fetched and left unacknowledged,
 * and all that were not dealt with go back to the queue when the session is closed. That counts as
 * a delivery, and RabbitMQ 4 gives a message of a quorum queue up after 20: a letter that was
 * delivered a few times is therefore replaced by a fresh copy, confirmed before the old one is
 * removed.
 *
 * <p>Works in slices, so that the rate can be bounded and nothing blocks an event loop.
 */
final class DeadLetterRun {

  /** An exclusive queue of this name, of the connection that is at it: nobody else is then. */
  private static final String LOCK = DeadLetters.NAME + ".lock";

  private static final int RENEW_AFTER = 5;
  private static final int SLICE = 200;
  private static final long SLICE_BYTES = 8L << 20;
  private static final long CONFIRM_MS = 30_000;
  private static final int RESOURCE_LOCKED = 405;

  private final Vertx vertx;
  private final RabbitSession session;
  private final long deadline;
  private final Promise<Boolean> done = Promise.promise();
  private int left;

  /** Fetched, not acknowledged, and wanted. */
  record Held(DeadLetter letter, GetResponse message) {}

  /** Somebody else is at it. */
  static final class BusyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BusyException() {
      super("somebody else is looking into the dead letters; ask again", null, false, false);
    }
  }

  private record Slice(List<Held> wanted, boolean last) {}

  private DeadLetterRun(Vertx vertx, RabbitSession session, int left, long limitMs) {
    this.vertx = vertx;
    this.session = session;
    this.left = left;
    this.deadline = System.nanoTime() + limitMs * 1_000_000;
  }

  /**
   * Makes sure that nobody else is at it, and counts what is there: what arrives later, such as
   * what was replayed and failed again, is not visited.
   *
   * @param most how many letters are looked at at most
   * @param limitMs after so long no further slice is begun
   */
  static Future<DeadLetterRun> begin(Vertx vertx, RabbitSession session, int most, long limitMs) {
    return session
        .withChannel(
            channel -> {
              DeadLetters.declare(channel);
              lock(channel);
              return (int) Math.min(most, channel.messageCount(DeadLetters.NAME));
            })
        .map(count -> new DeadLetterRun(vertx, session, count, limitMs));
  }

  private static void lock(Channel channel) throws IOException {
    try {
      channel.queueDeclare(LOCK, false, true, true, null);
    } catch (IOException e) {
      if (isLocked(e)) {
        throw new BusyException();
      }
      throw e;
    }
  }

  private static boolean isLocked(IOException e) {
    return e.getCause() instanceof com.rabbitmq.client.ShutdownSignalException shutdown
        && shutdown.getReason() instanceof AMQP.Channel.Close close
        && close.getReplyCode() == RESOURCE_LOCKED;
  }

  /**
   * Goes through.
   *
   * @param wanted asked on a worker thread
   * @param deal told of each slice's wanted letters with the channel that they were fetched on; the
   *     next slice begins when it completes, with how many milliseconds to wait first, or with a
   *     negative number to stop
   * @return whether all were visited
   */
  Future<Boolean> go(Predicate<DeadLetter> wanted, Function<Visit, Future<Long>> deal) {
    session.ownChannel().onFailure(done::fail).onSuccess(own -> step(own, wanted, deal));
    return done.future();
  }

  /** A slice that somebody has to deal with. */
  record Visit(OwnChannel channel, List<Held> letters) {}

  private void step(
      OwnChannel own, Predicate<DeadLetter> wanted, Function<Visit, Future<Long>> deal) {
    own.run(channel -> next(channel, wanted))
        .compose(
            slice ->
                deal.apply(new Visit(own, slice.wanted()))
                    .onSuccess(pause -> goOn(own, wanted, deal, slice.last(), pause)))
        .onFailure(done::tryFail);
  }

  private void goOn(
      OwnChannel own,
      Predicate<DeadLetter> wanted,
      Function<Visit, Future<Long>> deal,
      boolean last,
      long pause) {
    if (last) {
      done.tryComplete(true);
    } else if (pause < 0 || System.nanoTime() > deadline) {
      done.tryComplete(false);
    } else {
      vertx.setTimer(Math.max(1, pause), id -> step(own, wanted, deal));
    }
  }

  private Slice next(Channel channel, Predicate<DeadLetter> wanted)
      throws IOException, TimeoutException {
    List<Held> held = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < SLICE && bytes < SLICE_BYTES; i++) {
      GetResponse message = left-- > 0 ? channel.basicGet(DeadLetters.NAME, false) : null;
      if (message == null) {
        return new Slice(held, true);
      }
      bytes += message.getBody().length;
      DeadLetter letter = DeadLetter.of(message.getProps(), message.getBody().length);
      if (wanted.test(letter)) {
        held.add(new Held(letter, message));
      } else if (letter.deliveries() >= RENEW_AFTER) {
        renew(channel, new Held(letter, message));
      }
    }
    return new Slice(held, false);
  }

  /** Replaces a letter by a copy whose deliveries count from none. Blocking. */
  static void renew(Channel channel, Held held) throws IOException, TimeoutException {
    channel.basicPublish(
        DeadLetters.NAME,
        held.message().getEnvelope().getRoutingKey(),
        held.letter().renewed(held.message().getProps()),
        held.message().getBody());
    confirmed(channel);
    channel.basicAck(held.message().getEnvelope().getDeliveryTag(), false);
  }

  /** Likewise, of those that were not removed after all, which need it. Blocking. */
  static void renewWornOut(Channel channel, List<Held> kept) throws IOException, TimeoutException {
    for (Held held : kept) {
      if (held.letter().deliveries() >= RENEW_AFTER) {
        renew(channel, held);
      }
    }
  }

  /** Waits until the broker has confirmed all that was published on the channel. */
  static void confirmed(Channel channel) throws IOException, TimeoutException {
    try {
      if (!channel.waitForConfirms(CONFIRM_MS)) {
        throw new IOException("RabbitMQ refused a message (basic.nack); a queue may be full");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a confirm", e);
    }
  }
}
