-- Opt-in, for 100 million rows and more: bie_event in 16 partitions by the hash of its key.
--
-- Run it by hand as the tables' owner, with the role workflow stopped: it copies all rows and
-- needs their space twice meanwhile. Nothing in
-- the program changes: names, columns and the statement that stores are the same, and so are later
-- migrations that add columns or indexes to bie_event.
--
-- What it brings: each index is a sixteenth in size, so that the pages that inserts touch at random
-- stay in memory for longer; vacuum and reindex go partition by partition.
--
-- What it costs:
--   * uniqueness: nothing. A unique index on a partitioned table must hold the partition key, and
--     here that is the key itself. By time, which would let old months be dropped at once, it would
--     have to be (uuid, time): the same event with another time would then be stored twice, and the
--     table of codes could not refer to an event by its uuid alone. Event ids say nothing of time,
--     so there is no third way; delete old rows by created_at in portions instead.
--   * queries by benefit_claim_id, contention_id, classification or event_type look into 16 indexes
--     instead of one.

BEGIN;

LOCK TABLE bie_event, bie_event_to_diagnostic_code IN ACCESS EXCLUSIVE MODE;

ALTER TABLE bie_event_to_diagnostic_code
    DROP CONSTRAINT bie_event_to_diagnostic_code_bie_event_uuid_fkey;
ALTER TABLE bie_event RENAME TO bie_event_unpartitioned;
ALTER TABLE bie_event_unpartitioned RENAME CONSTRAINT bie_event_pkey TO bie_event_unpartitioned_pkey;
ALTER INDEX bie_event_event_type_idx RENAME TO bie_event_unpartitioned_event_type_idx;
ALTER INDEX bie_event_benefit_claim_id_idx RENAME TO bie_event_unpartitioned_claim_idx;
ALTER INDEX bie_event_contention_id_idx RENAME TO bie_event_unpartitioned_contention_idx;
ALTER INDEX bie_event_classification_idx RENAME TO bie_event_unpartitioned_classification_idx;

CREATE TABLE bie_event (LIKE bie_event_unpartitioned INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY HASH (uuid);

DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE bie_event_%s PARTITION OF bie_event FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
            part, part);
    END LOOP;
END $$;

INSERT INTO bie_event SELECT * FROM bie_event_unpartitioned;

ALTER TABLE bie_event ADD CONSTRAINT bie_event_pkey PRIMARY KEY (uuid);
CREATE INDEX bie_event_event_type_idx ON bie_event (event_type);
CREATE INDEX bie_event_benefit_claim_id_idx ON bie_event (benefit_claim_id);
CREATE INDEX bie_event_contention_id_idx ON bie_event (contention_id);
CREATE INDEX bie_event_classification_idx ON bie_event (classification);

ALTER TABLE bie_event_to_diagnostic_code
    ADD CONSTRAINT bie_event_to_diagnostic_code_bie_event_uuid_fkey
    FOREIGN KEY (bie_event_uuid) REFERENCES bie_event (uuid) ON DELETE CASCADE ON UPDATE CASCADE;

DROP TABLE bie_event_unpartitioned;

COMMIT;

-- The new table has none of the old one's grants: run grants.sql again.
