package io.bierelay.bench;

import java.util.List;
import java.util.Map;

/** What docker/Dockerfile gives each role, but for the greatest heap, which is alike for all. */
public final class ImageOptions {

  /** For the JVM. */
  public static final List<String> JVM =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:CompileThresholdScaling=2",
          "-XX:-UsePerfData",
          "-Xms48m",
          "-XX:NewSize=32m",
          "-XX:SurvivorRatio=3");

  /** The image has malloc keep fewer arenas. */
  public static final Map<String, String> ENVIRONMENT = Map.of("MALLOC_ARENA_MAX", "2");

  private ImageOptions() {}
}
