-- Payment attempts by processor key, refunds, processor webhooks, pay links.
CREATE SCHEMA payments;

CREATE TABLE payments.payment (
    id text PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts.account,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    amount numeric(18, 4) NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    processor text NOT NULL,
    method_token text,
    method_label text NOT NULL DEFAULT '',
    channel text NOT NULL CHECK (
        channel IN ('agent', 'link', 'portal', 'ivr', 'api', 'host', 'demo')
    ),
    attempt_id text,
    quote_id text REFERENCES arrangements.quote,
    state text NOT NULL CHECK (
        state IN ('initiated', 'submitted', 'succeeded', 'declined', 'unknown', 'abandoned')
    ),
    processor_reference text,
    decline_code text,
    message text NOT NULL DEFAULT '',
    refunded numeric(18, 4) NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= amount),
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    submitted_at timestamptz,
    settled_at timestamptz,
    checks integer NOT NULL DEFAULT 0,
    next_check_at timestamptz
);
CREATE INDEX payment_by_consumer ON payments.payment (consumer_id, created_at DESC);
CREATE INDEX payment_pending ON payments.payment (account_id)
    WHERE state IN ('initiated', 'submitted', 'unknown');
CREATE INDEX payment_unsettled ON payments.payment (next_check_at)
    WHERE state IN ('initiated', 'submitted', 'unknown');
CREATE UNIQUE INDEX payment_by_reference ON payments.payment (processor, processor_reference)
    WHERE processor_reference IS NOT NULL;

CREATE TABLE payments.refund (
    id text PRIMARY KEY,
    payment_id text NOT NULL REFERENCES payments.payment,
    amount numeric(18, 4) NOT NULL CHECK (amount > 0),
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('initiated', 'succeeded', 'declined', 'unknown')),
    processor_reference text,
    message text NOT NULL DEFAULT '',
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    checks integer NOT NULL DEFAULT 0,
    next_check_at timestamptz
);

CREATE INDEX refund_by_payment ON payments.refund (payment_id);
CREATE INDEX refund_unsettled ON payments.refund (next_check_at)
    WHERE state IN ('initiated', 'unknown');

-- What processors told us, once each: a replayed webhook finds its row and does nothing.
CREATE TABLE payments.webhook (
    processor text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    payment_id text,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (processor, event_id)
);

CREATE TABLE payments.link (
    token_hash text PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts.account,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    amount numeric(18, 4),
    attempt_id text,
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    opened_at timestamptz
);
