package io.bierelay.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Settings that are right one by one, and wrong together. */
class NotifySettingsTest {

  @Test
  void exactlyOnceIsRefusedWithFanoutExchangesAndSaysWhatToSet() {
    assertThat(problems("exactly-once", "fanout"))
        .singleElement()
        .asString()
        .contains("notify.delivery is exactly-once", "rabbitmq.exchange.type is fanout")
        .endsWith("set rabbitmq.exchange.type to topic, or notify.delivery to at-least-once");
    assertThat(problems("exactly-once", "topic")).isEmpty();
    assertThat(problems("at-least-once", "fanout")).isEmpty();
  }

  private static List<String> problems(String delivery, String exchange) {
    return NotifySettings.problems(
        Settings.of(
            new JsonObject()
                .put("notify.delivery", delivery)
                .put("rabbitmq.exchange.type", exchange)));
  }
}
