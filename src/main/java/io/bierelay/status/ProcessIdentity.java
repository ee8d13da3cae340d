package io.bierelay.status;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What people call this process.
 *
 * @param host the pod's name in a container, else the machine's
 * @param instance tells the processes of a host apart as well
 */
public record ProcessIdentity(String host, String instance) {

  private static final Path KERNEL_HOST_NAME = Path.of("/proc/sys/kernel/hostname");
  private static final ProcessIdentity OWN = find();

  /** This process's. */
  public static ProcessIdentity own() {
    return OWN;
  }

  private static ProcessIdentity find() {
    String host = hostName();
    return new ProcessIdentity(host, host + ":" + ProcessHandle.current().pid());
  }

  /** Asks no resolver, which could block for seconds. */
  private static String hostName() {
    String name = System.getenv("HOSTNAME");
    if (name != null && !name.isBlank()) {
      return name;
    }
    try {
      String own = Files.readString(KERNEL_HOST_NAME).strip();
      return own.isEmpty() ? "localhost" : own;
    } catch (IOException | SecurityException e) {
      return "localhost"; // Not on Linux; the process's id still tells it apart on its host.
    }
  }
}
