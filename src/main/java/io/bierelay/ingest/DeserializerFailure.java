package io.bierelay.ingest;

import com.fasterxml.jackson.core.JacksonException;
import io.bierelay.avro.PoisonException;
import io.bierelay.avro.PoisonReason;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.RetriableException;

/**
 * Tells whether a plugged deserializer failed because of the record, or because it could not reach
 * what it needs.
 *
 * <p>In doubt about a server it waits: a partition that is held is seen and goes on, while events
 * that were quarantined by mistake must be brought back by hand. Messages are never shown, for they
 * may hold content.
 */
final class DeserializerFailure {

  private static final int MAX_CAUSES = 30;

  /** Not let in, or asked to come later: true of no record. */
  private static final Set<Integer> WAITING = Set.of(401, 403, 407, 408, 429);

  /** Confluent's serializers make the first of a status 4xx that is about us, not the schema. */
  private static final List<Class<? extends Throwable>> TRANSIENT =
      List.of(
          InvalidConfigurationException.class,
          AuthenticationException.class,
          AuthorizationException.class,
          RetriableException.class,
          TimeoutException.class);

  /** Libraries that read bytes, and report wrong ones as an {@link IOException}. */
  private static final List<String> PARSERS =
      List.of("org.apache.avro.", "com.fasterxml.jackson.", "com.google.protobuf.");

  private DeserializerFailure() {}

  /** {@link PoisonException} if the record is at fault; else one that says to wait. */
  static RuntimeException of(String deserializer, Throwable failure) {
    if (failure instanceof PoisonException poison) {
      return poison;
    }
    List<Throwable> chain = chain(failure);
    Throwable last = chain.get(chain.size() - 1);
    String what =
        failure == last
            ? failure.getClass().getName()
            : failure.getClass().getName() + " caused by " + last.getClass().getName();
    return chain.stream().anyMatch(DeserializerFailure::isTransient)
        ? new IllegalStateException(
            "kafka.value.deserializer %s could not reach what it needs, or is not complete: %s; is"
                    .formatted(deserializer, what)
                + " the schema registry running, are registry.* and the class path right?")
        : new PoisonException(PoisonReason.DESERIALIZER_FAILED, deserializer + " threw " + what);
  }

  private static List<Throwable> chain(Throwable failure) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable e = failure; e != null && chain.size() < MAX_CAUSES; e = e.getCause()) {
      chain.add(e);
    }
    return chain;
  }

  private static boolean isTransient(Throwable e) {
    if (e instanceof Error) {
      // A class that is missing, or no memory left; but hostile bytes can exhaust the stack.
      return !(e instanceof StackOverflowError);
    }
    int status = status(e);
    return status >= 500
        || WAITING.contains(status)
        || TRANSIENT.stream().anyMatch(type -> type.isInstance(e))
        || (e instanceof IOException && !isAboutBytes(e));
  }

  /** Confluent's exception of a refused request has it; there is no class to compile against. */
  private static int status(Throwable e) {
    try {
      Method method = e.getClass().getMethod("getStatus");
      return method.invoke(e) instanceof Integer status ? status : 0;
    } catch (ReflectiveOperationException | RuntimeException notThere) {
      return 0;
    }
  }

  /**
   * Avro reports a value that ends early as an {@link IOException}, as a network does: who threw it
   * tells them apart, unless it was a registry's answer that was being read.
   */
  private static boolean isAboutBytes(Throwable e) {
    StackTraceElement[] stack = e.getStackTrace();
    for (StackTraceElement frame : stack) {
      if (frame.getClassName().contains(".schemaregistry.client.")) {
        return false;
      }
    }
    if (e instanceof JacksonException || e instanceof CharacterCodingException) {
      return true;
    }
    for (StackTraceElement frame : stack) {
      if (!frame.getClassName().startsWith("java.")) {
        return PARSERS.stream().anyMatch(frame.getClassName()::startsWith);
      }
    }
    return false;
  }
}
