-- One row per notification.
--
-- Names are unqualified: the schema is the first of the migration's search path (postgres.schema).
--
-- Times are of type "timestamp without time zone" and in GMT, as the specification says. The other
-- type, "timestamp with time zone", stores the same eight bytes but shows them in the time zone of
-- whoever asks, so that the clients that know these columns would read other digits on each machine.
-- Every writer therefore converts to GMT itself; the one default below does so too, whatever the
-- session's or the server's time zone is. Their precision is a microsecond.

-- An enum: four bytes a row instead of the text, and a misspelt type can't be stored. Types that
-- are configured beyond these are added at start (ALTER TYPE ... ADD VALUE IF NOT EXISTS).
CREATE TYPE bie_event_type AS ENUM (
    'contention-associated',
    'contention-updated',
    'contention-classified',
    'contention-completed',
    'contention-deleted'
);

CREATE TABLE bie_event (
    -- Derived from topic, partition and offset: that is what makes storing again harmless.
    uuid             uuid PRIMARY KEY,
    created_at       timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    -- Null where a notification came without it; that loses less than refusing the event.
    notified_at      timestamp,
    event_type       bie_event_type NOT NULL,
    -- jsonb, not json: it can be searched and indexed; numbers keep all their digits in both.
    event_details    jsonb NOT NULL,
    -- What follows is taken from the event, and null where the event has no such value.
    event_at         timestamp,
    benefit_claim_id bigint,
    contention_id    bigint,
    classification   text
);

CREATE INDEX bie_event_event_type_idx ON bie_event (event_type);
CREATE INDEX bie_event_benefit_claim_id_idx ON bie_event (benefit_claim_id);
CREATE INDEX bie_event_contention_id_idx ON bie_event (contention_id);
CREATE INDEX bie_event_classification_idx ON bie_event (classification);

CREATE TABLE diagnostic_code (
    code text PRIMARY KEY
);

-- Its rows say nothing without both ends: whoever removes or renames one takes them along.
CREATE TABLE bie_event_to_diagnostic_code (
    bie_event_uuid  uuid NOT NULL
        REFERENCES bie_event (uuid) ON DELETE CASCADE ON UPDATE CASCADE,
    diagnostic_code text NOT NULL
        REFERENCES diagnostic_code (code) ON DELETE CASCADE ON UPDATE CASCADE,
    PRIMARY KEY (bie_event_uuid, diagnostic_code)
);

-- The primary key serves from event to codes; this one from a code to its events.
CREATE INDEX bie_event_to_diagnostic_code_reverse_idx
    ON bie_event_to_diagnostic_code (diagnostic_code, bie_event_uuid);
