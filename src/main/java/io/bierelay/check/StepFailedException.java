package io.bierelay.check;

/** Ends a step with the problem that it found. */
public final class StepFailedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final String cause;
  private final String remedy;

  StepFailedException(Problem problem) {
    super(problem.cause(), null, false, false);
    this.cause = problem.cause();
    this.remedy = problem.remedy();
  }

  /** What was found. */
  public Problem problem() {
    return new Problem(cause, remedy);
  }
}
