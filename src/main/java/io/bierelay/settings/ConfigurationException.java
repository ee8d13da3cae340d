package io.bierelay.settings;

import java.util.List;

/**
 * A failure of the third kind: what was configured can't work, and waiting doesn't help.
 *
 * <p>Carries every problem that was found, so that one start shows all of them. A problem names the
 * thing, the value unless it is secret, and the remedy.
 */
public final class ConfigurationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  /**
   * @param problems one line each, not empty
   */
  public ConfigurationException(List<String> problems) {
    super(String.join("; ", problems), null, false, false);
    this.problems = List.copyOf(problems);
  }

  /**
   * @param problem one line
   */
  public ConfigurationException(String problem) {
    this(List.of(problem));
  }

  /** Returns the problems, one line each, in the order in which they were found. */
  public List<String> problems() {
    return problems;
  }
}
