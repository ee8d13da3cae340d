package io.bierelay.tls;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What can be told about the keys and certificates for one kind of server; declared alike in each
 * room that talks to one.
 *
 * @param server its name for people, such as {@code RabbitMQ}
 * @param prefix what the keys begin with
 */
public record TlsSettings(
    String server,
    String prefix,
    Setting<String> trustLocation,
    Setting<StoreForm> trustForm,
    Setting<String> trustPassword,
    Setting<String> keyStoreLocation,
    Setting<StoreForm> keyStoreForm,
    Setting<String> keyStorePassword,
    Setting<String> keyLocation,
    Setting<String> keyPassword,
    Setting<Boolean> anyHost) {

  private static final String FORMS = "pem, pkcs12 or jks; auto: by the file's content.";

  /** The declarations for one kind of server. */
  public static TlsSettings of(String server, String prefix) {
    return new TlsSettings(
        server,
        prefix,
        Setting.text(prefix + ".truststore.location")
            .saying(
                "File with the certificates of the authorities that may sign "
                    + server
                    + "'s: PEM, PKCS12 or JKS; unset for Java's own."),
        Setting.choice(prefix + ".truststore.type", StoreForm.AUTO)
            .saying("The trust store's form: " + FORMS),
        Setting.secret(prefix + ".truststore.password").saying("The trust store's password."),
        Setting.text(prefix + ".keystore.location")
            .saying(
                "File with the client's certificate, those that signed it, and its key: PEM, PKCS12"
                    + " or JKS; unset for none. Files are read again for new connections when they"
                    + " change."),
        Setting.choice(prefix + ".keystore.type", StoreForm.AUTO)
            .saying("The key store's form: " + FORMS),
        Setting.secret(prefix + ".keystore.password").saying("The key store's password."),
        Setting.text(prefix + ".keystore.key.location")
            .saying(
                "PEM file with the client's key, if %s.keystore.location has only the rest."
                    .formatted(prefix)),
        Setting.secret(prefix + ".key.password")
            .saying("The key's password, if it differs from the key store's."),
        Setting.bool(prefix + ".insecure.any.host", false)
            .saying(
                "Accept a certificate of %s that is for another host; warned about at each start."
                    .formatted(server)));
  }

  /** All of them, for the room's list. */
  public List<Setting<?>> all() {
    return List.of(
        trustLocation,
        trustForm,
        trustPassword,
        keyStoreLocation,
        keyStoreForm,
        keyStorePassword,
        keyLocation,
        keyPassword,
        anyHost);
  }

  /** What is wrong with the files, one line each; reads them. */
  public List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    if (settings.find(keyLocation).isPresent() && settings.find(keyStoreLocation).isEmpty()) {
      problems.add(
          "'%s' is given without '%s'; give both or neither"
              .formatted(keyLocation.key(), keyStoreLocation.key()));
    }
    try {
      TlsFiles.of(this, settings).load();
    } catch (ConfigurationException e) {
      problems.addAll(e.problems());
    }
    return problems;
  }

  /** What a person should know at each start: what is not verified, which secrets are open. */
  public List<String> warnings(Settings settings) {
    List<String> warnings = new ArrayList<>();
    if (settings.get(anyHost)) {
      warnings.add(
          "'%s' is true: whoever has any certificate of a trusted authority can pose as %s; set it to false"
              .formatted(anyHost.key(), server));
    }
    for (Setting<String> secret : List.of(keyStoreLocation, keyLocation)) {
      settings
          .find(secret)
          .flatMap(file -> StoreFile.openToAll(called(secret, file), Path.of(file)))
          .ifPresent(warnings::add);
    }
    return warnings;
  }

  Optional<StoreFile> trustFile(Settings settings) {
    return settings
        .find(trustLocation)
        .map(
            file ->
                new StoreFile(
                    called(trustLocation, file),
                    Path.of(file),
                    settings.get(trustForm),
                    settings.findCurrent(trustPassword),
                    trustPassword.key()));
  }

  Optional<StoreFile> identityFile(Settings settings) {
    return settings
        .find(keyStoreLocation)
        .map(
            file ->
                new StoreFile(
                    called(keyStoreLocation, file),
                    Path.of(file),
                    settings.get(keyStoreForm),
                    settings.findCurrent(keyStorePassword),
                    keyStorePassword.key() + " and " + keyPassword.key()));
  }

  Optional<StoreFile> keyFile(Settings settings) {
    return settings
        .find(keyLocation)
        .map(
            file ->
                new StoreFile(
                    called(keyLocation, file),
                    Path.of(file),
                    StoreForm.PEM,
                    Optional.empty(),
                    keyPassword.key()));
  }

  private static String called(Setting<String> setting, String file) {
    return "'%s' is '%s'".formatted(setting.key(), file);
  }
}
