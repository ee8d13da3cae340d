-- Who replayed or discarded which dead letter, and why: written before the letter is removed, and
-- only ever inserted. The letters themselves stay in RabbitMQ: their bodies may be personal data,
-- which this database does not hold.
CREATE TABLE dead_letter_action (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- In GMT, as all times of this schema.
    at         timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    action     text NOT NULL CHECK (action IN ('replay', 'discard')),
    -- The message id, which is the event's; or one made of it, if that was no UUID.
    message_id text NOT NULL,
    reason     text NOT NULL,
    stage      text NOT NULL,
    event_type text NOT NULL,
    -- Topic, partition and offset.
    origin     text NOT NULL,
    by_whom    text NOT NULL,
    why        text NOT NULL
);

CREATE INDEX dead_letter_action_message_id_idx ON dead_letter_action (message_id);
