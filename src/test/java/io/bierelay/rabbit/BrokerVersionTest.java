package io.bierelay.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BrokerVersionTest {

  @ParameterizedTest
  @CsvSource({
    "RabbitMQ, 4.0.5, true",
    "RabbitMQ, 4.0.0-rc.1, true",
    "RabbitMQ, 10.1.0, true",
    "RabbitMQ, 3.13.7, false",
    "RabbitMQ, 3.10.8, false",
    "RabbitMQ, four, false",
    "RabbitMQ, 99999999999.0, false",
    "LavinMQ, 4.0.5, false"
  })
  void onlyRabbitMqFromFourOnIsKnownToKeepWhatItRouted(
      String product, String version, boolean keeps) {
    BrokerVersion broker = BrokerVersion.of(Map.of("product", product, "version", version));
    assertThat(broker.keepsWhatIsRouted()).isEqualTo(keeps);
    assertThat(broker).hasToString(product + " " + version);
  }

  @Test
  void aBrokerThatDoesNotSayIsNotKnownTo() {
    BrokerVersion broker = BrokerVersion.of(new HashMap<>());
    assertThat(broker.keepsWhatIsRouted()).isFalse();
    assertThat(broker.isRabbitMq()).isFalse();
    assertThat(broker).hasToString("? ?");
  }
}
