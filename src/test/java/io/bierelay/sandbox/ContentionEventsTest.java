package io.bierelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.JsonProperties;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Schemas and events are as the specification has them. */
class ContentionEventsTest {
  /** The specification's table, to the letter. */
  private static final String TABLE =
      """
      | ActionName, ActionResultName | string? | string? | string? | string? | string? |
      | ActorApplicationId, ActorStation, ActorUserId | string? | string? | string? | string? | – |
      | AutomationIndicator | boolean | boolean | boolean | boolean | boolean? |
      | BenefitClaimTypeCode | string? | string? | string? | string? | – |
      | ClaimId | long | long | long | long | long |
      | ContentionClassificationName | string? | string? | string? | string? | – |
      | ContentionId | long | long | long | long | long |
      | ContentionStatusTypeCode, ContentionTypeCode, CurrentLifecycleStatus | string? | string? | string? | string? | string? |
      | DateAdded | ms? | ms? | ms? | ms? | – |
      | DateCompleted, DateUpdated | – | ms? | – | – | – |
      | Description | – | string? | – | – | string? |
      | Details | string? | string? | string? | string? | – |
      | DiagnosticTypeCode | string? | string? | string? | string? | – |
      | EventTime | ms | ms? | ms | ms | ms |
      | JournalStatusTypeCode | – | string? | – | – | – |
      | VeteranParticipantId | long? | long? | long? | long? | – |
      | BieTs, SourceTs, ConnectorTs | ms? | ms? | ms? | ms? | ms? |
      """;

  @ParameterizedTest
  @EnumSource
  void theSchemaIsTheSpecificationsColumn(ContentionType type) {
    Schema schema = ContentionSchemas.of(type);
    assertThat(schema.getFullName())
        .isEqualTo("gov.va.bip.bie.claim.contention." + type.recordName());
    Map<String, String> fields = new LinkedHashMap<>();
    for (Schema.Field field : schema.getFields()) {
      fields.put(field.name(), notation(field));
    }
    assertThat(fields).isEqualTo(column(1 + List.of(ContentionType.values()).indexOf(type)));
  }

  @ParameterizedTest
  @EnumSource
  void anEventSurvivesTheWire(ContentionType type) {
    ContentionEvents events = new ContentionEvents(1);
    for (int i = 0; i < 100; i++) {
      GenericRecord event = events.next(type);
      byte[] wire = ContentionEvents.encode(event, 0x01020304);
      assertThat(wire).startsWith(0, 1, 2, 3, 4);
      assertThat(ContentionEvents.decode(wire, event.getSchema())).isEqualTo(event);
      assertThat(GenericData.get().validate(event.getSchema(), event)).isTrue();
    }
  }

  @Test
  void theSameSeedGivesTheSameEvents() {
    ContentionEvents first = new ContentionEvents(42);
    ContentionEvents second = new ContentionEvents(first.seed());
    for (ContentionType type : ContentionType.values()) {
      assertThat(first.next(type)).isEqualTo(second.next(type));
    }
  }

  @Test
  void whatIsPersonalIsFoundAndNothingElse() {
    ContentionEvents events = new ContentionEvents(3);
    List<String> personal =
        List.of("ActorUserId", "VeteranParticipantId", "Description", "Details");
    for (int i = 0; i < 500; i++) {
      GenericRecord event = events.next(ContentionType.UPDATED);
      for (Schema.Field field : event.getSchema().getFields()) {
        Object value = event.get(field.pos());
        if (value != null) {
          assertThat(ContentionEvents.holdsPersonalData("«" + value + "»"))
              .as(field.name())
              .isEqualTo(personal.contains(field.name()));
        }
      }
    }
  }

  @Test
  void nullableFieldsAreSometimesNullAndCodesSometimesSeveral() {
    ContentionEvents events = new ContentionEvents(5);
    Map<String, Integer> nulls = new HashMap<>();
    int several = 0;
    for (int i = 0; i < 300; i++) {
      GenericRecord event = events.next(ContentionType.UPDATED);
      for (Schema.Field field : event.getSchema().getFields()) {
        if (event.get(field.pos()) == null) {
          nulls.merge(field.name(), 1, Integer::sum);
        }
      }
      if (String.valueOf(event.get("DiagnosticTypeCode")).equals("7101, 7102")) {
        several++;
      }
    }
    assertThat(several).isPositive();
    assertThat(nulls)
        .containsKeys("EventTime", "Description", "DiagnosticTypeCode")
        .doesNotContainKeys("ClaimId", "ContentionId", "AutomationIndicator");
  }

  private static Map<String, String> column(int number) {
    Map<String, String> fields = new LinkedHashMap<>();
    TABLE
        .lines()
        .map(line -> line.split("[|]", -1))
        .forEach(
            cells -> {
              String type = cells[1 + number].strip();
              if (!type.equals("–")) {
                for (String name : cells[1].strip().split(", ")) {
                  fields.put(name, type);
                }
              }
            });
    return fields;
  }

  private static String notation(Schema.Field field) {
    Schema schema = field.schema();
    if (!schema.isUnion()) {
      assertThat(field.hasDefaultValue()).isFalse();
      return notation(schema);
    }
    assertThat(schema.getTypes()).hasSize(2);
    assertThat(schema.getTypes().get(0).getType()).isEqualTo(Schema.Type.NULL);
    assertThat(field.defaultVal()).isEqualTo(JsonProperties.NULL_VALUE);
    return notation(schema.getTypes().get(1)) + "?";
  }

  private static String notation(Schema schema) {
    return schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
        ? "ms"
        : schema.getType().getName();
  }
}
