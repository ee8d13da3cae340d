package io.bierelay.bench;

import java.util.List;
import java.util.Locale;

/** Horizontal bars as SVG, readable on light and dark pages. */
public final class Chart {

  private static final int WIDTH = 880;
  private static final int LEFT = 420;
  private static final int MOST = 370;
  private static final int STEP = 22;

  private final StringBuilder body = new StringBuilder();
  private int y = 10;

  /** One bar. */
  public record Bar(String name, double value, boolean ours) {}

  /** Empty. */
  public Chart() {}

  /** Adds bars that share a unit and a scale. */
  public void part(String title, List<Bar> bars) {
    y += STEP;
    text(10, title, "font-weight=\"bold\"");
    double greatest = bars.stream().mapToDouble(Bar::value).max().orElse(1);
    for (Bar bar : bars) {
      y += STEP;
      text(LEFT - 10, bar.name(), "text-anchor=\"end\"");
      double length = Math.max(1, MOST * bar.value() / greatest);
      body.append(
          "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"15\" fill=\"%s\"/>\n"
              .formatted(LEFT, y - 12, length, bar.ours() ? "#2f6fd0" : "#9aa4b2"));
      text((int) (LEFT + length + 6), number(bar.value()), "");
    }
    y += STEP / 2;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 1_000 ? "%,.0f" : "%.1f", value);
  }

  private void text(int x, String text, String attributes) {
    body.append(
        "<text x=\"%d\" y=\"%d\" %s>%s</text>\n"
            .formatted(x, y, attributes, text.replace("&", "&amp;").replace("<", "&lt;")));
  }

  @Override
  public String toString() {
    return """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d">
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        <g font-family="sans-serif" font-size="13" fill="#20262e">
        %s</g>
        </svg>
        """
        .formatted(WIDTH, y + STEP, WIDTH, y + STEP, body);
  }
}
