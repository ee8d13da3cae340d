package io.bierelay.listener;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The messages that were received and are neither done nor given back: keeps them hidden from
 * others for as long as they are here. Used on one event loop.
 */
final class HeldMessages {

  private static final Logger LOG = LoggerFactory.getLogger(HeldMessages.class);

  private final SqsQueue queue;
  private final Set<String> begun = new HashSet<>();
  private final Map<String, String> idByReceipt = new LinkedHashMap<>();

  HeldMessages(SqsQueue queue) {
    this.queue = queue;
  }

  int size() {
    return idByReceipt.size();
  }

  void add(String receipt, String messageId) {
    idByReceipt.put(receipt, messageId);
  }

  /** Its turn has come; false if it was given back meanwhile. */
  boolean begin(String receipt) {
    return idByReceipt.containsKey(receipt) && begun.add(receipt);
  }

  /** It is done, or has failed; false if it was given back before. */
  boolean end(String receipt) {
    begun.remove(receipt);
    return idByReceipt.remove(receipt) != null;
  }

  /** Hides all of them for another while. */
  void renew() {
    hide(idByReceipt.keySet(), queue.visibilitySeconds());
  }

  /** Gives back at once those whose turn has not come. */
  Future<Void> giveBackWaiting() {
    List<String> waiting =
        idByReceipt.keySet().stream().filter(receipt -> !begun.contains(receipt)).toList();
    idByReceipt.keySet().removeAll(waiting);
    return hide(waiting, 0);
  }

  /** Gives all back at once. */
  Future<Void> giveBack() {
    List<String> all = List.copyOf(idByReceipt.keySet());
    idByReceipt.clear();
    begun.clear();
    return hide(all, 0);
  }

  /**
   * Hides messages that may not be held for some seconds; always completes with success: what could
   * not be hidden comes again when its time is over.
   */
  Future<Void> hide(Collection<String> receipts, int seconds) {
    List<String> all = List.copyOf(receipts);
    List<Future<Void>> batches = new ArrayList<>();
    for (int from = 0; from < all.size(); from += SqsQueue.BATCH) {
      List<String> batch = all.subList(from, Math.min(all.size(), from + SqsQueue.BATCH));
      batches.add(
          queue
              .hide(batch, seconds)
              .onSuccess(refused -> tell(refused, seconds))
              .onFailure(
                  e ->
                      LOG.warn(
                          "{}; {} messages could not be hidden for {} s",
                          queue.describe(e),
                          batch.size(),
                          seconds))
              .<Void>mapEmpty()
              .otherwiseEmpty());
    }
    return batches.isEmpty() ? Future.succeededFuture() : Future.join(batches).mapEmpty();
  }

  /** As a rule they were deleted while this was on its way. */
  private static void tell(List<String> refused, int seconds) {
    if (!refused.isEmpty()) {
      LOG.debug("SQS did not hide {} messages for {} s: {}", refused.size(), seconds, refused);
    }
  }
}
