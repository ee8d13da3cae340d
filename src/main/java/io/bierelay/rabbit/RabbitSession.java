package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BlockedListener;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.bierelay.settings.Settings;
import io.bierelay.thread.OrderedThread;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One RabbitMQ connection with its channels, which live and die together.
 *
 * <p>When the connection or any channel dies, the whole session is over: everything pending on it
 * fails at once and nothing is used again, no delivery tag, no confirm. Its owner opens a new one;
 * {@link RabbitLink} does that with backoff.
 *
 * <p>Methods may be called from any thread; futures complete on the context that opened the
 * session. Calls that may block run on a thread of their own per channel, never on an event loop.
 */
public final class RabbitSession {

  /**
   * Messages that may be unconfirmed on a publisher's channel unless told otherwise. RabbitMQ
   * spends more on each message the more of them wait in its processes: on one machine 500 are a
   * tenth faster than 2,000. For 20,000 messages a second a confirm may take 37 ms.
   */
  public static final int DEFAULT_WINDOW = 750;

  private static final Logger LOG = LoggerFactory.getLogger(RabbitSession.class);

  /** How long the broker may take to answer a farewell. */
  private static final int CLOSE_MS = 2_000;

  private static final AtomicLong SERIAL = new AtomicLong();

  private final Vertx vertx;
  private final Context context;
  private final Socket socket;
  private final OutgoingFrames frames;
  private final Connection connection;
  private final String name;
  private final OrderedThread control;
  private final Promise<Void> over = Promise.promise();
  private final Promise<Void> aborted = Promise.promise();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile String blockedReason = "";

  private RabbitSession(
      Vertx vertx,
      Context context,
      Connection connection,
      SessionConnectionFactory made,
      String name) {
    this.vertx = vertx;
    this.socket = made.socket();
    this.frames = made.frames();
    this.context = context;
    this.connection = connection;
    this.name = name;
    this.control = newThread(context, name + "-control");
  }

  /** What is done on a channel; may block. */
  @FunctionalInterface
  public interface ChannelWork<T> {
    /** Runs on a worker thread. */
    T on(Channel channel) throws IOException, TimeoutException;
  }

  /**
   * Connects.
   *
   * @param name shown in RabbitMQ's list of connections
   * @return fails with what {@link RabbitFailure#describe} explains
   */
  public static Future<RabbitSession> open(Vertx vertx, Settings settings, String name) {
    Context context = vertx.getOrCreateContext();
    return vertx.executeBlocking(
        () -> {
          SessionConnectionFactory factory = RabbitSettings.factory(settings, name);
          factory.setSharedExecutor(new CallingThread());
          Connection connection = factory.newConnection(name);
          RabbitSession session = new RabbitSession(vertx, context, connection, factory, name);
          connection.addShutdownListener(cause -> session.end(RabbitFailure.describe(cause)));
          connection.addBlockedListener(session.new Blocked());
          return session;
        },
        false);
  }

  /**
   * Fails with the reason when the session is over; succeeds when it was closed on purpose.
   * Completes on the context that opened the session.
   */
  public Future<Void> over() {
    return over.future();
  }

  /** Whether it still lives. */
  public boolean isOpen() {
    return !ended.get() && connection.isOpen();
  }

  /**
   * Why the broker takes no messages at the moment (its memory or disk alarm); empty if it does.
   */
  public String blockedReason() {
    return blockedReason;
  }

  /**
   * Runs work on a channel of its own, which is closed afterwards: for declarations. A channel that
   * the server closes over it (a clash of declarations) does not end the session.
   */
  public <T> Future<T> withChannel(ChannelWork<T> work) {
    return control.run(() -> once(work));
  }

  /** The same, without waiting for what others do: for work of which there is much at once. */
  public <T> Future<T> aside(ChannelWork<T> work) {
    OrderedThread thread = newThread(context, name + "-aside");
    Future<T> done = thread.run(() -> once(work));
    thread.close();
    return done;
  }

  private <T> T once(ChannelWork<T> work) throws IOException, TimeoutException {
    Channel channel = newChannel();
    try {
      return work.on(channel);
    } finally {
      if (channel.isOpen()) {
        channel.abort();
      }
    }
  }

  /** Opens a channel in confirm mode, with {@link #DEFAULT_WINDOW}. */
  public Future<ConfirmingPublisher> publisher() {
    return publisher(DEFAULT_WINDOW);
  }

  /**
   * Opens a channel in confirm mode.
   *
   * @param window how many messages may be unconfirmed on it, at least 1
   */
  public Future<ConfirmingPublisher> publisher(int window) {
    return publisher(window, false);
  }

  /**
   * Opens a channel in confirm mode that writes each batch in one piece, as far as the window and
   * the operating system allow.
   *
   * @param window how many messages may be unconfirmed on it, at least 1
   */
  public Future<ConfirmingPublisher> groupingPublisher(int window) {
    return publisher(window, true);
  }

