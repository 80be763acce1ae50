-- Consumers, creditors, placements, accounts, contact points, consents, holds, notes.
CREATE SCHEMA accounts;

-- A set-based stand-in for checking a foreign key row by row: every parent that the rows of one
-- statement name must be there. Takes the column and the parent table. Parents are never deleted
-- and keep their ids, so that a check on insert is enough.
CREATE FUNCTION accounts.parents_exist() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    orphan bigint;
BEGIN
    EXECUTE format(
        'SELECT f.%1$I FROM fresh f WHERE NOT EXISTS (SELECT FROM %2$s p WHERE p.id = f.%1$I)'
        ' LIMIT 1', TG_ARGV[0], TG_ARGV[1]) INTO orphan;
    IF orphan IS NOT NULL THEN
        RAISE EXCEPTION '%.%: there is no % %', TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1], orphan
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$body$;

CREATE TABLE accounts.creditor (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    name text NOT NULL,
    spoken_name text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE accounts.placement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    creditor_id bigint NOT NULL REFERENCES accounts.creditor,
    reference text NOT NULL,
    placed_on date NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (creditor_id, reference)
);

-- A host ledger that owns some accounts and is asked about them at the moment of dialing.
CREATE TABLE accounts.host (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    url text NOT NULL,
    secret text NOT NULL,
    timeout_ms integer NOT NULL DEFAULT 1500 CHECK (timeout_ms BETWEEN 100 AND 10000),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);

-- The row of a person. Locking it (FOR NO KEY UPDATE) is the account lock: the gate, money,
-- holds and opt-outs of all this person's accounts are serialised by it.
CREATE TABLE accounts.consumer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    given_name text NOT NULL,
    family_name text NOT NULL,
    birth_date date,
    language text NOT NULL DEFAULT 'en',
    street text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    region text NOT NULL DEFAULT '',
    postal_code text NOT NULL DEFAULT '',
    country text NOT NULL DEFAULT 'US',
    address_zones text[] NOT NULL DEFAULT '{}',
    guardian_id bigint REFERENCES access.person,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
-- The accounts list is in this order; the collation lets a prefix search use it too.
CREATE INDEX consumer_by_name ON accounts.consumer (
    (lower(family_name) COLLATE "C"), (lower(given_name) COLLATE "C"), id
);

-- stated: the components as the creditor last stated them. A file that repeats them says nothing
-- new, so that a payment taken here is not undone by a file written before it.
-- import_run_id: the last import that held this account; twice in one run is a duplicate.
CREATE TABLE accounts.account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text COLLATE "C" NOT NULL,
    creditor_id bigint NOT NULL, -- of accounts.creditor: checked by statement
    placement_id bigint NOT NULL, -- of accounts.placement: checked by statement
    consumer_id bigint NOT NULL, -- of accounts.consumer: checked by statement
    currency text NOT NULL DEFAULT 'USD',
    description text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'active' CHECK (
        status IN ('placed', 'active', 'arranged', 'paid', 'recalled', 'closed')
    ),
    opened_on date,
    due_on date NOT NULL,
    host_id bigint REFERENCES accounts.host,
    host_reference text,
    host_checked_at timestamptz,
    host_answer text,
    stated jsonb,
    import_run_id bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- In this order, and collated so, it serves the search by the beginning of a reference too.
    UNIQUE (reference, creditor_id)
);
CREATE INDEX account_by_consumer ON accounts.account (consumer_id);
CREATE TRIGGER account_creditor AFTER INSERT ON accounts.account
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION accounts.parents_exist('creditor_id', 'accounts.creditor');
CREATE TRIGGER account_placement AFTER INSERT ON accounts.account
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION accounts.parents_exist('placement_id', 'accounts.placement');
CREATE TRIGGER account_consumer AFTER INSERT ON accounts.account
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION accounts.parents_exist('consumer_id', 'accounts.consumer');

