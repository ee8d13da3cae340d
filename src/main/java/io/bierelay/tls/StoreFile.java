package io.bierelay.tls;

import io.bierelay.settings.ConfigurationException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;

/**
 * A file of keys or certificates, and what people call it.
 *
 * @param called how messages name it, such as {@code 'kafka.ssl.keystore.location' is '/x.pem'}
 * @param form what it holds
 * @param password opens it
 * @param passwordKey names the password in messages
 */
public record StoreFile(
    String called, Path path, StoreForm form, Optional<String> password, String passwordKey) {

  private static final long MAX_BYTES = 8L << 20;

  /** A file that somebody named on a command line. */
  public static StoreFile named(Path path, Optional<String> password) {
    return new StoreFile("'" + path + "'", path, StoreForm.AUTO, password, "the password");
  }

  /**
   * Its content. Blocking: reads a file.
   *
   * @throws ConfigurationException if it can't be read, is empty or far too large
   */
  byte[] read() {
    try {
      if (Files.isDirectory(path)) {
        throw problem("is a directory; name the file within");
      }
      if (Files.size(path) > MAX_BYTES) {
        throw problem("is larger than 8 MiB, which no file of certificates is; correct the path");
      }
      byte[] content = Files.readAllBytes(path);
      if (content.length == 0) {
        throw problem("is empty; write the file again");
      }
      return content;
    } catch (NoSuchFileException e) {
      throw problem("does not exist; correct the path, or mount the file");
    } catch (AccessDeniedException e) {
      throw problem("can't be read by this process's user; correct the permissions");
    } catch (IOException e) {
      throw problem("can't be read (%s)".formatted(e.getClass().getSimpleName()));
    }
  }

  /** One line that begins with what people call the file. */
  ConfigurationException problem(String what) {
    return new ConfigurationException(called + ", which " + what);
  }

  /** A warning if everybody on this machine may read a file that holds a secret. */
  public static Optional<String> openToAll(String called, Path path) {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
      return permissions.contains(PosixFilePermission.OTHERS_READ)
          ? Optional.of(
              "%s, which every user of this machine may read; chmod o-r it (in Kubernetes: defaultMode 0440)"
                  .formatted(called))
          : Optional.empty();
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty(); // It is not there, which is told elsewhere, or has no such rights.
    }
  }
}
