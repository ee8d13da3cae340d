package io.bierelay.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The published form of a time, to the letter. */
class NotificationFormatTest {

  @ParameterizedTest
  @ValueSource(strings = {"America/New_York", "UTC", "Asia/Kathmandu", "Pacific/Kiritimati"})
  @ResourceLock(Resources.TIME_ZONE)
  @ResourceLock(Resources.LOCALE)
  void isTheSameWhereverTheMachineStands(String zone) {
    TimeZone before = TimeZone.getDefault();
    Locale locale = Locale.getDefault();
    try {
      TimeZone.setDefault(TimeZone.getTimeZone(zone));
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(NotificationFormat.notifiedAt(Instant.parse("2023-06-12T19:29:59.999Z")))
          .isEqualTo("2023-06-12T19:29 UTC+00:00");
      assertThat(NotificationFormat.parseNotifiedAt("2023-06-12T19:29 UTC+00:00"))
          .isEqualTo("2023-06-12T19:29:00Z");
    } finally {
      TimeZone.setDefault(before);
      Locale.setDefault(locale);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2024-02-29T00:00:00Z,2024-02-29T00:00 UTC+00:00",
    "2023-12-31T23:59:59Z,2023-12-31T23:59 UTC+00:00",
    "1970-01-01T00:00:00Z,1970-01-01T00:00 UTC+00:00"
  })
  void isCutToTheMinute(Instant instant, String text) {
    assertThat(NotificationFormat.notifiedAt(instant)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2023-06-12T19:29",
        "2023-06-12T19:29Z",
        "2023-06-12T19:29 UTC+01:00",
        "2023-06-12 19:29 UTC+00:00",
        "2023-13-12T19:29 UTC+00:00",
        "2023-06-12T19:29:00 UTC+00:00"
      })
  void anotherFormIsRefused(String text) {
    assertThatThrownBy(() -> NotificationFormat.parseNotifiedAt(text))
        .isInstanceOf(DateTimeException.class);
  }

  @Test
  void theRoutingKeyNamesTypeTopicAndPartition() {
    assertThat(NotificationFormat.routingKey("contention-updated", "T_V02", 7))
        .isEqualTo("contention-updated.T_V02.7");
  }
}
