package io.bierelay.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which type a topic carries. */
class EventCatalogTest {

  private static final EventCatalog CATALOG = EventCatalog.of(Settings.of(new JsonObject()));

  @ParameterizedTest
  @CsvSource({
    "CONTENTION_ASSOCIATED_TO_CLAIM_V02,contention-associated",
    "CONTENTION_UPDATED_V02,contention-updated",
    "CONTENTION_CLASSIFIED_V02,contention-classified",
    "CONTENTION_COMPLETED_V02,contention-completed",
    "CONTENTION_DELETED_V02,contention-deleted"
  })
  void bothStylesOfTopicNamesAreKnown(String event, String type) {
    for (String topic :
        new String[] {
          "TST_CONTENTION_BIE_" + event,
          "UAT_CONTENTION_BIE_" + event,
          "BIA_SERVICES_BIE_CATALOG_TST_" + event,
          "BIA_SERVICES_BIE_CATALOG_" + event
        }) {
      assertThat(CATALOG.typeOf(topic)).hasValue(new EventType(type, event, "bie-events-" + type));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "CONTENTION",
        "TST_CONTENTION_BIE_CONTENTION_UPDATED_V03",
        "TST_CONTENTION_BIE_CONTENTION_UPDATED_V02_RETRY",
        "tst_contention_bie_contention_updated_v02"
      })
  void whatEndsOtherwiseIsOfNoType(String topic) {
    assertThat(CATALOG.typeOf(topic)).isEmpty();
  }

  @Test
  void theLongestEndingDecidesWhateverTheOrder() {
    for (String types :
        new String[] {"short=UPDATED,long=RE_UPDATED", "long=RE_UPDATED,short=UPDATED"}) {
      EventCatalog catalog =
          EventCatalog.of(
              Settings.of(
                  new JsonObject().put("event.types", types).put("event.exchange.prefix", "x-")));
      assertThat(catalog.typeOf("A_RE_UPDATED")).map(EventType::name).hasValue("long");
      assertThat(catalog.typeOf("A_UPDATED")).map(EventType::exchange).hasValue("x-short");
    }
  }
}
