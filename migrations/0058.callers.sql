-- The registry of caller IDs: where each number seems to be, its pool and greeting, and its tests.

-- last_ok: how the last test went, null before the first; answered_ok_at is the last good one.
ALTER TABLE compliance.caller_id
    ADD COLUMN region text NOT NULL DEFAULT '',
    ADD COLUMN pool text NOT NULL DEFAULT 'main',
    ADD COLUMN greeting text NOT NULL DEFAULT 'call-back',
    ADD COLUMN presence boolean NOT NULL DEFAULT false,
    ADD COLUMN last_ok boolean,
    ADD COLUMN test_words text NOT NULL DEFAULT '',
    ADD COLUMN test_asked_at timestamptz,
    ADD COLUMN testing_until timestamptz;

-- Append-only: each time one of our numbers was called back, and what was heard.
CREATE TABLE compliance.caller_test (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL REFERENCES compliance.caller_id,
    at timestamptz NOT NULL,
    answered boolean NOT NULL,
    greeted boolean NOT NULL,
    seconds numeric(6, 2),
    words text NOT NULL
);
CREATE INDEX caller_test_by_number ON compliance.caller_test (number, id DESC);
-- When each number was shown last.
CREATE INDEX contact_by_caller_id ON compliance.contact (caller_id, placed_at)
    WHERE caller_id IS NOT NULL;
