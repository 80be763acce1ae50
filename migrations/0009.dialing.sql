-- What campaigns ask of the dialer, and the attempts that are due.
CREATE SCHEMA dialing;

CREATE TABLE dialing.policy (
    campaign_id bigint PRIMARY KEY,
    running boolean NOT NULL DEFAULT false,
    mode text NOT NULL CHECK (mode IN ('progressive', 'ratio')),
    ratio numeric(6, 2) NOT NULL DEFAULT 1 CHECK (ratio BETWEEN 1 AND 10),
    max_concurrent integer NOT NULL CHECK (max_concurrent BETWEEN 1 AND 10000),
    max_per_second numeric(8, 2) NOT NULL CHECK (max_per_second > 0),
    trunk text NOT NULL,
    caller_ids text[] NOT NULL,
    ring_seconds integer NOT NULL DEFAULT 25 CHECK (ring_seconds BETWEEN 15 AND 120),
    amd boolean NOT NULL DEFAULT false,
    hours jsonb NOT NULL DEFAULT '{}',
    retry jsonb NOT NULL DEFAULT '{}',
    max_attempts integer NOT NULL DEFAULT 7 CHECK (max_attempts BETWEEN 1 AND 100),
    rest_days integer NOT NULL DEFAULT 3 CHECK (rest_days BETWEEN 0 AND 90),
    abandon_prompt text NOT NULL DEFAULT 'abandoned',
    version bigint NOT NULL DEFAULT 1
);

CREATE TABLE dialing.trunk (
    name text PRIMARY KEY,
    endpoint text NOT NULL,
    max_concurrent integer NOT NULL CHECK (max_concurrent > 0),
    max_per_second numeric(8, 2) NOT NULL CHECK (max_per_second > 0),
    active boolean NOT NULL DEFAULT true
);

CREATE TABLE dialing.due_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id bigint NOT NULL,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    account_ids bigint[] NOT NULL,
    contact_point_id bigint NOT NULL REFERENCES accounts.contact_point,
    state text NOT NULL CHECK (state IN ('waiting', 'placed', 'withdrawn', 'done')),
    due_at timestamptz NOT NULL,
    priority integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    last_attempt_id text,
    reason text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL,
    UNIQUE (campaign_id, consumer_id)
);
CREATE INDEX due_attempt_next ON dialing.due_attempt (campaign_id, priority DESC, due_at, id)
    WHERE state = 'waiting';
CREATE INDEX due_attempt_waiting_by_consumer ON dialing.due_attempt (consumer_id)
    WHERE state = 'waiting';

-- The last pace of each campaign with its reason, and what the engine last saw; for the floor.
CREATE TABLE dialing.pace (
    campaign_id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    place integer NOT NULL,
    because text NOT NULL,
    snapshot jsonb NOT NULL
);
