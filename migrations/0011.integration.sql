-- What host systems and integrators are told: receivers and deliveries that lose nothing.
CREATE SCHEMA integration;

-- A receiver of events: an integrator's webhook (with its own url and secret), or a host ledger
-- (whose url and secret lie in accounts.host). The cursor is the last event turned into
-- deliveries; failing_since, tries and next_try_at say how it does; busy_until is the lease of
-- the worker that delivers to it now, so that each receiver is told in order.
CREATE TABLE integration.receiver (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host_id bigint UNIQUE REFERENCES accounts.host,
    url text,
    secret text,
    kinds text[] NOT NULL,
    active boolean NOT NULL DEFAULT true,
    cursor_tx xid8 NOT NULL DEFAULT '0',
    cursor_id bigint NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    next_try_at timestamptz,
    busy_until timestamptz,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK ((host_id IS NULL) = (url IS NOT NULL)),
    CHECK ((url IS NULL) = (secret IS NULL))
);

CREATE TABLE integration.delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receiver_id bigint NOT NULL REFERENCES integration.receiver,
    event_id bigint NOT NULL,
    body jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    tries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    last_status integer,
    last_error text NOT NULL DEFAULT '',
    delivered_at timestamptz,
    UNIQUE (receiver_id, event_id)
);
CREATE INDEX delivery_waiting ON integration.delivery (receiver_id, id) WHERE state = 'waiting';
CREATE INDEX delivery_in_order ON integration.delivery (receiver_id, id);

-- A POST repeated with the same Idempotency-Key gets the first answer again. A row without a
-- status is a request under way, or one whose process was killed.
CREATE TABLE integration.idempotency (
    actor text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status integer,
    body jsonb,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);
