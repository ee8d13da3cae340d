package io.bierelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Places for the processes of one cluster on this machine: each with its addresses, which whoever
 * comes after a process that ended takes over, and with the verticles that run there.
 */
public final class ClusterSeats implements AutoCloseable {

  /** The role whose verticles are spread over the processes. */
  public static final List<String> ROLE = List.of("svc-bie-kafka");

  private final ScratchDirectory scratch = ScratchDirectory.create("cluster");
  private final List<Seat> seats = new ArrayList<>();
  private final List<Integer> ports;

  /**
   * One place.
   *
   * @param verticle the only one that works there, beside the administration
   * @param settings what is different there
   * @param arguments what its process is started with
   */
  public record Seat(String verticle, Map<String, Object> settings, List<String> arguments) {

    /** Whether a consumer of Kafka's sits there. */
    public boolean consumes() {
      return verticle.equals("KafkaIngestVerticle");
    }

    /** What is the same everywhere, as it is here: who talks to Kafka alone gets its password. */
    public Map<String, Object> settings(Map<String, Object> everywhere) {
      Map<String, Object> here = new HashMap<>(everywhere);
      here.putAll(settings);
      if (!consumes()) {
        here.remove("kafka.sasl.password");
      }
      return here;
    }
  }

  /** So many of each; the consumers come first. */
  public ClusterSeats(int ingest, int notify) {
    ports = Ports.free(2 * (ingest + notify));
    for (int i = 0; i < ingest + notify; i++) {
      seats.add(seat(i < ingest ? "KafkaIngestVerticle" : "RabbitNotifierVerticle", i));
    }
  }

  /** All of them. */
  public List<Seat> all() {
    return List.copyOf(seats);
  }

  /** One of them. */
  public Seat get(int number) {
    return seats.get(number);
  }

  private Seat seat(String verticle, int number) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("cluster.host", "127.0.0.1");
    settings.put("cluster.port", ports.get(2 * number));
    settings.put("cluster.bus.port", ports.get(2 * number + 1));
    List<String> members = new ArrayList<>();
    for (int i = 0; i < ports.size(); i += 2) {
      members.add("127.0.0.1:" + ports.get(i));
    }
    settings.put("cluster.members", members);
    return new Seat(
        verticle, settings, List.of("--cluster", "--verticles", roster(verticle).toString()));
  }

  private Path roster(String verticle) {
    JsonObject roster =
        new JsonObject()
            .put(
                "roles",
                new JsonObject()
                    .put(
                        ROLE.get(0),
                        new JsonArray()
                            .add(new JsonObject().put("verticle", "AdminVerticle"))
                            .add(new JsonObject().put("verticle", verticle))));
    return scratch.write(verticle + ".json", roster.encode());
  }

  @Override
  public void close() {
    scratch.close();
  }
}
