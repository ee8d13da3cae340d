package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A stream of ever new schema ids must not fill the memory, nor drive out what is in use. */
class BoundedCacheTest {

  @Test
  void keepsWhatWasAskedForLast() {
    BoundedCache<Integer, String> cache = new BoundedCache<>(2);
    cache.put(1, "one");
    cache.put(2, "two");
    assertThat(cache.get(1)).isEqualTo("one");
    cache.put(3, "three");
    assertThat(cache).containsOnlyKeys(1, 3);
  }
}
