-- Campaigns: who should be reached, how, and within which limits.
CREATE SCHEMA campaigns;

CREATE TABLE campaigns.campaign (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'finished')),
    members jsonb NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL,
    script text NOT NULL DEFAULT 'standard',
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    refreshed_at timestamptz
);