CREATE TABLE accounts.contact_point (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_id bigint NOT NULL, -- of accounts.consumer: checked by statement
    kind text NOT NULL CHECK (kind IN ('phone', 'email')),
    value text NOT NULL,
    label text NOT NULL DEFAULT 'home' CHECK (label IN ('home', 'mobile', 'work', 'other')),
    line_type text NOT NULL DEFAULT 'unknown',
    zones text[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'active' CHECK (
        status IN ('active', 'wrong', 'disconnected', 'retired')
    ),
    position smallint NOT NULL DEFAULT 1,
    source text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- In this order it finds people by number or address, too.
    UNIQUE (value, consumer_id, kind)
);
CREATE INDEX contact_point_by_consumer ON accounts.contact_point (consumer_id);
CREATE TRIGGER contact_point_consumer AFTER INSERT ON accounts.contact_point
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION accounts.parents_exist('consumer_id', 'accounts.consumer');

-- Append-only: what a consumer agreed to or revoked; the newest row per (consumer, channel,
-- contact point or all) is in force. state 'revoked' is an opt-out.
CREATE TABLE accounts.consent (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    contact_point_id bigint REFERENCES accounts.contact_point,
    channel text NOT NULL CHECK (channel IN ('call', 'sms', 'email', 'all')),
    state text NOT NULL CHECK (state IN ('granted', 'revoked')),
    source text NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX consent_by_consumer ON accounts.consent (consumer_id, id);

CREATE TABLE accounts.hold (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    account_id bigint REFERENCES accounts.account,
    kind text NOT NULL CHECK (
        kind IN (
            'disputed', 'cease', 'attorney', 'bankruptcy', 'deceased', 'hardship',
            'breathing_space', 'fraud', 'time_barred', 'legal', 'complaint', 'client'
        )
    ),
    source text NOT NULL,
    release_rule text NOT NULL,
    placed_by text NOT NULL,
    placed_at timestamptz NOT NULL,
    released_at timestamptz,
    released_by text,
    release_reason text,
    CHECK ((released_at IS NULL) = (released_by IS NULL))
);
CREATE INDEX hold_in_force ON accounts.hold (consumer_id) WHERE released_at IS NULL;

CREATE TABLE accounts.note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    account_id bigint REFERENCES accounts.account,
    body text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX note_by_consumer ON accounts.note (consumer_id, id);

-- Append-only: what happened, for the timeline, the event stream and webhooks. ``tx`` lets a
-- reader stop before transactions that are still open, so that no event is ever skipped.
CREATE TABLE accounts.event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    kind text NOT NULL,
    consumer_id bigint,
    account_id bigint,
    attempt_id text,
    campaign_id bigint,
    actor text NOT NULL,
    data jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX event_by_consumer ON accounts.event (consumer_id, id);
CREATE INDEX event_in_order ON accounts.event (tx, id);

-- The shape of rows on their way in. A load makes its own temporary table like it (no WAL, gone
-- with the transaction); this one stays empty. From ``outcome`` on the load fills in itself.
CREATE UNLOGGED TABLE accounts.staged (
    row_number bigint NOT NULL,
    creditor_reference text NOT NULL,
    creditor_name text,
    creditor_spoken_name text,
    placement_reference text,
    placed_on date NOT NULL,
    account_reference text NOT NULL,
    currency text NOT NULL,
    description text,
    opened_on date,
    due_on date NOT NULL,
    host_name text,
    host_reference text,
    books text[] NOT NULL,
    amounts text[] NOT NULL,
    total numeric(18, 4) NOT NULL,
    consumer_reference text NOT NULL,
    given_name text,
    family_name text NOT NULL,
    birth_date date,
    language text,
    street text,
    city text,
    region text,
    postal_code text,
    country text,
    zones text[] NOT NULL,
    point_kinds text[] NOT NULL,
    point_values text[] NOT NULL,
    point_labels text[] NOT NULL,
    point_types text[] NOT NULL,
    point_zones text[] NOT NULL,
    holds text[] NOT NULL,
    hold_source text,
    opt_outs text[] NOT NULL,
    granted text[] NOT NULL,
    outcome text,
    creditor_id bigint,
    placement_id bigint,
    consumer_id bigint,
    account_id bigint,
    fresh boolean NOT NULL DEFAULT false,
    restated boolean NOT NULL DEFAULT false,
    touched boolean NOT NULL DEFAULT false
);
