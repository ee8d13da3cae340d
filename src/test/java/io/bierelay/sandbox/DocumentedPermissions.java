package io.bierelay.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Gives a server's users exactly what {@code docs/permissions.md} and {@code docs/sql/grants.sql}
 * say, by the very commands of those pages.
 */
public final class DocumentedPermissions {

  /** The user of role svc-bie-kafka at RabbitMQ. */
  public static final String RELAY = "relay";

  /** The same with ledgers and locks, for {@code notify.delivery: exactly-once}. */
  public static final String RELAY_EXACTLY_ONCE = "relay-exactly-once";

  /** The user of role workflow at RabbitMQ. */
  public static final String WORKFLOW = "workflow";

  /** The user of role workflow at PostgreSQL. */
  public static final String STORING = "bie_workflow";

  private static final Path BASE = Path.of(System.getProperty("basedir", "."));

  private final String page = read("docs/permissions.md");

  /** The lines of the page that fit a pattern; fails if there is none. */
  public List<MatchResult> lines(String pattern) {
    List<MatchResult> lines = Pattern.compile(pattern).matcher(page).results().toList();
    if (lines.isEmpty()) {
      throw new IllegalStateException("docs/permissions.md has no " + pattern);
    }
    return lines;
  }

  /** Makes the page's users, who may do nothing yet. */
  public void makeUsers(RabbitProcess rabbit, String password) {
    rabbitLines().forEach(line -> rabbit.ctl("add_user", line.group(1), password));
  }

  /** Gives each of those users what the page says, in a virtual host. */
  public void grant(RabbitProcess rabbit, String virtualHost) {
    rabbitLines().forEach(line -> grant(rabbit, virtualHost, line));
  }

  /** Gives one of them what the page says. */
  public void grant(RabbitProcess rabbit, String virtualHost, String user) {
    rabbitLines().stream()
        .filter(line -> line.group(1).equals(user))
        .forEach(line -> grant(rabbit, virtualHost, line));
  }

  private static void grant(RabbitProcess rabbit, String virtualHost, MatchResult line) {
    rabbit.ctl(
        "set_permissions",
        "-p",
        virtualHost,
        line.group(1),
        line.group(2),
        line.group(3),
        line.group(4));
  }

  private List<MatchResult> rabbitLines() {
    return lines("rabbitmqctl set_permissions -p / (\\S+) '([^']*)' '([^']*)' '([^']*)'");
  }

  /** Takes all rights from the service's user and gives it the page's. */
  public void grant(SandboxKafka kafka) {
    grant(kafka, UnaryOperator.identity(), UnaryOperator.identity());
  }

  /** The same for other names than the page's, of topics and of the group. */
  public void grant(SandboxKafka kafka, UnaryOperator<String> topic, UnaryOperator<String> group) {
    String user = "User:" + kafka.username();
    List<AclBinding> bindings = new ArrayList<>();
    for (MatchResult line :
        lines("--allow-principal (\\S+) --operation (\\S+) --(topic|group) (\\S+)")) {
      if (!line.group(1).equals(user)) {
        throw new IllegalStateException(line.group() + " is not for " + user);
      }
      ResourceType type = ResourceType.fromString(line.group(3));
      String name = (type == ResourceType.TOPIC ? topic : group).apply(line.group(4));
      bindings.add(
          new AclBinding(
              new ResourcePattern(type, name, PatternType.LITERAL),
              new AccessControlEntry(
                  user, "*", AclOperation.fromString(line.group(2)), AclPermissionType.ALLOW)));
    }
    AccessControlEntryFilter anyOfUser =
        new AccessControlEntryFilter(user, null, AclOperation.ANY, AclPermissionType.ANY);
    try (Admin admin = Admin.create(kafka.adminProperties())) {
      admin
          .deleteAcls(List.of(new AclBindingFilter(ResourcePatternFilter.ANY, anyOfUser)))
          .all()
          .get();
      admin.createAcls(bindings).all().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot grant " + bindings, e.getCause());
    }
  }

  /** Makes the user that stores, with the grants; the address is its owner's, who migrates. */
  public static void grant(PostgresAddress owner, String password) {
    try (Connection connection = DriverManager.getConnection(owner.jdbcUrl(), "postgres", "");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(STORING, password));
      statement.execute(read("docs/sql/grants.sql").replace("bie_owner", owner.username()));
    } catch (SQLException e) {
      throw new IllegalStateException("cannot grant at " + owner, e);
    }
  }

  /**
   * Makes the users of role workflow with their rights, at a RabbitMQ and a PostgreSQL that know
   * none of them yet; returns the settings by which the role logs in as these, and migrates as the
   * owner.
   */
  public Map<String, Object> admitWorkflow(RabbitProcess rabbit, PostgresAddress owner) {
    String password = UUID.randomUUID().toString();
    makeUsers(rabbit, password);
    grant(rabbit, "/", WORKFLOW);
    grant(owner, password);
    return Map.of(
        "rabbitmq.username", WORKFLOW,
        "rabbitmq.password", password,
        "postgres.username", STORING,
        "postgres.password", password,
        "postgres.migration.username", owner.username(),
        "postgres.migration.password", owner.password());
  }

  private static String read(String file) {
    try {
      return Files.readString(BASE.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
