-- Files being imported.
CREATE SCHEMA intake;

-- One import of one file: progress, counts and where its refused rows are.
CREATE TABLE intake.run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_name text NOT NULL,
    mapping jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'failed')),
    bytes_total bigint NOT NULL,
    bytes_read bigint NOT NULL DEFAULT 0,
    rows_read bigint NOT NULL DEFAULT 0,
    rows_new bigint NOT NULL DEFAULT 0,
    rows_updated bigint NOT NULL DEFAULT 0,
    rows_unchanged bigint NOT NULL DEFAULT 0,
    rows_refused bigint NOT NULL DEFAULT 0,
    refused_file text,
    message text NOT NULL DEFAULT '',
    actor text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz
);
