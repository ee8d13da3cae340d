package io.bierelay.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Says what Java's own SHA-1 says, whatever the lengths. */
class NameDigestTest {

  private final NameDigest digest = new NameDigest();

  private void sameAsJavas(byte[] beginning, byte[] end, int from, int to) throws Exception {
    MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
    sha1.update(beginning);
    sha1.update(end, from, to - from);
    ByteBuffer expected = ByteBuffer.wrap(sha1.digest());
    digest.digest(end, from, to);
    assertThat(digest.high()).isEqualTo(expected.getLong());
    assertThat(digest.low()).isEqualTo(expected.getLong());
  }

  @Test
  void everyPairOfLengthsAroundItsBlocks() throws Exception {
    byte[] bytes = new byte[200];
    new Random(5).nextBytes(bytes);
    for (int beginning = 0; beginning <= 200; beginning++) {
      digest.begin(Arrays.copyOf(bytes, beginning));
      for (int end = 0; end <= NameDigest.MOST; end++) {
        sameAsJavas(Arrays.copyOf(bytes, beginning), bytes, 0, end);
      }
    }
  }

  @Test
  void aBeginningServesAnyNumberOfEnds() throws Exception {
    long seed = System.nanoTime();
    System.out.printf("NameDigestTest: seed %d%n", seed);
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      byte[] beginning = new byte[random.nextInt(400)];
      random.nextBytes(beginning);
      digest.begin(beginning);
      for (int j = random.nextInt(4); j >= 0; j--) {
        byte[] end = new byte[100];
        random.nextBytes(end);
        int from = random.nextInt(36);
        sameAsJavas(beginning, end, from, from + random.nextInt(NameDigest.MOST + 1));
      }
    }
  }
}