  /**
   * Opens a channel that publishes each batch as one transaction.
   *
   * @param turn a queue that the channel has for itself, as long as the channel lives
   * @return fails as {@link RabbitFailure#isInUse} tells while another channel has it
   */
  public Future<TransactingPublisher> transactingPublisher(String turn) {
    OrderedThread thread = newThread(context, name + "-publish");
    return thread
        .run(() -> new TransactingPublisher(this, thread, turn, frames).begun())
        .onFailure(e -> thread.close());
  }

  private Future<ConfirmingPublisher> publisher(int window, boolean inOnePiece) {
    OrderedThread thread = newThread(context, name + "-publish");
    return thread
        .run(
            () -> {
              Channel channel = newChannel();
              // The client's confirmSelect also keeps a tree of all unconfirmed numbers, a node for
              // each message, for its waitForConfirms, which nobody calls on this channel.
              channel.rpc(new AMQP.Confirm.Select.Builder().build());
              endWith(channel);
              return new ConfirmingPublisher(this, channel, thread, window, frames, inOnePiece);
            })
        .onFailure(e -> thread.close());
  }

  /**
   * Opens a channel that consumes queues with manual acknowledgement.
   *
   * @param prefetch how many messages may be unacknowledged, 1 to 65535
   */
  public Future<RabbitConsumer> consumer(int prefetch) {
    OrderedThread thread = newThread(context, name + "-consume");
    return thread
        .run(
            () -> {
              Channel channel = newChannel();
              channel.basicQos(prefetch);
              endWith(channel);
              return new RabbitConsumer(this, channel, thread);
            })
        .onFailure(e -> thread.close());
  }

  /** Opens a channel in confirm mode for work in several pieces. */
  public Future<OwnChannel> ownChannel() {
    OrderedThread thread = newThread(context, name + "-own");
    return thread
        .run(
            () -> {
              Channel channel = newChannel();
              channel.confirmSelect();
              endWith(channel);
              return new OwnChannel(this, channel, thread);
            })
        .onFailure(e -> thread.close());
  }

  /**
   * Ends the session on purpose; completes when the broker has answered or the connection is cut,
   * after a few seconds at most.
   */
  public Future<Void> close() {
    if (ended.compareAndSet(false, true)) {
      context.runOnContext(v -> over.complete());
      abort();
    }
    return aborted.future();
  }

  /**
   * Ends the session because it can no longer be trusted: everything pending on it fails.
   *
   * @param reason for the person on call
   */
  public void end(String reason) {
    if (ended.compareAndSet(false, true)) {
      LOG.debug("session {} is over: {}", name, reason);
      context.runOnContext(v -> over.fail(new RabbitSessionOverException(reason)));
      abort();
    }
  }

  /**
   * On a thread that nothing else uses: what blocks on the others fails only once this is done. A
   * write that the broker does not take blocks the client's own farewell as well; then closing the
   * socket under both is all that helps.
   */
  private void abort() {
    OrderedThread thread = newThread(context, name + "-abort");
    long timer = vertx.setTimer(CLOSE_MS + CLOSE_MS / 2, t -> closeSocket());
    thread
        .<Void>run(
            () -> {
              connection.abort(CLOSE_MS);
              return null;
            })
        .onComplete(done -> vertx.cancelTimer(timer))
        .onComplete(aborted);
    thread.close();
    control.close();
  }

  private void closeSocket() {
    OrderedThread thread = newThread(context, name + "-socket");
    thread
        .<Void>run(
            () -> {
              socket.close();
              return null;
            })
        .onFailure(e -> LOG.debug("the socket of {} did not close: {}", name, e.toString()));
    thread.close();
  }

  /** Why it is over, for what was pending on it. */
  RabbitSessionOverException overNow() {
    return over.future().cause() instanceof RabbitSessionOverException known
        ? known
        : new RabbitSessionOverException("the session was closed");
  }

  /** What the broker says it is. */
  public BrokerVersion broker() {
    return BrokerVersion.of(connection);
  }

  Context context() {
    return context;
  }

  Channel newChannel() throws IOException {
    Channel channel = connection.createChannel();
    if (channel == null) {
      throw new IOException("RabbitMQ allows no more channels on this connection");
    }
    return channel;
  }

  /** A lost channel means lost confirms or delivery tags: the session can't be trusted any more. */
  private void endWith(Channel channel) {
    channel.addShutdownListener(cause -> end(RabbitFailure.describe(cause)));
  }

  private static OrderedThread newThread(Context context, String name) {
    return new OrderedThread(context, name + "-" + SERIAL.incrementAndGet());
  }

  private final class Blocked implements BlockedListener {
    @Override
    public void handleBlocked(String reason) {
      blockedReason = reason.isEmpty() ? "no reason given" : reason;
      LOG.warn("RabbitMQ takes no messages for the moment: {}", reason);
    }

    @Override
    public void handleUnblocked() {
      blockedReason = "";
      LOG.info("RabbitMQ takes messages again");
    }
  }
}
