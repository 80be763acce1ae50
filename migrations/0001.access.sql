-- People who sign in, programs that hold keys, and who did what.
CREATE SCHEMA access;

CREATE TABLE access.person (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username text NOT NULL UNIQUE,
    display_name text NOT NULL,
    password_hash text,
    roles text[] NOT NULL CHECK (
        roles <@ ARRAY['agent', 'supervisor', 'manager', 'compliance', 'integrator', 'operator']
    ),
    language text NOT NULL DEFAULT 'en',
    active boolean NOT NULL DEFAULT true,
    automatic boolean NOT NULL DEFAULT false,
    failed_sign_ins integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    created_at timestamptz NOT NULL
);

CREATE TABLE access.session (
    token_hash text PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES access.person,
    csrf_token text NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_by_person ON access.session (person_id);

CREATE TABLE access.api_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prefix text NOT NULL UNIQUE,
    key_hash text NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz
);

-- Append-only: who did what to which record, when and from where.
CREATE TABLE access.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    address text
);
CREATE INDEX audit_by_subject ON access.audit (subject, id);
