package io.bierelay.command;

import io.bierelay.access.Credential;
import io.bierelay.access.Role;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes a line for a file of credentials. */
@Command(
    name = "credential",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a line for a file that admin.credentials.files names, and prints it.",
      "With a new token, which is printed to standard error and nowhere kept; or with a password,"
          + " read from standard input."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  java -jar bie-relay.jar credential --name dashboard --role viewer >> credentials",
      "  java -jar bie-relay.jar credential --name anna --role operator --password-stdin"
          + " >> credentials"
    })
public final class CredentialCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--name",
      required = true,
      paramLabel = "NAME",
      description = "Who it is; the audit names them so.")
  private String name = "";

  @Option(
      names = "--role",
      required = true,
      paramLabel = "viewer|operator",
      description = "A viewer may look, an operator may change what runs.")
  private Role role = Role.VIEWER;

  @Option(
      names = "--password-stdin",
      description = "For a password of yours, of which the first line of standard input is taken.")
  private boolean password;

  /** Called by picocli. */
  public CredentialCommand() {}

  @Override
  public Integer call() throws IOException {
    CommandSpec command = spec;
    if (command == null) {
      throw new IllegalStateException("not run by picocli");
    }
    try {
      String token = Credential.newToken();
      String line =
          password
              ? Credential.lineForPassword(name, role, typed(command))
              : Credential.lineForToken(name, role, token);
      command.commandLine().getOut().println(line);
      if (!password) {
        command.commandLine().getErr().println("token: " + token);
      }
      return 0;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  private static char[] typed(CommandSpec command) throws IOException {
    String line =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
    if (line == null || line.length() < 12) {
      throw new ParameterException(
          command.commandLine(), "a password has at least 12 characters; pipe one in");
    }
    return line.toCharArray();
  }
}
