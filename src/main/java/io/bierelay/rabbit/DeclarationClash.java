package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ShutdownSignalException;
import io.bierelay.settings.ConfigurationException;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says in which property a queue or exchange differs from what we declare, with both sides. */
public final class DeclarationClash {

  /** RabbitMQ's own words, the same since version 3.6. */
  private static final Pattern WORDS =
      Pattern.compile(
          "inequivalent arg '([^']+)' for (queue|exchange) '([^']+)' in vhost '([^']*)':"
              + " received (.+) but current is (.+)");

  private static final Pattern QUOTED = Pattern.compile("the value '([^']*)' of type .*");

  private DeclarationClash() {}

  /**
   * The configuration failure that a refused declaration is; empty if it failed for another reason.
   *
   * @param settings the key of the setting that decides, by the property's name in the protocol
   */
  public static Optional<ConfigurationException> of(
      IOException failure, Map<String, String> settings) {
    if (!(failure.getCause() instanceof ShutdownSignalException shutdown)
        || !(shutdown.getReason() instanceof AMQP.Channel.Close close)) {
      return Optional.empty();
    }
    Matcher words = WORDS.matcher(close.getReplyText());
    if (!words.find()) {
      return Optional.empty();
    }
    String setting = settings.get(words.group(1));
    return Optional.of(
        new ConfigurationException(
            "%s '%s' exists in virtual host '%s' with %s %s, and is declared with %s; %s"
                .formatted(
                    words.group(2),
                    words.group(3),
                    words.group(4),
                    words.group(1),
                    shown(words.group(6)),
                    shown(words.group(5)),
                    setting == null
                        ? "delete it when it is empty, so that it is declared anew"
                        : "change " + setting + ", or delete it when it is empty")));
  }

  private static String shown(String value) {
    if (value.equals("none")) {
      return "none";
    }
    Matcher quoted = QUOTED.matcher(value);
    return quoted.matches() ? "'" + quoted.group(1) + "'" : value;
  }
}
