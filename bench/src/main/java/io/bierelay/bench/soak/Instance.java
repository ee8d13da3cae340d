package io.bierelay.bench.soak;

import io.bierelay.bench.MeasuredProcess;
import io.bierelay.sandbox.Ports;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One process of the fat JAR, which can be killed and started again. */
final class Instance implements AutoCloseable {

  /** Where {@code /metrics} tells of events, by what an account knows: all that is counted. */
  private static final Pattern COUNTED =
      Pattern.compile(
          "(?m)^bie_relay_(events_(?:received|confirmed|quarantined|parked|dropped|skipped|discarded)"
              + "_total|lane_inflight)\\{([^}]*)} ([0-9.eE+]+)$");

  private static final Pattern LANE = Pattern.compile("(topic|partition)=\"([^\"]*)\"");
  private static final Pattern USED = Pattern.compile("used (\\d+)K");

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final String name;
  private final String role;
  private final Path scratch;
  private final int port = Ports.free();
  private final Path conf;
  private MeasuredProcess process;
  private int starts;

  Instance(String name, String role, Map<String, Object> settings, Path scratch)
      throws IOException {
    this.name = name;
    this.role = role;
    this.scratch = scratch;
    Map<String, Object> own = new HashMap<>(settings);
    own.put("admin.port", port);
    conf = Files.createTempFile(scratch, name, ".json");
    Files.writeString(conf, new JsonObject(own).encode());
  }

  String name() {
    return name;
  }

  boolean isRelay() {
    return role.equals("svc-bie-kafka");
  }

  void start() throws IOException {
    Path log = scratch.resolve(name + "-" + ++starts + ".log");
    process =
        MeasuredProcess.start(
            List.of(
                MeasuredProcess.java(),
                "-Xmx256m",
                "-jar",
                System.getProperty("bench.jar", "target/bie-relay.jar"),
                "--role",
                role,
                "--conf",
                conf.toString()),
            log);
  }

  MeasuredProcess process() {
    return process;
  }

  /** What the heap holds after a collection, in MiB; NaN if the process does not answer. */
  double heapMib() throws IOException, InterruptedException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    run(jcmd, "GC.run");
    Matcher used = USED.matcher(run(jcmd, "GC.heap_info"));
    return used.find() ? Long.parseLong(used.group(1)) / 1024.0 : Double.NaN;
  }

  private String run(String jcmd, String what) throws IOException, InterruptedException {
    Path out = Files.createTempFile(scratch, "jcmd", ".txt");
    Process one =
        new ProcessBuilder(jcmd, Long.toString(process.pid()), what)
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    if (!one.waitFor(30, TimeUnit.SECONDS)) {
      one.destroyForcibly().waitFor();
    }
    String text = Files.readString(out);
    Files.delete(out);
    return text;
  }

  /**
   * How many partitions have records received that are in no account; -1 if it does not answer.
   * What is in flight is counted by itself, so a scrape in the middle of an update may be wrong.
   */
  int disagreeing() throws InterruptedException {
    String text;
    try {
      text =
          http.send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                      .timeout(Duration.ofSeconds(20))
                      .build(),
                  BodyHandlers.ofString())
              .body();
    } catch (IOException e) {
      return -1;
    }
    Map<String, Double> balance = new HashMap<>();
    Matcher counted = COUNTED.matcher(text);
    while (counted.find()) {
      Map<String, String> lane = new HashMap<>();
      Matcher part = LANE.matcher(counted.group(2));
      while (part.find()) {
        lane.put(part.group(1), part.group(2));
      }
      double value = Double.parseDouble(counted.group(3));
      balance.merge(
          lane.get("topic") + "/" + lane.get("partition"),
          counted.group(1).equals("events_received_total") ? value : -value,
          Double::sum);
    }
    return (int) balance.values().stream().filter(rest -> Math.abs(rest) > 0.5).count();
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
