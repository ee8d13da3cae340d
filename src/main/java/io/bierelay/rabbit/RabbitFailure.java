package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import io.bierelay.tls.TlsFailure;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Tells people what went wrong between us and RabbitMQ. */
public final class RabbitFailure {

  /** As RabbitMQ 3.8 to 4.x word it. */
  private static final Pattern SIZE_LIMIT =
      Pattern.compile("message size \\d+ is larger than (?:configured )?max size (\\d{1,18})");

  private RabbitFailure() {}

  /** One sentence: the cause, without a stack, a secret or the content of a message. */
  public static String describe(Throwable failure) {
    Optional<String> tls = TlsFailure.explain(failure, RabbitSettings.CERTIFICATES);
    if (tls.isPresent()) {
      return tls.get();
    }
    if (isLogin(failure)) {
      return "it refused the login; check rabbitmq.username, rabbitmq.password and"
          + " rabbitmq.virtual.host; with rabbitmq.auth external, that it trusts the client"
          + " certificate in rabbitmq.keystore.location and has a user of its name";
    }
    if (failure instanceof UnknownHostException) {
      return "its host name is not known; check rabbitmq.host";
    }
    if (failure instanceof ConnectException) {
      return "connection refused; is it running, are rabbitmq.host and rabbitmq.port right?";
    }
    if (failure instanceof TimeoutException) {
      return "it did not answer in time";
    }
    ShutdownSignalException shutdown = shutdownOf(failure);
    if (shutdown != null) {
      return describe(shutdown);
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  /**
   * Whether the server said that what we declare differs from what exists (406), or that we may not
   * (403): a person has to change something.
   */
  public static boolean isConfiguration(Throwable failure) {
    ShutdownSignalException shutdown = shutdownOf(failure);
    int code = shutdown == null ? 0 : replyCode(shutdown);
    return code == AMQP.PRECONDITION_FAILED || code == AMQP.ACCESS_REFUSED;
  }

  /** Whether another connection has the queue for itself alone (405). */
  public static boolean isLocked(Throwable failure) {
    return hasCode(failure, AMQP.RESOURCE_LOCKED);
  }

  /** Whether there is no such queue or exchange (404). */
  public static boolean isAbsent(Throwable failure) {
    return hasCode(failure, AMQP.NOT_FOUND);
  }

  /** Whether what exists differs from what is declared (406). */
  public static boolean isClash(Throwable failure) {
    return hasCode(failure, AMQP.PRECONDITION_FAILED);
  }

  /** Whether another channel consumes the queue as its only consumer (403 of a kind of its own). */
  public static boolean isInUse(Throwable failure) {
    return hasCode(failure, AMQP.ACCESS_REFUSED) && says(failure, "exclusive use");
  }

  /** Whether the broker refused a part of a transaction (406 of a kind of its own). */
  static boolean isRolledBack(Throwable failure) {
    return hasCode(failure, AMQP.PRECONDITION_FAILED) && says(failure, "partial tx completion");
  }

  private static boolean says(Throwable failure, String words) {
    return describe(failure).contains(words);
  }

  private static boolean hasCode(Throwable failure, int code) {
    ShutdownSignalException shutdown = shutdownOf(failure);
    return shutdown != null && replyCode(shutdown) == code;
  }

  /**
   * Whether the server said that it refuses the login: a person has to change something.
   *
   * <p>A {@code PossibleAuthenticationFailureException} is none. The client throws it for each
   * connection that ends between its credentials and the answer, also by a cut, a crash or an
   * orderly stop of the server; and a server that refuses says so, since RabbitMQ 3.1, to each
   * client that declares <a
   * href="https://www.rabbitmq.com/docs/auth-notification">authentication_failure_close</a>, as
   * ours does. Taken for a refusal, it would end the process for a network's hiccup at its start.
   */
  public static boolean isLogin(Throwable failure) {
    return failure instanceof AuthenticationFailureException;
  }

  /**
   * The broker's limit on a message's body, if that is what it ended the session for. It has no
   * other way to tell its limit, and no other answer to a message above it.
   *
   * @param reason as told when the session was over
   * @return bytes
   */
  public static OptionalLong messageSizeLimit(String reason) {
    Matcher limit = SIZE_LIMIT.matcher(reason);
    return limit.find() ? OptionalLong.of(Long.parseLong(limit.group(1))) : OptionalLong.empty();
  }

  private static @Nullable ShutdownSignalException shutdownOf(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof ShutdownSignalException shutdown) {
        return shutdown;
      }
    }
    return null;
  }

  private static int replyCode(ShutdownSignalException shutdown) {
    if (shutdown.getReason() instanceof AMQP.Channel.Close close) {
      return close.getReplyCode();
    }
    if (shutdown.getReason() instanceof AMQP.Connection.Close close) {
      return close.getReplyCode();
    }
    return 0;
  }

  private static String describe(ShutdownSignalException shutdown) {
    if (shutdown.getReason() instanceof AMQP.Channel.Close close) {
      return "it closed the channel: " + close.getReplyText();
    }
    if (shutdown.getReason() instanceof AMQP.Connection.Close close) {
      return "it closed the connection: " + close.getReplyText();
    }
    return "the connection broke";
  }
}
