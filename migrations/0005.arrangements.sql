-- Quotes (what may be paid now, explained) and promises to pay.
CREATE SCHEMA arrangements;

CREATE TABLE arrangements.quote (
    id text PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts.account,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    balance_version bigint NOT NULL,
    content jsonb NOT NULL,
    quoted_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    actor text NOT NULL
);
CREATE INDEX quote_by_account ON arrangements.quote (account_id, quoted_at DESC);

CREATE TABLE arrangements.promise (
    id text PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts.account,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    attempt_id text,
    amount numeric(18, 4) NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'kept', 'broken', 'cancelled')),
    actor text NOT NULL,
    made_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE INDEX promise_by_consumer ON arrangements.promise (consumer_id, made_at DESC);
