package io.bierelay.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is near enough to be meant. */
class SuggestionTest {

  private static final List<String> ROLES =
      List.of("svc-bie-kafka", "workflow", "reporting-listener");

  @ParameterizedTest
  @CsvSource({
    "worklow,workflow",
    "WORKFLOW,workflow",
    "workflows,workflow",
    "svc-bie-kakfa,svc-bie-kafka",
    "svc_bie_kafka,svc-bie-kafka",
    "reporting-listner,reporting-listener"
  })
  void aTypoIsUnderstood(String typo, String meant) {
    assertThat(Suggestion.nearest(typo, ROLES)).hasValue(meant);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "", "x", "kafka", "wf"})
  void whatIsFarIsNotGuessed(String name) {
    assertThat(Suggestion.nearest(name, ROLES)).isEmpty();
  }

  @Test
  void nothingIsNearWhenNothingIsKnown() {
    assertThat(Suggestion.nearest("x", List.of())).isEmpty();
  }

  @Test
  void theSentenceNamesWhatIsKnown() {
    assertThat(Suggestion.describe("worklow", ROLES))
        .isEqualTo("did you mean 'workflow'? Known: reporting-listener, svc-bie-kafka, workflow");
    assertThat(Suggestion.describe("nonsense", ROLES))
        .isEqualTo("known: reporting-listener, svc-bie-kafka, workflow");
  }
}
