-- Plans and settlements that were agreed, with their instalments and the quote they came from.
CREATE TABLE arrangements.arrangement (
    id text PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts.account,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    kind text NOT NULL CHECK (kind IN ('plan', 'settlement')),
    quote_id text NOT NULL REFERENCES arrangements.quote,
    attempt_id text,
    currency text NOT NULL,
    forgiven numeric(18, 4) NOT NULL CHECK (forgiven >= 0),
    state text NOT NULL CHECK (state IN ('open', 'paused', 'kept', 'broken', 'cancelled')),
    tolerance numeric(9, 6) NOT NULL,
    grace_days integer NOT NULL,
    misses_allowed integer NOT NULL,
    policy_hash text NOT NULL,
    actor text NOT NULL,
    made_at timestamptz NOT NULL,
    paused_at timestamptz,
    closed_at timestamptz,
    reason text NOT NULL DEFAULT '',
    reviewed_on date
);
CREATE INDEX arrangement_by_consumer ON arrangements.arrangement (consumer_id, made_at DESC);
CREATE UNIQUE INDEX arrangement_one_live ON arrangements.arrangement (account_id)
    WHERE state IN ('open', 'paused');
CREATE INDEX arrangement_to_review ON arrangements.arrangement (reviewed_on)
    WHERE state = 'open';

CREATE TABLE arrangements.instalment (
    arrangement_id text NOT NULL REFERENCES arrangements.arrangement,
    number integer NOT NULL,
    due_on date NOT NULL,
    principal numeric(18, 4) NOT NULL,
    interest numeric(18, 4) NOT NULL,
    PRIMARY KEY (arrangement_id, number)
);
