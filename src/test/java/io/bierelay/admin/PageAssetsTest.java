package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.page.StubRelay;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every file of the page is served, as what it is, and none writes HTML or a style as text. */
class PageAssetsTest {

  private static final Path ROOT = Path.of("src/main/resources/io/bierelay/admin/page");
  private static final Map<String, String> TYPES =
      Map.of(
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "html", "text/html; charset=utf-8",
          "svg", "image/svg+xml");
  private static final Pattern MARKUP =
      Pattern.compile(
          "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|new Function|srcdoc"
              + "|DOMParser|createContextualFragment|setAttribute\\(\"style|localStorage|\\.cookie");

  private static List<Path> files() throws Exception {
    try (Stream<Path> all = Files.walk(ROOT)) {
      return all.filter(Files::isRegularFile).map(ROOT::relativize).toList();
    }
  }

  private static HttpResponse<String> get(String url, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void everyFileIsServedAsWhatItIsAndNotTwice() throws Exception {
    try (PageStub stub = new PageStub(new StubRelay(5, false))) {
      for (Path file : files()) {
        String url = stub.url() + (file.endsWith("index.html") ? "" : file.toString());
        HttpResponse<String> answer = get(url);
        assertThat(answer.statusCode())
            .as("%s is not in the list of PageAssets", file)
            .isEqualTo(200);
        assertThat(answer.body()).isEqualTo(Files.readString(ROOT.resolve(file)));
        String extension = file.toString().replaceAll(".*\\.", "");
        assertThat(answer.headers().firstValue("content-type")).hasValue(TYPES.get(extension));

        String tag = answer.headers().firstValue("etag").orElseThrow();
        assertThat(get(url, "if-none-match", tag).statusCode()).as("%s", file).isEqualTo(304);
        assertThat(get(url, "if-none-match", "\"other\"").statusCode()).isEqualTo(200);
      }
    }
  }

  @Test
  void noFileWritesMarkupOrKeepsAnything() throws Exception {
    for (Path file : files()) {
      String text = Files.readString(ROOT.resolve(file));
      if (file.toString().endsWith(".js")) {
        assertThat(MARKUP.matcher(text).results().map(hit -> hit.group()).toList())
            .as("%s", file)
            .isEmpty();
      }
      assertThat(text.replace("http://www.w3.org/2000/svg", ""))
          .as("%s", file)
          .doesNotContain("://");
    }
  }
}
