package io.bierelay.notify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Owner A publishes a partition of a few messages and dies, or is cut off, or stalls, at any step;
 * owner B takes over by what the ledger says. All interleavings are gone through.
 *
 * <p>Steps of a message: the owner <em>sends</em> it; the channel <em>routes</em> it to the ledger
 * and on its way to the client's queue in one operation; the queue <em>takes</em> it, in order; it
 * <em>stores</em> it; the channel tells the owner, who <em>notes</em> it. A crash of the owner ends
 * its connection, and with it the lock; the channel ends once all that was sent is routed, or at
 * any point before, and only then is the turn free. A stall is every interleaving in which one of
 * the others does many steps first.
 *
 * <p>What a queue that is a Raft log does with commands on their way to it when their channel is
 * gone is the point: see {@link Broker}.
 */
final class LedgerModel {

  private static final int MESSAGES = 3;

  /** The quorum queue's soft limit, made small. */
  private static final int LIMIT = 1;

  /** How the queue's side of a channel behaves when the channel ends. */
  enum Broker {
    /** What is on its way arrives, whatever becomes of the channel. */
    CLASSIC,
    /** What is above the soft limit waits in the channel and is gone with it. */
    KEEPS_ABOVE_LIMIT,
    /**
     * The log's leader puts off what arrives, and the end of the channel passes it by: what comes
     * after that is taken for out of sequence. So RabbitMQ 3.10 does, seen in its code and played
     * on a server with its leader suspended.
     */
    PUTS_OFF
  }

  /** A's channel. */
  private enum Channel {
    /** Its owner uses it. */
    USED,
    /** Its connection is gone, and with that the lock, but what was sent may still be routed. */
    ENDING,
    /** It does nothing any more. */
    GONE
  }

  /** From where B goes on. */
  enum Rule {
    /** Behind the last that was routed: one operation routes it to its queue and to the ledger. */
    ROUTED,
    /** The same, by a note that follows the message on its channel. */
    ROUTED_THEN_NOTED,
    /** Behind the last that was confirmed: the ledger gets a note then. */
    CONFIRMED
  }

  /**
   * What was found.
   *
   * @param losses ends in which a message is in no queue and nobody will send it
   * @param duplicates ends in which a message is in the queue twice
   * @param mostDuplicates the most messages that one end has too many
   * @param example the steps to the first loss; empty if there is none
   */
  record Outcome(int states, int losses, int duplicates, int mostDuplicates, String example) {}

  /**
   * Everything there is.
   *
   * @param sent how many A has sent; the next is what it sends next
   * @param routed how many of them its channel has routed
   * @param onTheWay what was routed and the queue has not taken
   * @param queue what the queue has taken
   * @param stored how many of them survive a restart
   * @param acked how many A knows to be confirmed
   * @param ledger how many the ledger says are done with, by the rule
   * @param channel what A's channel can still do
   * @param life counts the broker's restarts
   * @param noted the broker's life when the ledger was written
   * @param begun where B began; -1 before
   * @param next what B publishes next
   */
  private record State(
      int sent,
      int routed,
      List<Integer> onTheWay,
      List<Integer> queue,
      int stored,
      int acked,
      int ledger,
      Channel channel,
      int life,
      int noted,
      int sure,
      int begun,
      int next) {}

  private final Broker broker;
  private final Rule rule;
  private final int window;
  private boolean restarts;
  private boolean witness = true;
  private boolean lock = true;
  private boolean turn = true;

  LedgerModel(Broker broker, Rule rule, int window) {
    this.broker = broker;
    this.rule = rule;
    this.window = window;
  }

  /** The broker may be restarted once, before B takes over. */
  LedgerModel restarting() {
    restarts = true;
    return this;
  }

  /** B does not look whether the broker was restarted. */
  LedgerModel blind() {
    witness = false;
    return this;
  }

  /** B does not wait until A's connection is gone. */
  LedgerModel unlocked() {
    lock = false;
    return this;
  }

