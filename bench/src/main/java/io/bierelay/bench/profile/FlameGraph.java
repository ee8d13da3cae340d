package io.bierelay.bench.profile;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * JFR's samples of Java code on a processor, as a flame graph: SVG, wider is more, blue is the
 * product.
 */
public final class FlameGraph {

  private static final int WIDTH = 1400;
  private static final int ROW = 17;
  private static final double LEAST = 1.2;
  private static final double LETTER = 6.6;

  private static final class Frame {
    final Map<String, Frame> callees = new TreeMap<>();
    long samples;
  }

  private final Frame root = new Frame();
  private final Map<String, Long> own = new HashMap<>();
  private final Set<String> product = new HashSet<>();

  private FlameGraph() {}

  /** Of what was sampled between the two moments. */
  public static FlameGraph of(Path recording, Instant from, Instant to) throws IOException {
    FlameGraph graph = new FlameGraph();
    try (RecordingFile file = new RecordingFile(recording)) {
      while (file.hasMoreEvents()) {
        RecordedEvent event = file.readEvent();
        // The native samples are nearly all of threads that wait in the kernel for a socket.
        if (event.getEventType().getName().equals("jdk.ExecutionSample")
            && !event.getStartTime().isBefore(from)
            && !event.getStartTime().isAfter(to)) {
          graph.add(event);
        }
      }
    }
    return graph;
  }

  private void add(RecordedEvent event) {
    RecordedStackTrace trace = event.getStackTrace();
    if (trace == null || trace.getFrames().isEmpty()) {
      return;
    }
    RecordedThread thread = event.getThread("sampledThread");
    String name = thread == null ? "unknown thread" : String.valueOf(thread.getJavaName());
    Frame at = root;
    at.samples++;
    at = descend(at, name.replaceAll("[#-]*[0-9]+$", ""));
    List<RecordedFrame> frames = trace.getFrames();
    for (int i = frames.size() - 1; i >= 0; i--) {
      at = descend(at, name(frames.get(i).getMethod()));
    }
    own.merge(name(frames.get(0).getMethod()), 1L, Long::sum);
  }

  private static Frame descend(Frame frame, String name) {
    Frame callee = frame.callees.computeIfAbsent(name, any -> new Frame());
    callee.samples++;
    return callee;
  }

  private String name(RecordedMethod method) {
    String type = method.getType().getName();
    String name = type.substring(type.lastIndexOf('.') + 1) + "." + method.getName();
    if (type.startsWith("io.bierelay.")) {
      product.add(name);
    }
    return name;
  }

  /** How many samples there are. */
  public long samples() {
    return root.samples;
  }

  /** The threads and their share, as a line. */
  public String threads() {
    return top(
        root.callees.entrySet().stream()
            .map(e -> Map.entry(e.getKey(), e.getValue().samples))
            .toList(),
        8);
  }

  /** The methods that were themselves at work, and their share, as a line. */
  public String methods() {
    return top(List.copyOf(own.entrySet()), 12);
  }

  private String top(List<Map.Entry<String, Long>> all, int most) {
    List<String> parts = new ArrayList<>();
    all.stream()
        .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
        .limit(most)
        .forEach(
            e ->
                parts.add("%s %.1f %%".formatted(e.getKey(), 100.0 * e.getValue() / root.samples)));
    return String.join(", ", parts);
  }

  /** The picture; each frame's share is its tooltip. */
  public String svg(String title) {
    StringBuilder body = new StringBuilder();
    int depth = draw(body, title, root, 0, WIDTH, 0);
    int height = (depth + 1) * ROW + 8;
    return """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d">
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        <g font-family="monospace" font-size="11" fill="#20262e">
        %s</g>
        </svg>
        """
        .formatted(WIDTH, height, WIDTH, height, body);
  }

  private int draw(StringBuilder body, String name, Frame frame, double x, double width, int row) {
    double share = 100.0 * frame.samples / Math.max(1, root.samples);
    int y = 4 + row * ROW;
    String colour = product.contains(name) || row < 2 ? "#9db8e8" : colour(name);
    body.append(
        "<g><title>%s: %.2f %%</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>"
            .formatted(escaped(name), share, x, y, Math.max(0.5, width - 0.5), ROW - 1, colour));
    int letters = (int) ((width - 6) / LETTER);
    if (letters >= 4) {
      String text = name.length() <= letters ? name : name.substring(0, letters - 1) + "…";
      body.append("<text x=\"%.1f\" y=\"%d\">%s</text>".formatted(x + 3, y + 12, escaped(text)));
    }
    body.append("</g>\n");
    int deepest = row;
    double at = x;
    for (Map.Entry<String, Frame> callee : frame.callees.entrySet()) {
      double part = width * callee.getValue().samples / frame.samples;
      if (part >= LEAST) {
        deepest =
            Math.max(deepest, draw(body, callee.getKey(), callee.getValue(), at, part, row + 1));
      }
      at += part;
    }
    return deepest;
  }

  /** The same for the same class, so that neighbours can be told apart. */
  private static String colour(String name) {
    int hash = Math.floorMod(name.replaceAll("\\..*", "").hashCode(), 60);
    return "#f%x%02x%02x".formatted(8 + hash % 8, 150 + hash, 90 + hash / 2);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
