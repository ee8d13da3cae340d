package io.bierelay.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** The event that is measured: a contention associated to a claim, all but one of 21 fields set. */
final class ContentionEvents {

  private ContentionEvents() {}

  static Schema schema() {
    try (InputStream in =
        ContentionEvents.class.getResourceAsStream("/avro/ContentionAssociatedToClaim.avsc")) {
      return new Schema.Parser().parse(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Invented. The details have quotes and umlauts, so that the slower paths are measured too. */
  static GenericRecord event(Schema schema) {
    GenericRecord event = new GenericData.Record(schema);
    event.put("ActionName", "Contention Associated To Claim");
    event.put("ActionResultName", "Success");
    event.put("ActorApplicationId", "VBMS-UI");
    event.put("ActorStation", "281");
    event.put("ActorUserId", "281RATER07");
    event.put("AutomationIndicator", false);
    event.put("BenefitClaimTypeCode", "010LCOMP");
    event.put("ClaimId", 600_173_992L);
    event.put("ContentionClassificationName", "Musculoskeletal - Knee");
    event.put("ContentionId", 1_294_772L);
    event.put("ContentionStatusTypeCode", "A");
    event.put("ContentionTypeCode", "NEW");
    event.put("CurrentLifecycleStatus", "Open");
    event.put("DateAdded", 1_686_589_740_123L);
    event.put("Details", "The veteran states: \"pain in the left knee since 1998, très forte\".");
    event.put("DiagnosticTypeCode", null);
    event.put("EventTime", 1_686_589_740_456L);
    event.put("VeteranParticipantId", 32_397_412L);
    event.put("BieTs", 1_686_589_741_001L);
    event.put("SourceTs", 1_686_589_740_789L);
    event.put("ConnectorTs", 1_686_589_740_955L);
    return event;
  }

  static byte[] avro(GenericRecord event) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    try {
      new GenericDatumWriter<GenericRecord>(event.getSchema()).write(event, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
