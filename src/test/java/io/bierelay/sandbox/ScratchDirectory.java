package io.bierelay.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** A temporary directory of one server, gone with everything in it once it is closed. */
public final class ScratchDirectory implements AutoCloseable {
  private static final int ATTEMPTS = 5;

  private final Path path;
  private volatile boolean closed;

  private ScratchDirectory(Path path) {
    this.path = path;
  }

  /** Makes one whose name starts with {@code bierelay-} and what it is for. */
  public static ScratchDirectory create(String purpose) {
    try {
      return new ScratchDirectory(Files.createTempDirectory("bierelay-" + purpose + "-"));
    } catch (IOException e) {
      throw new UncheckedIOException("no temporary directory for " + purpose, e);
    }
  }

  /**
   * Where unpacked binaries may stay from one run to the next: under {@code target}, so that a
   * clean build removes them, and never in the system's temporary directory.
   */
  public static Path cache(String purpose) {
    String chosen = System.getProperty("bierelay.sandbox.cache");
    try {
      Path root =
          chosen != null
              ? Path.of(chosen)
              : Path.of(
                      ScratchDirectory.class
                          .getProtectionDomain()
                          .getCodeSource()
                          .getLocation()
                          .toURI())
                  .resolveSibling("sandbox");
      return Files.createDirectories(root.resolve(purpose));
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException("no directory for " + purpose, e);
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /**
   * A path in it; fails once it is closed, so that a server which is told to end before it has
   * begun does not begin.
   */
  public Path resolve(String name) {
    if (closed) {
      throw new IllegalStateException(path + " is closed");
    }
    return path.resolve(name);
  }

  /** Writes a small text file into it. */
  public Path write(String name, String text) {
    try {
      return Files.writeString(path.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    closed = true;
    // A server that has just ended may have a thread which still writes: the walk then finds a file
    // that is new or gone. Another walk settles it.
    for (int attempt = 1; Files.exists(path); attempt++) {
      try {
        Files.walkFileTree(path, new Deletion());
      } catch (IOException e) {
        if (attempt == ATTEMPTS) {
          throw new UncheckedIOException("cannot remove " + path, e);
        }
      }
    }
  }

  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
      Files.deleteIfExists(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
