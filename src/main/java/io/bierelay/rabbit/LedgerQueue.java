package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The queues by which the broker remembers one partition: a lock, which belongs to one connection
 * and is gone with it, and a ledger, which keeps the last message that it got.
 *
 * <p>The ledger is bound to nothing: what is routed to it could never be unroutable any more. It
 * gets notes of its own, by the default exchange.
 *
 * @param ledger the ledger's name
 * @param lock the lock's name
 * @param turn the name of a queue without messages that the publishing channel consumes, where each
 *     message is published with its note: see {@link TransactingPublisher}
 */
public record LedgerQueue(String ledger, String lock, String turn) {

  private static final int MAX_NAME = 255;

  private static final String LEDGER = "bie-ledger.";

  /** Within what a relay that has ledgers may declare and read anyhow. */
  private static final String TURN = "bie-ledger-turn.";

  /** Not left to the virtual host's default: a note must outlive the channel that brought it. */
  private static final Map<String, Object> ARGUMENTS =
      Map.of("x-queue-type", "classic", "x-max-length", 1);

  /**
   * What was found.
   *
   * @param consumers how many consume it, which nobody should
   * @param last the properties of its message; null if it is empty
   * @param problem why it can't be used at all; empty if it can
   */
  public record Found(int consumers, AMQP.@Nullable BasicProperties last, String problem) {}

  /** The queues of a partition; a name that AMQP can't carry is made shorter. */
  public static LedgerQueue of(String topic, int partition) {
    String suffix = topic + '.' + partition;
    String hash = UUID.nameUUIDFromBytes(suffix.getBytes(StandardCharsets.UTF_8)).toString();
    String kept = LEDGER.length() + suffix.length() > MAX_NAME ? hash : suffix;
    String turn = TURN.length() + suffix.length() > MAX_NAME ? hash : suffix;
    return new LedgerQueue(LEDGER + kept, "bie-lock." + kept, TURN + turn);
  }

  /**
   * Takes the lock, or makes sure that this session has it; then declares the ledger if it is not
   * there, and looks at its message, which stays.
   *
   * @return fails as {@link RabbitFailure#isLocked} tells while another connection has the lock
   */
  public Future<Found> take(RabbitSession session) {
    return session.aside(
        channel -> {
          channel.queueDeclare(lock, false, true, false, null);
          try {
            return look(channel);
          } catch (IOException e) {
            if (RabbitFailure.isClash(e)) {
              return new Found(0, null, RabbitFailure.describe(e));
            }
            throw e;
          }
        });
  }

  /**
   * Takes the lock alone.
   *
   * @return fails as {@link #take} does
   */
  public Future<Void> takeLock(RabbitSession session) {
    return session
        .aside(channel -> channel.queueDeclare(lock, false, true, false, null))
        .mapEmpty();
  }

  /** Takes the lock again after somebody has deleted it. */
  public Future<Void> takeAgain(RabbitSession session) {
    return session
        .withChannel(channel -> channel.queueDeclare(lock, false, true, false, null))
        .mapEmpty();
  }

  /** Whether the lock still is there, and ours; fails as {@link #take} does if it is another's. */
  public Future<Boolean> isTaken(RabbitSession session) {
    return session
        .withChannel(channel -> channel.queueDeclarePassive(lock))
        .map(ok -> true)
        .recover(
            e ->
                RabbitFailure.isAbsent(e) ? Future.succeededFuture(false) : Future.failedFuture(e));
  }

  /** Gives the lock back; only when nothing of the partition is under way on the session. */
  public Future<Void> release(RabbitSession session) {
    return session.withChannel(channel -> channel.queueDelete(lock)).mapEmpty();
  }

  /** Declares the ledger once more after somebody has deleted it. */
  public Future<Void> declare(RabbitSession session) {
    return session
        .withChannel(channel -> channel.queueDeclare(ledger, true, false, false, ARGUMENTS))
        .mapEmpty();
  }

  private Found look(Channel channel) throws IOException {
    AMQP.Queue.DeclareOk declared = channel.queueDeclare(ledger, true, false, false, ARGUMENTS);
    GetResponse last = channel.basicGet(ledger, false);
    if (last != null) {
      channel.basicReject(last.getEnvelope().getDeliveryTag(), true);
    }
    return new Found(declared.getConsumerCount(), last == null ? null : last.getProps(), "");
  }

  /** A note for the ledger. */
  public OutboundMessage note(AMQP.BasicProperties properties) {
    return new OutboundMessage("", ledger, properties, new byte[0]);
  }
}
