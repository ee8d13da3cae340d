package io.bierelay.bench;

import java.util.List;
import java.util.Map;

/**
 * What docker/Dockerfile gives each role, and k8s/base/workflow.yaml the workflow, but for the
 * greatest heap, which is alike for all.
 */
public final class ImageOptions {

  /** For the JVM, as the image has them. */
  public static final List<String> JVM =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:CompileThresholdScaling=2",
          "-XX:-UsePerfData",
          "-Xms48m",
          "-XX:NewSize=32m",
          "-XX:SurvivorRatio=3");

  /** For the JVM of the workflow, as its manifest has them. */
  public static final List<String> WORKFLOW =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",
          "-Xms96m",
          "-XX:NewSize=64m",
          "-XX:SurvivorRatio=3");

  /** The image has malloc keep fewer arenas. */
  public static final Map<String, String> ENVIRONMENT = Map.of("MALLOC_ARENA_MAX", "2");

  private ImageOptions() {}
}
