package io.bierelay.sandbox;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The fat JAR under AWS's own runtime interface client, as Lambda runs it. */
public final class LambdaProcess implements AutoCloseable {

  private static final String CLIENT = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";
  private static final String HANDLER = "io.bierelay.listener.LambdaHandler::handleRequest";

  private final ScratchDirectory scratch = ScratchDirectory.create("lambda");
  private final Process process;

  /**
   * Starts it.
   *
   * @param settings by key; they go into the environment, as a function has them
   * @param flags of the JVM
   */
  public LambdaProcess(RuntimeApi api, Map<String, Object> settings, String... flags) {
    this(api, settings, Map.of(), flags);
  }

  /** With variables that Lambda sets. */
  public LambdaProcess(
      RuntimeApi api,
      Map<String, Object> settings,
      Map<String, String> variables,
      String... flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", classPath(), CLIENT, HANDLER));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log().toFile());
    builder.environment().put("AWS_LAMBDA_RUNTIME_API", api.address());
    builder.environment().put("_HANDLER", HANDLER);
    builder.environment().put("AWS_LAMBDA_FUNCTION_NAME", "reporting-listener");
    builder.environment().put("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    builder.environment().put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024");
    builder.environment().put("AWS_REGION", SandboxSqs.REGION);
    builder.environment().putAll(variables);
    settings.forEach(
        (key, value) ->
            builder
                .environment()
                .put(
                    "BIE_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_'),
                    value instanceof List<?> list
                        ? String.join(",", list.stream().map(String::valueOf).toList())
                        : String.valueOf(value)));
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The fat JAR, and the client and its serialization as Lambda's own runtime has them. */
  public static String classPath() {
    List<String> parts = new ArrayList<>();
    Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(
            part ->
                part.matches(
                    ".*(runtime-interface-client|lambda-java-serialization|utils-lite)-.*"))
        .forEach(parts::add);
    parts.add(RelayProcess.jar().toString());
    return String.join(File.pathSeparator, parts);
  }

  /** What it has printed so far. */
  public String readLog() {
    try {
      return Files.readString(log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGTERM; returns how long the end took, in milliseconds. */
  public long terminate() {
    long begun = System.nanoTime();
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("still running 30 s after SIGTERM:\n" + readLog());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return (System.nanoTime() - begun) / 1_000_000;
  }

  private Path log() {
    return scratch.resolve("lambda.log");
  }

  @Override
  public void close() {
    process.destroyForcibly();
    scratch.close();
  }
}
