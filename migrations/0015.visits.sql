-- A pay link shows a debt to the consumer only: whoever opens it is asked something first.
ALTER TABLE payments.link
    ADD COLUMN wrong_answers integer NOT NULL DEFAULT 0,
    ADD COLUMN closed_until timestamptz;

-- A browser that answered rightly may see the link for a while; its secret is kept as a hash.
CREATE TABLE payments.visit (
    secret_hash text PRIMARY KEY,
    token_hash text NOT NULL REFERENCES payments.link,
    expires_at timestamptz NOT NULL
);
CREATE INDEX visit_by_expiry ON payments.visit (expires_at);
