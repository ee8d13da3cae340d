package io.bierelay.event;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A record that is dropped because the configuration says so: nothing of it leaves, and only its
 * offset completes.
 *
 * <p>It takes the way of all others, so that its offset never completes before those in front of
 * it.
 *
 * @param reason a short constant such as {@code null-value}
 */
public record Skipped(UUID id, Origin origin, String eventType, String reason) implements Outbound {

  @Override
  public int size() {
    return 0;
  }

  @Override
  public @Nullable Instant recordedAt() {
    return null;
  }
}
