package io.bierelay.ingest;

import io.bierelay.avro.AvroLimits;
import io.bierelay.avro.JsonBuffer;
import io.bierelay.avro.ObjectJson;
import io.bierelay.avro.RegistrySettings;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.thread.OrderedThread;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a Kafka {@link Deserializer} from the class path read the values, and writes what it returns
 * as JSON.
 *
 * <p>Deserializers block and know one thread, so this has a thread of its own; one record after the
 * other.
 */
final class PluggedValueReader implements ValueReader {

  private static final Logger LOG = LoggerFactory.getLogger(PluggedValueReader.class);

  private final String className;
  private final Deserializer<?> deserializer;
  private final OrderedThread thread;
  private final ObjectJson objects;
  private final JsonBuffer json = new JsonBuffer();

  private PluggedValueReader(
      String className, Deserializer<?> deserializer, OrderedThread thread, AvroLimits limits) {
    this.className = className;
    this.deserializer = deserializer;
    this.thread = thread;
    this.objects = new ObjectJson(limits);
  }

  /**
   * Makes the deserializer and configures it.
   *
   * @return fails with {@link ConfigurationException} if it can't be made or refuses its properties
   */
  static Future<ValueReader> open(Vertx vertx, Settings settings) {
    String className = settings.get(ValueSettings.DESERIALIZER);
    OrderedThread thread = new OrderedThread(vertx.getOrCreateContext(), "bie-deserializer");
    return thread
        .<ValueReader>run(
            () -> {
              Deserializer<?> made = make(className, settings);
              return new PluggedValueReader(className, made, thread, AvroLimits.of(settings));
            })
        .onFailure(e -> thread.close());
  }

  private static Deserializer<?> make(String className, Settings settings) {
    try {
      Deserializer<?> made =
          load(className).asSubclass(Deserializer.class).getConstructor().newInstance();
      made.configure(properties(settings), false);
      return made;
    } catch (Exception | LinkageError e) {
      // Its message may quote a property's value, and one of them is the password.
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ConfigurationException(
          "'kafka.value.deserializer' is '%s', which can't be made or refuses its properties (%s);"
                  .formatted(className, cause.getClass().getName())
              + " check registry.*, kafka.client, and whether all jars it needs are on the class"
              + " path");
    }
  }

  /** Why a class can't be the deserializer; empty if it can. Runs none of its code. */
  static Optional<String> problem(String className) {
    String what;
    try {
      Class<?> found = load(className);
      if (Deserializer.class.isAssignableFrom(found)) {
        if (!Modifier.isAbstract(found.getConstructor().getDeclaringClass().getModifiers())) {
          return Optional.empty();
        }
        what = "which is abstract";
      } else {
        what = "which is no org.apache.kafka.common.serialization.Deserializer";
      }
    } catch (ClassNotFoundException e) {
      what = "which is not on the class path";
    } catch (NoSuchMethodException e) {
      what = "which has no public constructor without parameters";
    } catch (LinkageError e) {
      what = "which needs a class that is not on the class path (" + e.getMessage() + ")";
    }
    return Optional.of(
        ("'kafka.value.deserializer' is '%s', %s; correct the name, or put its jars there: java -cp"
                + " bie-relay.jar:<jar>:<jar> io.bierelay.Main --role ... (with java -jar, no"
                + " further jar is looked at)")
            .formatted(className, what));
  }

  private static Class<?> load(String className) throws ClassNotFoundException {
    return Class.forName(className, false, PluggedValueReader.class.getClassLoader());
  }

  /** Our settings under Confluent's names; what stands in kafka.client is more exact, and wins. */
  static Map<String, Object> properties(Settings settings) {
    Map<String, Object> properties = new HashMap<>(RegistrySettings.confluentProperties(settings));
    properties.putAll(settings.get(IngestSettings.CLIENT));
    return properties;
  }

  @Override
  public Future<Value> read(ConsumerRecord<byte[], byte[]> record) {
    return thread.run(() -> deserialize(record));
  }

  private Value deserialize(ConsumerRecord<byte[], byte[]> record) {
    try {
      // A copy: some deserializers decrypt in place, and a dead letter must have the original.
      Object value =
          deserializer.deserialize(record.topic(), record.headers(), record.value().clone());
      json.reset();
      objects.write(value, json);
      return new Text(json.toByteArray());
    } catch (Throwable e) {
      throw DeserializerFailure.of(className, e);
    }
  }

  @Override
  public Future<Void> close() {
    Future<Void> closed =
        thread.<Void>run(
            () -> {
              deserializer.close();
              return null;
            });
    thread.close();
    return closed.recover(
        e -> {
          LOG.warn("{} did not close cleanly: {}", className, e.getClass().getName());
          return Future.succeededFuture();
        });
  }
}
