package io.bierelay.avro;

import org.apache.avro.Schema;

/**
 * The version of a subject that was the latest when the registry was asked.
 *
 * @param id the schema's id, as it stands in the wire format
 * @param version the version's number within the subject, 1 or above
 */
public record LatestSchema(String subject, int id, int version, Schema schema) {}
