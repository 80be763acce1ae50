-- Decisions chained by hash. A verdict carries the digest of its own content from the start; a few
-- seconds later it is sealed: each seal's digest goes over the seal before and over the digests
-- of all decisions in its range, so that none can be changed, taken out or put in unnoticed.
CREATE TABLE compliance.chain (
    name text PRIMARY KEY,
    last_id bigint NOT NULL DEFAULT 0,
    number bigint NOT NULL DEFAULT 0,
    digest text NOT NULL DEFAULT '',
    -- Numbers up to pending_id were given out before pending_xid began; once nothing older than
    -- that runs any more, all of them are there or never will be.
    pending_id bigint,
    pending_xid xid8
);

CREATE TABLE compliance.seal (
    chain text NOT NULL REFERENCES compliance.chain,
    number bigint NOT NULL,
    after_id bigint NOT NULL,
    until_id bigint NOT NULL,
    decisions integer NOT NULL,
    digest text NOT NULL,
    sealed_at timestamptz NOT NULL,
    PRIMARY KEY (chain, number),
    CHECK (until_id > after_id)
);

-- History judged again under two rulebooks, for the page; the worker does it piece by piece.
CREATE TABLE compliance.backtest (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    since timestamptz NOT NULL,
    before_hash text NOT NULL REFERENCES compliance.rulebook,
    after_hash text NOT NULL REFERENCES compliance.rulebook,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    judged bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    result jsonb,
    failure text NOT NULL DEFAULT '',
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
