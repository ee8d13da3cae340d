package io.bierelay.kafka;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.tls.TlsFailure;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import javax.security.auth.login.LoginException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;

/** Tells people what went wrong between us and Kafka. */
public final class KafkaFailure {

  private static final String CAUSE = "Caused by: ";

  private KafkaFailure() {}

  /** One sentence: the cause and the remedy, without a stack or a secret. */
  public static String describe(Throwable failure) {
    Throwable e = unwrap(failure);
    Optional<String> tls = TlsFailure.explain(e, KafkaSettings.CERTIFICATES);
    if (tls.isPresent()) {
      return tls.get();
    }
    if (e instanceof AuthenticationException) {
      return "it refused the login (%s); check kafka.security.protocol, kafka.sasl.* and kafka.ssl.*"
          .formatted(e.getMessage());
    }
    if (e instanceof LoginException) {
      return "no login was got for it (%s); check kafka.sasl.jaas.config, and what kafka.client says of the server that gives tokens"
          .formatted(firstCause(String.valueOf(e.getMessage())));
    }
    if (e instanceof GroupAuthorizationException group) {
      return "no permission to use consumer group '%s'; check kafka.group.id and the group's ACL"
          .formatted(group.groupId());
    }
    if (e instanceof TopicAuthorizationException topics) {
      return "no permission to read %s; check the topics' ACLs"
          .formatted(topics.unauthorizedTopics());
    }
    if (e instanceof TimeoutException) {
      return "it does not answer; is it running, are kafka.bootstrap.servers and"
          + " kafka.security.protocol right?";
    }
    if (e instanceof ConfigException) {
      return e.getMessage() + "; check kafka.*";
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  /** Java's login puts a whole stack into its message; what began it stands at the end. */
  private static String firstCause(String message) {
    int last = message.lastIndexOf(CAUSE);
    return message.substring(last < 0 ? 0 : last + CAUSE.length()).lines().findFirst().orElse("");
  }

  /**
   * Whether a person has to change something: the server refused our credentials, or the client
   * refuses our settings. A host name that is not known is neither: it may come.
   */
  public static boolean isConfiguration(Throwable failure) {
    Throwable e = unwrap(failure);
    if (e instanceof ConfigException) {
      return !String.valueOf(e.getMessage()).contains("bootstrap");
    }
    return e instanceof AuthenticationException || e instanceof ConfigurationException;
  }

  /**
   * The cause that says something: "Failed to construct kafka consumer" and the like say less than
   * their cause.
   */
  public static Throwable unwrap(Throwable failure) {
    Throwable e = failure;
    while (e.getCause() != null
        && (e instanceof CompletionException
            || e instanceof ExecutionException
            || e.getClass() == KafkaException.class)) {
      e = e.getCause();
    }
    return e;
  }
}
