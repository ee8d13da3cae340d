package io.bierelay.launch;

import io.bierelay.settings.SecretFile;
import io.vertx.config.spi.ConfigStore;
import io.vertx.config.spi.ConfigStoreFactory;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A vertx-config store that reads a directory as Kubernetes mounts a secret: each file is a key,
 * its content the value, without the line end that editors add.
 */
final class SecretFilesStore implements ConfigStore {

  static final String TYPE = "secret-files";

  private static final int MAX_BYTES = 1 << 20;

  private final Vertx vertx;
  private final Path directory;

  private SecretFilesStore(Vertx vertx, Path directory) {
    this.vertx = vertx;
    this.directory = directory;
  }

  /** Makes the store known to vertx-config, as a service. */
  public static final class Factory implements ConfigStoreFactory {
    @Override
    public String name() {
      return TYPE;
    }

    @Override
    public ConfigStore create(Vertx vertx, JsonObject configuration) {
      return new SecretFilesStore(vertx, Path.of(configuration.getString("path")));
    }
  }

  @Override
  public Future<Buffer> get() {
    return vertx.executeBlocking(this::read, false);
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }

  private Buffer read() throws IOException {
    JsonObject values = new JsonObject();
    // Kubernetes keeps the versions of a secret in entries that begin with two dots.
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(directory, file -> !name(file).startsWith("."))) {
      for (Path file : files) {
        if (!Files.isRegularFile(file)) {
          continue;
        }
        if (Files.size(file) > MAX_BYTES) {
          throw new Unreadable(name(file), "larger than 1 MiB, which is no secret's value");
        }
        values.put(name(file), text(file));
      }
    }
    return values.toBuffer();
  }

  private static String text(Path file) throws IOException {
    try {
      return SecretFile.value(file);
    } catch (CharacterCodingException e) {
      throw new Unreadable(name(file), "not UTF-8 text");
    } catch (IOException e) {
      throw new Unreadable(name(file), "not readable (" + e.getClass().getSimpleName() + ")");
    }
  }

  /** What was wrong, without any content. */
  static String explain(Throwable e) {
    return e instanceof Unreadable
        ? String.valueOf(e.getMessage())
        : "the directory is not readable (" + e.getClass().getSimpleName() + ")";
  }

  /** A file that can't be a secret. */
  private static final class Unreadable extends IOException {

    private static final long serialVersionUID = 1L;

    Unreadable(String file, String why) {
      super("file '" + file + "' is " + why);
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
