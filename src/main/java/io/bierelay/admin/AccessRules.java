package io.bierelay.admin;

import io.bierelay.access.Credentials;
import io.bierelay.access.Role;
import io.bierelay.admin.AdminSettings.Insecure;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.tls.CertificateFiles;
import io.bierelay.tls.StoreFile;
import io.bierelay.tls.StoreForm;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the settings say about who may do what; immutable. */
record AccessRules(
    String host, List<Path> files, Insecure insecure, List<String> open, boolean tls) {

  static AccessRules of(Settings settings) {
    return new AccessRules(
        settings.get(AdminSettings.HOST),
        settings.get(AdminSettings.CREDENTIALS).stream().map(Path::of).toList(),
        settings.get(AdminSettings.INSECURE_ROLE),
        settings.get(AdminSettings.OPEN),
        settings.find(AdminSettings.TLS_CERTIFICATE).isPresent());
  }

  /**
   * What is wrong with the settings and the files that they name, one line each with the remedy;
   * blocks for as long as it takes to read small files.
   */
  static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    AccessRules rules = of(settings);
    Credentials credentials = Credentials.read(rules.files, problems);
    if (problems.isEmpty() && !rules.files.isEmpty() && credentials.isEmpty()) {
      problems.add(
          "%s: nobody is in %s; 'bie-relay credential --help' makes lines for them"
              .formatted(AdminSettings.CREDENTIALS.key(), rules.files));
    }
    if (rules.files.isEmpty() && !rules.isLoopback() && rules.insecure == Insecure.NONE) {
      problems.add(
          ("'%s' is %s, which others can reach, and there are no credentials: name a file of them"
                  + " with %s (%s), or say what anybody may do with %s (%s): viewer or operator")
              .formatted(
                  AdminSettings.HOST.key(),
                  rules.host,
                  AdminSettings.CREDENTIALS.key(),
                  AdminSettings.CREDENTIALS.environmentVariable(),
                  AdminSettings.INSECURE_ROLE.key(),
                  AdminSettings.INSECURE_ROLE.environmentVariable()));
    }
    Optional<String> certificate = settings.find(AdminSettings.TLS_CERTIFICATE);
    Optional<String> key = settings.find(AdminSettings.TLS_KEY);
    if (certificate.isPresent() != key.isPresent()) {
      problems.add(
          "'%s' and '%s' go together; set both or none"
              .formatted(AdminSettings.TLS_CERTIFICATE.key(), AdminSettings.TLS_KEY.key()));
    }
    for (Optional<String> file : List.of(certificate, key)) {
      file.filter(path -> !Files.isReadable(Path.of(path)))
          .ifPresent(path -> problems.add(path + ": no such file, or not readable"));
    }
    if (problems.isEmpty() && certificate.isPresent()) {
      problems.addAll(certificateProblems(settings));
    }
    return problems;
  }

  /** Whether the endpoint's own certificate and key can be used; blocking, for reading them. */
  static List<String> certificateProblems(Settings settings) {
    try {
      StoreFile chain =
          file(AdminSettings.TLS_CERTIFICATE.key(), settings.get(AdminSettings.TLS_CERTIFICATE));
      StoreFile key = file(AdminSettings.TLS_KEY.key(), settings.get(AdminSettings.TLS_KEY));
      CertificateFiles.identity(chain, Optional.of(key), Optional.empty());
      return List.of();
    } catch (ConfigurationException e) {
      return e.problems();
    }
  }

  private static StoreFile file(String key, String path) {
    return new StoreFile(
        "'%s' is '%s'".formatted(key, path),
        Path.of(path),
        StoreForm.PEM,
        Optional.empty(),
        "that it is written without a password");
  }

  /** Whether only this machine reaches it. A name other than localhost is not looked up. */
  boolean isLoopback() {
    if (host.equals("localhost")) {
      return true;
    }
    if (!host.matches("[0-9]+(\\.[0-9]+){3}") && host.indexOf(':') < 0) {
      return false;
    }
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** What somebody without credentials may do; empty for nothing. */
  Optional<Role> anonymous() {
    if (!files.isEmpty()) {
      return Optional.empty();
    }
    if (isLoopback()) {
      return Optional.of(Role.OPERATOR);
    }
    return switch (insecure) {
      case NONE -> Optional.empty();
      case VIEWER -> Optional.of(Role.VIEWER);
      case OPERATOR -> Optional.of(Role.OPERATOR);
    };
  }
}
