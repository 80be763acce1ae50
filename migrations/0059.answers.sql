-- Append-only: what the rules said at moments that give no permit (a payment, a pace, a
-- publication …), with all that it was judged from. json keeps the very bytes that were hashed.
CREATE TABLE compliance.answer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    moment text NOT NULL CHECK (
        moment IN ('LOAD', 'PACE', 'PREDIAL', 'RING', 'ANSWER', 'INCALL', 'PRESEND', 'PAY', 'POST',
                   'PUBLISH', 'PERIODIC')
    ),
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    consumer_id bigint,
    asked json NOT NULL,
    findings json NOT NULL,
    decision text NOT NULL CHECK (decision IN ('allow', 'refer', 'defer', 'deny')),
    reason_code text NOT NULL,
    obligations text[] NOT NULL DEFAULT '{}',
    earliest_allowed_at timestamptz,
    rulebook_hash text NOT NULL,
    decided_at timestamptz NOT NULL,
    digest text NOT NULL
);
CREATE INDEX answer_by_subject ON compliance.answer (subject_kind, subject_id, id);
CREATE INDEX answer_by_consumer ON compliance.answer (consumer_id, id) WHERE consumer_id IS NOT NULL;
