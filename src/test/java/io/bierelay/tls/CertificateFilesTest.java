package io.bierelay.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.sandbox.SandboxAuthority.Issued;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be wrong with a file of keys or certificates, and that one line says so. */
class CertificateFilesTest {

  private static final TlsSettings TLS = TlsSettings.of("Testing", "test");

  /** Every printable character of ASCII, and what shells and JAAS would eat. */
  private static final String SPECIAL =
      " !\"#$%&'()*+,-./0123456789:;<=>?@ABC[\\]^_`abc{|}~ \\\" ${x} %s;";

  private static final SandboxAuthority CA = new SandboxAuthority("Test CA");
  private static final Issued CLIENT = CA.client("tester");

  @TempDir private Path directory;

  private static String oneProblem(JsonObject values) {
    List<String> problems = TLS.problems(Settings.of(values));
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).doesNotContain("\n");
    return problems.get(0);
  }

  private static JsonObject keyStore(Path file) {
    return new JsonObject().put("test.keystore.location", file.toString());
  }

  private static JsonObject trustStore(Path file) {
    return new JsonObject().put("test.truststore.location", file.toString());
  }

  private Path file(String text) throws IOException {
    return Files.writeString(Files.createTempFile(directory, "file", ".pem"), text);
  }

  private static void assertGood(JsonObject values) {
    assertThat(TLS.problems(Settings.of(values))).isEmpty();
  }

  private Path path(String name) {
    return directory.resolve(name);
  }

  @Test
  void allFormsAreUnderstood() throws Exception {
    assertGood(keyStore(CLIENT.pem(path("one.pem"))));
    assertGood(
        keyStore(CLIENT.chainPem(path("chain.pem")))
            .put("test.keystore.key.location", CLIENT.keyPem(path("key.pem")).toString()));
    String chain = SandboxAuthority.pemOf(CLIENT.certificate());
    assertGood(keyStore(file(CLIENT.traditionalKeyPem() + chain)));
    Issued rsa = CA.issue("RSA", "CN=rsa", Duration.ofDays(1));
    String rsaChain = SandboxAuthority.pemOf(rsa.certificate());
    assertThat(rsa.traditionalKeyPem()).contains("RSA PRIVATE KEY");
    assertGood(keyStore(file(rsa.traditionalKeyPem() + rsaChain)));
    assertGood(keyStore(file(SandboxAuthority.pemOf(rsa.key()) + rsaChain)));
    Issued edwards = CA.issue("Ed25519", "CN=ed", Duration.ofDays(1));
    assertGood(keyStore(edwards.pem(path("ed.pem"))));
    for (String type : List.of("PKCS12", "JKS")) {
      assertGood(
          keyStore(CLIENT.store(path("store-" + type), type, "changeit"))
              .put("test.keystore.password", "changeit"));
    }
    assertGood(trustStore(CA.pem(path("ca.pem"))));
    assertGood(
        trustStore(CA.pkcs12(path("ca.p12"), "changeit"))
            .put("test.truststore.password", "changeit"));
  }

  @Test
  void aPasswordMayHaveEverySpecialCharacter() throws Exception {
    Path encrypted =
        file(CLIENT.encryptedKeyPem("x y\"\\$%") + SandboxAuthority.pemOf(CLIENT.certificate()));
    assertGood(keyStore(encrypted).put("test.key.password", "x y\"\\$%"));
    assertGood(
        keyStore(CLIENT.pkcs12(path("special.p12"), SPECIAL))
            .put("test.keystore.password", SPECIAL));
  }

  @Test
  void whatIsNotThereEmptyOrADirectoryIsNamed() throws Exception {
    assertThat(oneProblem(keyStore(path("none.pem"))))
        .contains("test.keystore.location", "none.pem", "does not exist", "correct the path");
    assertThat(oneProblem(keyStore(file("")))).contains("is empty", "write the file again");
    assertThat(oneProblem(trustStore(directory))).contains("is a directory");
  }

  @Test
  void anEncryptedKeyWantsItsPassword() throws Exception {
    String chain = SandboxAuthority.pemOf(CLIENT.certificate());
    Path encrypted = file(CLIENT.encryptedKeyPem("right") + chain);
    assertThat(oneProblem(keyStore(encrypted)))
        .contains(encrypted.toString(), "is encrypted, and no password", "test.key.password");
    assertThat(oneProblem(keyStore(encrypted).put("test.key.password", "wr0ng")))
        .contains("its password does not fit", "test.key.password")
        .doesNotContain("wr0ng");
    Path store = CLIENT.pkcs12(path("own.p12"), "right");
    assertThat(oneProblem(keyStore(store).put("test.keystore.password", "wr0ng")))
        .contains("is not opened by its password", "test.keystore.password")
        .doesNotContain("wr0ng");
    assertThat(oneProblem(keyStore(store))).contains("has a password; set test.keystore.password");
    assertThat(
            oneProblem(
                keyStore(
                    file(
                        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                            + "DEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
                            + chain))))
        .contains("out of use", "openssl pkcs8 -topk8");
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() throws Exception {
    Issued other = CA.client("other");
    assertThat(
            oneProblem(
                keyStore(
                    file(
                        SandboxAuthority.pemOf(CLIENT.certificate())
                            + SandboxAuthority.pemOf(other.key())))))
        .contains("certificate of tester", "does not belong to the private key", "same issue");
    assertThat(oneProblem(keyStore(CA.pem(path("only-ca.pem")))))
        .contains("no private key", "exactly one");
    assertThat(oneProblem(keyStore(CLIENT.keyPem(path("only-key.pem")))))
        .contains("holds no certificate");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "junk",
        "MIIBhTCCASugAwIBAgIQIRi6zePL6mKjOipn",
        "<html>",
        "----BEGIN CERTIFICATE----"
      })
  void junkBetweenCertificatesIsNamedByItsLine(String junk) throws Exception {
    String certificate = SandboxAuthority.pemOf(CA.certificate());
    long line = certificate.lines().count() + 1;
    Path bundle = file(certificate + junk + "\n" + certificate);
    assertThat(oneProblem(trustStore(bundle)))
        .contains(bundle.toString(), "line " + line + " ", "remove it");
  }

  @Test
  void whatToolsWriteBetweenCertificatesIsNoJunk() throws Exception {
    String certificate = SandboxAuthority.pemOf(CA.certificate());
    Path bundle =
        file(
            "# Test CA\r\nBag Attributes\n    friendlyName: x\nsubject=CN = Test CA\n\n"
                + certificate.replace("\n", "\r\n")
                + "issuer=CN = Test CA\n"
                + certificate);
    assertThat(CertificateFiles.all(StoreFile.named(bundle, Optional.empty()))).hasSize(2);
  }

  @Test
  void aDamagedBlockIsNamed() throws Exception {
    String certificate = SandboxAuthority.pemOf(CA.certificate());
    assertThat(oneProblem(trustStore(file(certificate.substring(0, certificate.length() - 30)))))
        .contains("line 1", "does not end", "get it again");
    assertThat(oneProblem(trustStore(file(certificate.replaceFirst("\nMI", "\n*!")))))
        .contains("line 1", "not base64");
    assertThat(
            oneProblem(
                trustStore(file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"))))
        .contains("line 1", "can't be decoded");
    assertThat(
            oneProblem(
                trustStore(Files.write(path("half.p12"), new byte[] {0x30, (byte) 0x82, 1, 2, 3}))))
        .contains("no PKCS12 file, or is damaged");
  }

  @Test
  void whatHasExpiredIsNamedWithItsDay() {
    SandboxAuthority expired = new SandboxAuthority("Old CA", Duration.ofDays(-2));
    assertThat(oneProblem(trustStore(expired.pem(path("old.pem")))))
        .contains("old.pem", "have expired", "Old CA on 20", "get the authority's new one");
    Issued own = CA.issue("CN=late", Duration.ofDays(-1));
    assertThat(oneProblem(keyStore(own.pem(path("late.pem")))))
        .contains("late.pem", "has expired", "late on 20", "get a new one");
  }

  @Test
  void aFewExpiredOnesInABundleDoNoHarm() throws Exception {
    SandboxAuthority expired = new SandboxAuthority("Old CA", Duration.ofDays(-2));
    assertGood(
        trustStore(
            file(
                SandboxAuthority.pemOf(expired.certificate())
                    + SandboxAuthority.pemOf(CA.certificate()))));
  }

  @Test
  void aTrustStoreIsNoKeyStore() {
    Path trust = CA.pkcs12(path("trust.p12"), "changeit");
    assertThat(oneProblem(keyStore(trust).put("test.keystore.password", "changeit")))
        .contains("no private key with its certificate", "is it the trust store?");
    Path own = CLIENT.pkcs12(path("own.p12"), "changeit");
    assertThat(oneProblem(trustStore(own).put("test.truststore.password", "changeit")))
        .contains("holds no certificate to trust");
    assertThatThrownBy(() -> TlsMaterial.of(TLS, Settings.of(keyStore(path("none")))))
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void aSecretThatEverybodyMayReadIsWarnedAbout() throws Exception {
    Path open = CLIENT.pem(path("open.pem"));
    assertThat(TLS.warnings(Settings.of(keyStore(open)))).isEmpty();
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(TLS.warnings(Settings.of(keyStore(open).put("test.insecure.any.host", true))))
        .hasSize(2)
        .anyMatch(w -> w.contains("test.insecure.any.host") && w.contains("false"))
        .anyMatch(w -> w.contains("open.pem") && w.contains("chmod"));
  }
}
