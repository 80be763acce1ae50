-- Books of policies as they were read, and the policies that quotes and entries were made under.
CREATE TABLE arrangements.policy_book (
    hash text PRIMARY KEY,
    files jsonb NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX policy_book_by_time ON arrangements.policy_book (recorded_at DESC);

ALTER TABLE arrangements.quote ADD COLUMN policy_hash text NOT NULL DEFAULT '';
ALTER TABLE ledger.entry ADD COLUMN policy_version text NOT NULL DEFAULT '';