  /** B waits until A's connection is gone, and not for its channel. */
  LedgerModel outOfTurn() {
    turn = false;
    return this;
  }

  Outcome explore() {
    State first = new State(0, 0, List.of(), List.of(), 0, 0, 0, Channel.USED, 0, 0, 0, -1, 0);
    Map<State, String> ways = new HashMap<>();
    Deque<State> todo = new ArrayDeque<>(List.of(first));
    ways.put(first, "");
    int losses = 0;
    int duplicates = 0;
    int most = 0;
    String example = "";
    while (!todo.isEmpty()) {
      State state = todo.remove();
      Map<String, State> steps = steps(state);
      for (Map.Entry<String, State> step : steps.entrySet()) {
        String way = ways.get(state) + ' ' + step.getKey();
        if (ways.putIfAbsent(step.getValue(), way) == null) {
          todo.add(step.getValue());
        }
      }
      if (isEnd(state, steps)) {
        Set<Integer> arrived = new HashSet<>(state.queue());
        int twice = state.queue().size() - arrived.size();
        if (arrived.size() < MESSAGES) {
          losses++;
          example = example.isEmpty() ? ways.get(state) : example;
        }
        duplicates += twice > 0 ? 1 : 0;
        most = Math.max(most, twice);
      }
    }
    return new Outcome(ways.size(), losses, duplicates, most, example);
  }

  /** B has done all that it has to do, and nothing is under way. */
  private static boolean isEnd(State s, Map<String, State> steps) {
    return s.begun() >= 0 && s.next() == MESSAGES && steps.isEmpty();
  }

  private Map<String, State> steps(State s) {
    Map<String, State> steps = new HashMap<>();
    if (s.channel() == Channel.USED) {
      owner(s, steps);
    }
    if (s.channel() != Channel.GONE) {
      channel(s, steps);
    }
    if (!s.onTheWay().isEmpty() && (s.channel() != Channel.GONE || broker != Broker.PUTS_OFF)) {
      // PUTS_OFF: once the channel's end is known, what was put off is refused; see end().
      List<Integer> queue = plus(s.queue(), s.onTheWay().get(0));
      steps.put(
          "take", copy(s, s.sent(), s.routed(), rest(s.onTheWay()), queue, s.stored(), s.acked()));
    }
    if (s.stored() < s.queue().size()) {
      steps.put(
          "store",
          copy(s, s.sent(), s.routed(), s.onTheWay(), s.queue(), s.stored() + 1, s.acked()));
    }
    if (restarts && s.life() == 0 && s.begun() < 0) {
      steps.put("restart", restart(s));
    }
    successor(s, steps);
    return steps;
  }

  private void owner(State s, Map<String, State> steps) {
    boolean room = s.sent() - s.acked() < window;
    if (s.sent() < MESSAGES && room) {
      steps.put(
          "send",
          copy(s, s.sent() + 1, s.routed(), s.onTheWay(), s.queue(), s.stored(), s.acked()));
    }
    int confirmable = Math.min(s.stored(), s.routed());
    if (s.begun() < 0 && s.acked() < confirmable) {
      steps.put(
          "confirm",
          copy(s, s.sent(), s.routed(), s.onTheWay(), s.queue(), s.stored(), s.acked() + 1));
    }
    if (rule == Rule.CONFIRMED && s.ledger() < s.acked()) {
      steps.put("note", noted(s, s.acked()));
    }
    steps.put("crash", ending(s, Channel.ENDING, s.onTheWay()));
  }

  private void channel(State s, Map<String, State> steps) {
    if (s.routed() < s.sent()) {
      State routed =
          copy(
              s,
              s.sent(),
              s.routed() + 1,
              plus(s.onTheWay(), s.routed()),
              s.queue(),
              s.stored(),
              s.acked());
      steps.put("route", rule == Rule.ROUTED ? noted(routed, s.routed() + 1) : routed);
    }
    if (rule == Rule.ROUTED_THEN_NOTED && s.ledger() < s.routed()) {
      steps.put("note", noted(s, s.routed()));
    }
    if (s.channel() == Channel.ENDING) {
      steps.put("end", end(s));
    }
  }

