-- Where the organisation holds a licence to collect; what binds debt to a licence asks it.
CREATE TABLE compliance.licence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place text NOT NULL,
    number text NOT NULL,
    valid_until date,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text,
    end_reason text,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX licence_in_force ON compliance.licence (place) WHERE ended_at IS NULL;
