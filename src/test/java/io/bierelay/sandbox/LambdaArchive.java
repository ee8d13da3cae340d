package io.bierelay.sandbox;

import io.bierelay.sandbox.TenureApi.Planned;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What an archive of the function's class data is made of: a list of the classes that it loads when
 * it starts and when it works. {@code aws/build} runs it.
 *
 * <p>The list and not the archive, which only the very JVM that has made it can use: the list holds
 * names, and the image's own JVM makes the archive, without Kafka or anything else beside it.
 */
public final class LambdaArchive {

  private LambdaArchive() {}

  /**
   * Runs the function, lets it relay, fail and end, and writes down what it loads.
   *
   * @param list to be written
   */
  public static void train(ListenerServers servers, Path list) throws Exception {
    UUID missing = UUID.randomUUID();
    servers.api().plan(missing, Planned.status(404));
    try (RuntimeApi lambda = new RuntimeApi().start();
        LambdaProcess function =
            new LambdaProcess(
                lambda,
                servers.coreSettings(),
                "-XX:DumpLoadedClassList=" + list.toAbsolutePath())) {
      for (int i = 0; i < 3; i++) {
        lambda
            .invoke(
                LambdaEvents.batch(
                    Tenures.updated(UUID.randomUUID()).encode(),
                    Tenures.enveloped(Tenures.updated(UUID.randomUUID())),
                    Tenures.updated(missing).encode(),
                    "this is no JSON"),
                30_000)
            .get(60, TimeUnit.SECONDS);
      }
      function.terminate();
    }
  }

  /** Makes the archive with this JVM, as the image's build does with its own. */
  public static void dump(Path list, Path archive) throws Exception {
    Path log = Files.createTempFile("dump", ".log");
    try {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xshare:dump",
                  "-XX:SharedClassListFile=" + list,
                  "-XX:SharedArchiveFile=" + archive,
                  "-cp",
                  LambdaProcess.classPath())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!process.waitFor(120, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException("no archive was made:\n" + Files.readString(log));
      }
    } finally {
      Files.delete(log);
    }
  }

  /** Puts the list, and the JARs of the class path without versions, into the directory. */
  public static void main(String[] args) throws Exception {
    Path directory = Files.createDirectories(Path.of(args[0]));
    try (ListenerServers servers = new ListenerServers(5).start()) {
      train(servers, directory.resolve("classes.lst"));
    }
    for (String part : LambdaProcess.classPath().split(File.pathSeparator)) {
      Path jar = Path.of(part);
      Files.copy(
          jar,
          directory.resolve(
              jar.getFileName().toString().replaceFirst("-[0-9][^-]*\\.jar$", ".jar")),
          StandardCopyOption.REPLACE_EXISTING,
          StandardCopyOption.COPY_ATTRIBUTES);
    }
    System.out.println(Arrays.toString(directory.toFile().list()));
    // Kafka's server leaves threads behind.
    System.exit(0);
  }
}
