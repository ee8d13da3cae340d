package io.bierelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The parts of a document that a command writes: what stands between two comments. */
public final class Marked {

  private Marked() {}

  /** Replaces what stands between the part's comments; fails if they are not there. */
  public static void write(Path document, String part, String text) throws IOException {
    String begin = "<!-- %s: written by bench/run -->\n".formatted(part);
    String end = "<!-- %s: end -->".formatted(part);
    String all = Files.readString(document);
    int from = all.indexOf(begin);
    int to = all.indexOf(end);
    if (from < 0 || to < from) {
      throw new IllegalStateException(document + " has no part '" + part + "'");
    }
    Files.writeString(document, all.substring(0, from + begin.length()) + text + all.substring(to));
  }
}
