-- The gate's rulebook, its verdicts, its permits and the one contact log of all channels.
CREATE SCHEMA compliance;

CREATE TABLE compliance.rulebook (
    hash text PRIMARY KEY,
    content jsonb NOT NULL,
    loaded_at timestamptz NOT NULL
);

-- The numbers this organisation owns and may show.
CREATE TABLE compliance.caller_id (
    number text PRIMARY KEY,
    name text NOT NULL,
    proof text NOT NULL,
    trunk text NOT NULL,
    attestation text NOT NULL DEFAULT 'A' CHECK (attestation IN ('A', 'B', 'C')),
    active boolean NOT NULL DEFAULT true,
    answered_ok_at timestamptz,
    added_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL
);

-- Append-only: every answer of the gate, allowed or refused, with all that it was made from.
CREATE TABLE compliance.verdict (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_id text NOT NULL,
    consumer_id bigint NOT NULL,
    account_ids bigint[] NOT NULL,
    contact_point_id bigint,
    channel text NOT NULL,
    campaign_id bigint,
    decision text NOT NULL CHECK (decision IN ('allow', 'defer', 'deny')),
    reason_code text NOT NULL,
    findings jsonb NOT NULL,
    facts jsonb NOT NULL,
    rulebook_hash text NOT NULL,
    decided_at timestamptz NOT NULL,
    earliest_allowed_at timestamptz,
    digest text NOT NULL
);
CREATE INDEX verdict_by_attempt ON compliance.verdict (attempt_id);
CREATE INDEX verdict_by_consumer ON compliance.verdict (consumer_id, id);
CREATE INDEX verdict_by_campaign ON compliance.verdict (campaign_id, id);

-- One row per allowed contact, used once.
CREATE TABLE compliance.permit (
    attempt_id text PRIMARY KEY,
    granted_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

-- One log for all channels and numbers of a person. A row is written when the permit is granted
-- (so that a cap is reserved before the telephone rings) and closed once with what came of it.
CREATE TABLE compliance.contact (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_id text NOT NULL UNIQUE,
    consumer_id bigint NOT NULL,
    account_ids bigint[] NOT NULL,
    value text NOT NULL,
    medium text NOT NULL CHECK (medium IN ('call', 'sms', 'email', 'letter')),
    direction text NOT NULL CHECK (direction IN ('out', 'in')),
    placed_at timestamptz NOT NULL,
    local_dates date[] NOT NULL,
    caller_id text,
    campaign_id bigint,
    closed_at timestamptz,
    outcome text,
    counts boolean NOT NULL DEFAULT true,
    conversation boolean NOT NULL DEFAULT false,
    message_left boolean NOT NULL DEFAULT false
);
CREATE INDEX contact_by_consumer ON compliance.contact (consumer_id, placed_at DESC);
CREATE INDEX contact_open ON compliance.contact (consumer_id) WHERE closed_at IS NULL;
