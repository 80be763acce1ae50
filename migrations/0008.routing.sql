-- Agents: their state, since when, on which telephone and with whom.
CREATE SCHEMA routing;

CREATE TABLE routing.agent (
    person_id bigint PRIMARY KEY REFERENCES access.person,
    name text NOT NULL,
    automatic boolean NOT NULL DEFAULT false,
    endpoint text NOT NULL,
    state text NOT NULL DEFAULT 'signed_out' CHECK (
        state IN ('signed_out', 'paused', 'ready', 'reserved', 'talking', 'wrap_up')
    ),
    reason text NOT NULL DEFAULT '',
    since timestamptz NOT NULL,
    line_open boolean NOT NULL DEFAULT false,
    pause_after boolean NOT NULL DEFAULT false,
    attempt_id text,
    campaign_ids bigint[] NOT NULL DEFAULT '{}',
    seen_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1
);

-- Append-only: each step of an agent's day, for occupancy, handling time and the floor.
CREATE TABLE routing.agent_step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL,
    event text NOT NULL,
    old_state text NOT NULL,
    new_state text NOT NULL,
    reason text NOT NULL DEFAULT '',
    attempt_id text,
    at timestamptz NOT NULL
);
CREATE INDEX agent_step_by_person ON routing.agent_step (person_id, at);
