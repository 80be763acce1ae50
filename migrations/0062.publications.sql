-- Overlays: rows of the tenant that make the law stricter. Each publication holds a whole overlay;
-- the latest one that was published is in force, and every process asks which that is.
CREATE TABLE compliance.publication (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('proposed', 'published', 'rejected')),
    -- The rows as they were written, and the hash of what they say, whatever the spacing.
    overlay text NOT NULL,
    hash text NOT NULL,
    note text NOT NULL DEFAULT '',
    author text NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    reason text NOT NULL DEFAULT '',
    -- Whoever wrote it does not decide about it.
    CHECK (decided_by IS NULL OR decided_by <> author),
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL))
);

CREATE INDEX publication_in_force ON compliance.publication (decided_at DESC, id DESC)
    WHERE state = 'published';
CREATE UNIQUE INDEX publication_proposed_once ON compliance.publication (hash)
    WHERE state = 'proposed';
