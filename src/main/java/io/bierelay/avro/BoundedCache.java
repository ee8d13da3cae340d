package io.bierelay.avro;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A map that forgets what was not asked for the longest once it is full. Not for several threads.
 */
final class BoundedCache<K, V> extends LinkedHashMap<K, V> {

  private static final long serialVersionUID = 1L;

  private final int size;

  /**
   * An empty one.
   *
   * @param size how many entries it keeps, at least 1
   */
  BoundedCache(int size) {
    super(16, 0.75f, true);
    this.size = size;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > size;
  }
}
