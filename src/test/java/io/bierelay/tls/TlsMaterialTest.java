package io.bierelay.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial.Generation;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That changed files are noticed, and that what can't be used changes nothing. */
class TlsMaterialTest {

  private static final TlsSettings TLS = TlsSettings.of("Testing", "test");
  private static final SandboxAuthority CA = new SandboxAuthority("Test CA");

  @TempDir private Path directory;

  private Settings settings() {
    return Settings.of(
        new JsonObject()
            .put("test.truststore.location", directory.resolve("ca.pem").toString())
            .put("test.keystore.location", directory.resolve("own.pem").toString()));
  }

  @Test
  void aChangedFileMakesANewGenerationWithAContextOfItsOwn() {
    CA.pem(directory.resolve("ca.pem"));
    CA.client("first").pem(directory.resolve("own.pem"));
    TlsMaterial material = TlsMaterial.of(TLS, settings());
    Generation first = material.refreshed();
    assertThat(material.refreshed()).isSameAs(first);
    CA.client("second").pem(directory.resolve("own.pem"));
    assertThat(material.current()).isSameAs(first);
    Generation second = material.refreshed();
    assertThat(second.number()).isEqualTo(first.number() + 1);
    assertThat(second.context()).isNotSameAs(first.context());
    assertThat(second.facts()).extracting(CertificateFact::name).contains("second", "Test CA");
    assertThat(TlsMaterial.of(TLS, settings())).isSameAs(material);
    assertThat(CertificateBook.facts()).extracting(CertificateFact::name).contains("second");
  }

  @Test
  void halfOfAReplacementIsNotUsed() throws IOException {
    CA.pem(directory.resolve("ca.pem"));
    CA.client("first").pem(directory.resolve("own.pem"));
    TlsMaterial material = TlsMaterial.of(TLS, settings());
    Generation first = material.refreshed();
    SandboxAuthority.Issued next = CA.client("second");
    Files.writeString(
        directory.resolve("own.pem"), SandboxAuthority.pemOf(next.certificate()).substring(0, 90));
    assertThat(material.refreshed()).isSameAs(first);
    assertThat(material.problem()).contains("own.pem", "does not end");
    assertThat(CertificateBook.problems()).anyMatch(problem -> problem.contains("own.pem"));
    Files.delete(directory.resolve("own.pem"));
    assertThat(material.refreshed()).isSameAs(first);
    next.pem(directory.resolve("own.pem"));
    assertThat(material.refreshed()).isNotSameAs(first);
    assertThat(material.problem()).isEmpty();
  }

  @Test
  void aMountedSecretIsSwappedAsAWhole() throws IOException {
    Path data = directory.resolve("..data");
    for (String version : new String[] {"..1", "..2"}) {
      Path content = Files.createDirectory(directory.resolve(version));
      CA.pem(content.resolve("ca.pem"));
      CA.client("version" + version).pem(content.resolve("own.pem"));
    }
    Files.createSymbolicLink(data, Path.of("..1"));
    Files.createSymbolicLink(directory.resolve("ca.pem"), Path.of("..data/ca.pem"));
    Files.createSymbolicLink(directory.resolve("own.pem"), Path.of("..data/own.pem"));
    TlsMaterial material = TlsMaterial.of(TLS, settings());
    assertThat(material.refreshed().facts())
        .extracting(CertificateFact::name)
        .contains("version..1");
    Path swapped = Files.createSymbolicLink(directory.resolve("..tmp"), Path.of("..2"));
    Files.move(swapped, data, StandardCopyOption.ATOMIC_MOVE);
    assertThat(material.refreshed().facts())
        .extracting(CertificateFact::name)
        .contains("version..2");
  }

  @Test
  void aStoreAndItsPasswordAreReplacedTogether() throws IOException {
    CA.pem(directory.resolve("ca.pem"));
    Path store = directory.resolve("own.p12");
    Path password = Files.writeString(directory.resolve("test.keystore.password"), "first\n");
    CA.client("first").pkcs12(store, "first");
    JsonObject values =
        new JsonObject()
            .put("test.keystore.location", store.toString())
            .put("test.keystore.password", "first")
            .put("@files", new JsonObject().put("test.keystore.password", password.toString()));
    TlsMaterial material = TlsMaterial.of(TLS, Settings.of(values));
    Generation first = material.refreshed();
    CA.client("second").pkcs12(store, "second");
    assertThat(material.refreshed()).isSameAs(first);
    Files.writeString(password, "second\n");
    assertThat(material.refreshed().facts()).extracting(CertificateFact::name).contains("second");
  }

  @Test
  void daysAreCountedDown() {
    CA.pem(directory.resolve("ca.pem"));
    CA.issue("CN=soon", Duration.ofDays(3)).pem(directory.resolve("own.pem"));
    assertThat(TlsMaterial.of(TLS, settings()).refreshed().facts())
        .filteredOn(fact -> fact.name().equals("soon"))
        .singleElement()
        .satisfies(fact -> assertThat(fact.daysLeft()).isBetween(2.9, 3.0));
  }
}
