-- One row per attempt to call, written before the telephone rings.
CREATE SCHEMA calls;

CREATE TABLE calls.attempt (
    id text PRIMARY KEY,
    campaign_id bigint,
    due_attempt_id bigint,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    account_ids bigint[] NOT NULL,
    contact_point_id bigint NOT NULL REFERENCES accounts.contact_point,
    number text NOT NULL,
    caller_id text NOT NULL,
    trunk text NOT NULL,
    node text NOT NULL,
    verdict_id bigint NOT NULL,
    ring_seconds integer NOT NULL,
    amd boolean NOT NULL DEFAULT false,
    state text NOT NULL CHECK (state IN ('permitted', 'placed', 'ended', 'closed')),
    phase text NOT NULL CHECK (
        phase IN ('waiting', 'dialing', 'ringing', 'answered', 'detecting', 'queued', 'talking',
                  'held', 'message', 'ending', 'ended')
    ),
    agent_id bigint,
    created_at timestamptz NOT NULL,
    placed_at timestamptz,
    ringing_at timestamptz,
    answered_at timestamptz,
    greeting_ended_at timestamptz,
    amd_verdict text,
    bridged_at timestamptz,
    ended_at timestamptz,
    q850 integer,
    sip_code integer,
    hung_up_by text,
    outcome text CHECK (
        outcome IN ('conversation', 'abandoned', 'machine', 'busy', 'no_answer', 'refused',
                    'unallocated', 'unavailable', 'congested', 'failed', 'cancelled', 'hung_up',
                    'interrupted')
    ),
    abandoned boolean NOT NULL DEFAULT false,
    cancel_requested_at timestamptz,
    cancel_reason text,
    notice text,
    disposition text,
    disposition_note text NOT NULL DEFAULT '',
    disposed_by text,
    disposed_at timestamptz
);
CREATE INDEX attempt_live ON calls.attempt (node) WHERE state IN ('permitted', 'placed');
CREATE INDEX attempt_live_by_consumer ON calls.attempt (consumer_id)
    WHERE state IN ('permitted', 'placed');
CREATE INDEX attempt_undisposed ON calls.attempt (agent_id) WHERE state = 'ended';
CREATE INDEX attempt_by_consumer ON calls.attempt (consumer_id, created_at DESC);
CREATE INDEX attempt_by_campaign ON calls.attempt (campaign_id, created_at DESC);
CREATE UNIQUE INDEX attempt_once_per_due ON calls.attempt (due_attempt_id, id);

-- What a person asks of a live call; the engine carries it out and marks it done.
CREATE TABLE calls.request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_id text NOT NULL REFERENCES calls.attempt,
    kind text NOT NULL CHECK (kind IN ('hang_up', 'hold', 'resume')),
    actor text NOT NULL,
    requested_at timestamptz NOT NULL,
    done_at timestamptz,
    result text
);
CREATE INDEX request_open ON calls.request (id) WHERE done_at IS NULL;
