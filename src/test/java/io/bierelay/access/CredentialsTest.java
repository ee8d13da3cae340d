package io.bierelay.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What lines and files of credentials mean. */
class CredentialsTest {

  @TempDir Path directory;

  @Test
  void aLineKnowsItsSecretAndNoOther() throws Exception {
    String token = Credential.newToken();
    Path file =
        Files.writeString(
            directory.resolve("credentials"),
            "# comment\n\n%s\n  %s  \n"
                .formatted(
                    Credential.lineForToken("bot", Role.VIEWER, token),
                    Credential.lineForPassword("anna", Role.OPERATOR, "a password".toCharArray())));
    List<String> problems = new ArrayList<>();
    Credentials all = Credentials.read(List.of(file), problems);
    assertThat(problems).isEmpty();
    assertThat(all.size()).isEqualTo(2);
    assertThat(all.byToken(token).map(Credential::name)).hasValue("bot");
    assertThat(all.byToken(token).map(Credential::role)).hasValue(Role.VIEWER);
    assertThat(all.byToken(token + "x")).isEmpty();
    assertThat(all.byPassword("anna", "a password".toCharArray()).map(Credential::role))
        .hasValue(Role.OPERATOR);
    assertThat(all.byPassword("anna", "a passwort".toCharArray())).isEmpty();
    assertThat(all.byPassword("bot", token.toCharArray())).as("a token is no password").isEmpty();
    assertThat(Files.readString(file)).doesNotContain(token).doesNotContain("a password");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nothing",
        "anna:operator:sha256:12",
        "anna:admin:sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "an na:viewer:sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "anna:viewer:pbkdf2-sha256:1000:c2FsdHNhbHRzYWx0c2FsdA==:YQ==",
        "anna:viewer:pbkdf2-sha256:600000:%%:YQ==",
        "anna:viewer:plain:secret"
      })
  void whatIsNoLineIsSaidWithItsPlaceAndWithoutItsText(String line) throws Exception {
    Path file = Files.writeString(directory.resolve("credentials"), "\n" + line + "\n");
    List<String> problems = new ArrayList<>();
    Credentials.read(List.of(file), problems);
    assertThat(problems).singleElement().asString().contains("line 2").doesNotContain(line);
  }

  @Test
  void whatIsNotThereIsSaid() {
    List<String> problems = new ArrayList<>();
    Credentials.read(List.of(directory.resolve("gone")), problems);
    assertThat(problems).singleElement().asString().contains("gone");
    assertThatThrownBy(() -> Credential.lineForToken("a:b", Role.VIEWER, "x"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