  /** The channel ends: what of it had not reached its queue may be gone. */
  private State end(State s) {
    List<Integer> onTheWay = new ArrayList<>(s.onTheWay());
    if (broker == Broker.KEEPS_ABOVE_LIMIT) {
      while (onTheWay.size() > LIMIT) {
        onTheWay.remove(onTheWay.size() - 1);
      }
    } else if (broker == Broker.PUTS_OFF) {
      onTheWay.clear();
    }
    return ending(s, Channel.GONE, List.copyOf(onTheWay));
  }

  private static State ending(State s, Channel channel, List<Integer> onTheWay) {
    return new State(
        s.sent(),
        s.routed(),
        onTheWay,
        s.queue(),
        s.stored(),
        s.acked(),
        s.ledger(),
        channel,
        s.life(),
        s.noted(),
        s.sure(),
        s.begun(),
        s.next());
  }

  /** What was not stored is gone, and so are all channels; the ledger was stored. */
  private static State restart(State s) {
    return new State(
        s.sent(),
        s.routed(),
        List.of(),
        s.queue().subList(0, s.stored()),
        s.stored(),
        s.acked(),
        s.ledger(),
        Channel.GONE,
        s.life() + 1,
        s.noted(),
        s.sure(),
        s.begun(),
        s.next());
  }

  /** B publishes one after the other, each until it is stored: it is not what is in question. */
  private void successor(State s, Map<String, State> steps) {
    boolean free = s.channel() == Channel.GONE || (!turn && s.channel() == Channel.ENDING) || !lock;
    if (s.begun() < 0 && free) {
      boolean sure = rule == Rule.CONFIRMED || !witness || s.noted() == s.life();
      int from = sure ? s.ledger() : s.sure();
      steps.put("begin", begun(s, from, from));
    }
    boolean quiet = s.onTheWay().isEmpty();
    if (s.begun() >= 0 && s.next() < MESSAGES && (quiet || !lock)) {
      List<Integer> queue = plus(s.queue(), s.next());
      int stored = s.stored() == s.queue().size() ? queue.size() : s.stored();
      State published = copy(s, s.sent(), s.routed(), s.onTheWay(), queue, stored, s.acked());
      steps.put("publish", begun(published, s.begun(), s.next() + 1));
    }
  }

  private static State noted(State s, int ledger) {
    return new State(
        s.sent(),
        s.routed(),
        s.onTheWay(),
        s.queue(),
        s.stored(),
        s.acked(),
        ledger,
        s.channel(),
        s.life(),
        s.life(),
        Math.min(s.acked(), ledger),
        s.begun(),
        s.next());
  }

  private static State begun(State s, int begun, int next) {
    return new State(
        s.sent(),
        s.routed(),
        s.onTheWay(),
        s.queue(),
        s.stored(),
        s.acked(),
        s.ledger(),
        s.channel(),
        s.life(),
        s.noted(),
        s.sure(),
        begun,
        next);
  }

  private static State copy(
      State s,
      int sent,
      int routed,
      List<Integer> onTheWay,
      List<Integer> queue,
      int stored,
      int acked) {
    return new State(
        sent,
        routed,
        onTheWay,
        queue,
        stored,
        acked,
        s.ledger(),
        s.channel(),
        s.life(),
        s.noted(),
        s.sure(),
        s.begun(),
        s.next());
  }

  private static List<Integer> plus(List<Integer> list, int message) {
    List<Integer> longer = new ArrayList<>(list);
    longer.add(message);
    return List.copyOf(longer);
  }

  private static List<Integer> rest(List<Integer> list) {
    return List.copyOf(list.subList(1, list.size()));
  }
}
