package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.sandbox.SandboxAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code dev/truststore}. */
@Timeout(120)
class TruststoreIT {

  private static final Path SCRIPT =
      Path.of(System.getProperty("basedir", "."), "dev", "truststore").toAbsolutePath();
  private static final String PASSWORD = "a &\"'$ \\ password";

  private final SandboxAuthority first = new SandboxAuthority("first");
  private final SandboxAuthority second = new SandboxAuthority("second");
  private final SandboxAuthority old = new SandboxAuthority("old", Duration.ofDays(-2));

  @TempDir Path directory;

  private record Ended(int code, String out, String err) {}

  private Ended run(boolean password, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
    command.addAll(List.of(arguments));
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().remove("TRUSTSTORE_PASSWORD");
    if (password) {
      builder.environment().put("TRUSTSTORE_PASSWORD", PASSWORD);
    }
    Process process = builder.start();
    try {
      assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
      return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      process.destroyForcibly();
    }
  }

  private void file(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text, StandardCharsets.UTF_8);
  }

  @Test
  void itTakesManyFromAFileEachOnceAndLeavesOutWhatExpired() throws Exception {
    file(
        "bundle.pem",
        "Übungs-CA of somebody\n" + first.pem() + "junk\r\n\0\n" + second.pem() + old.pem());
    file("again.pem", first.pem());
    Ended ended = run(true, "bundle.pem", "again.pem", "-o", "trust.p12");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out())
        .contains("again.pem: certificate 1: CN=first comes twice")
        .contains("bundle.pem: certificate 3: CN=old expired on")
        .contains("ca-1  CN=first", "ca-2  CN=second", "2 certificates", "SHA-256 ");
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(directory.resolve("trust.p12"))) {
      store.load(in, PASSWORD.toCharArray());
    }
    assertThat(store.size()).isEqualTo(2);
    assertThat(store.getCertificate("ca-2")).isEqualTo(second.certificate());
  }

  @Test
  void whatCantBeUsedIsNamedAndNothingIsWritten() throws Exception {
    file("empty.pem", "");
    file("none.pem", "no certificate at all\n");
    file("damaged.pem", first.pem().replace("MII", "AAA"));
    file("old.pem", old.pem());
    Ended ended =
        run(true, "empty.pem", "none.pem", "damaged.pem", "missing.pem", "-o", "trust.p12");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err().lines())
        .hasSize(4)
        .anySatisfy(line -> assertThat(line).contains("empty.pem: is empty"))
        .anySatisfy(line -> assertThat(line).contains("none.pem: holds no certificate in PEM"))
        .anySatisfy(line -> assertThat(line).contains("damaged.pem: certificate 1: is damaged"))
        .anySatisfy(line -> assertThat(line).contains("missing.pem: can't be read"));
    assertThat(run(true, "old.pem", "-o", "trust.p12").err()).contains("trust nobody");
    assertThat(directory.resolve("trust.p12")).doesNotExist();
  }

  @Test
  void theCommandLineIsExplained() throws Exception {
    file("ca.pem", first.pem());
    Ended help = run(false, "--help");
    assertThat(help.code()).isZero();
    assertThat(help.out()).contains("Usage: dev/truststore");
    Ended without = run(false, "ca.pem", "-o", "trust.p12");
    assertThat(without.code()).isEqualTo(2);
    assertThat(without.err()).contains("TRUSTSTORE_PASSWORD");
    assertThat(run(true, "ca.pem").code()).isEqualTo(2);
    assertThat(run(true, "ca.pem", "--bogus", "-o", "t.p12").err()).contains("--bogus");
  }
}
