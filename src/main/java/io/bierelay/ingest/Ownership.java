package io.bierelay.ingest;

import io.bierelay.ingest.ConsumerGroup.Description;
import io.bierelay.ingest.ConsumerGroup.Member;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which partition, by one description of the group after the other.
 *
 * <p>While the group rebalances Kafka tells its members but not what they own. With cooperative
 * rebalancing they go on with it, so what was told last holds for as long as the member is there.
 */
final class Ownership {

  private final Map<TopicPartition, Member> owners = new HashMap<>();
  private final Map<TopicPartition, Since> since = new HashMap<>();

  private record Since(String memberId, Instant at) {}

  /** Learns the newest description. */
  void learn(Description group, Set<TopicPartition> partitions, Instant now) {
    if (group.stable()) {
      owners.clear();
      group.members().forEach(member -> member.owned().forEach(tp -> owners.put(tp, member)));
    } else {
      Map<String, Member> there =
          group.members().stream().collect(Collectors.toMap(Member::id, Function.identity()));
      owners.values().removeIf(member -> !there.containsKey(member.id()));
    }
    since.keySet().retainAll(partitions);
    for (TopicPartition partition : partitions) {
      Member owner = owners.get(partition);
      String id = owner == null ? "" : owner.id();
      Since before = since.get(partition);
      if (before == null || !Objects.equals(before.memberId(), id)) {
        since.put(partition, new Since(id, now));
      }
    }
  }

  /** Null if nobody owns it. */
  @Nullable Member ownerOf(TopicPartition partition) {
    return owners.get(partition);
  }

  /** Since when it has been so, as far as this process has looked. */
  Instant since(TopicPartition partition) {
    Since known = since.get(partition);
    return known == null ? Instant.now() : known.at();
  }
}
