-- What host systems and integrators are told: subscriptions and deliveries that lose nothing.
CREATE SCHEMA integration;

CREATE TABLE integration.subscription (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL,
    secret text NOT NULL,
    kinds text[] NOT NULL,
    active boolean NOT NULL DEFAULT true,
    cursor_tx xid8 NOT NULL DEFAULT '0',
    cursor_id bigint NOT NULL DEFAULT 0,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE integration.delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_id bigint REFERENCES integration.subscription,
    host_id bigint REFERENCES accounts.host,
    event_id bigint NOT NULL,
    body jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL,
    last_status integer,
    last_error text NOT NULL DEFAULT '',
    delivered_at timestamptz,
    CHECK ((subscription_id IS NULL) <> (host_id IS NULL)),
    UNIQUE NULLS NOT DISTINCT (subscription_id, host_id, event_id)
);
CREATE INDEX delivery_due ON integration.delivery (next_try_at) WHERE state = 'waiting';

-- A POST repeated with the same Idempotency-Key gets the first answer again.
CREATE TABLE integration.idempotency (
    actor text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status integer NOT NULL,
    body jsonb,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);
