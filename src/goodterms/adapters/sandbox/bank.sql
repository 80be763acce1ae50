-- name: create
-- Make the bank's own tables; SQLite, apart from the product's database on purpose.
CREATE TABLE IF NOT EXISTS charge (
    key TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, minor INTEGER NOT NULL,
    currency TEXT NOT NULL, label TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL,
    words TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS refund (
    key TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, charge_key TEXT NOT NULL,
    minor INTEGER NOT NULL, state TEXT NOT NULL, words TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS page (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, minor INTEGER NOT NULL, currency TEXT NOT NULL,
    return_url TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY, event_id TEXT NOT NULL, body TEXT NOT NULL,
    due_ms INTEGER NOT NULL, tries INTEGER NOT NULL
) STRICT;

-- name: insert_charge
-- Record a charge once per key.
INSERT INTO charge (key, reference, minor, currency, label, state, code, words)
VALUES (:key, :reference, :minor, :currency, :label, :state, :code, :words)
ON CONFLICT (key) DO NOTHING;

-- name: charge
-- Read a charge by its key.
SELECT key, reference, minor, currency, label, state, code, words FROM charge WHERE key = :key;

-- name: insert_refund
-- Record a refund once per key.
INSERT INTO refund (key, reference, charge_key, minor, state, words)
VALUES (:key, :reference, :charge_key, :minor, :state, :words)
ON CONFLICT (key) DO NOTHING;

-- name: refund
-- Read a refund by its key.
SELECT key, reference, charge_key, minor, state, words FROM refund WHERE key = :key;

-- name: refunded
-- Sum what was given back of a charge.
SELECT coalesce(sum(minor), 0) FROM refund WHERE charge_key = :key AND state = 'succeeded';

-- name: insert_page
-- Open a hosted page once per key.
INSERT INTO page (id, key, minor, currency, return_url)
VALUES (:id, :key, :minor, :currency, :return_url)
ON CONFLICT (key) DO UPDATE SET return_url = excluded.return_url;

-- name: page_of_key
-- Read the page of a payment.
SELECT id, key, minor, currency, return_url FROM page WHERE key = :key;

-- name: page
-- Read a page by its secret id.
SELECT id, key, minor, currency, return_url FROM page WHERE id = :id;

-- name: insert_message
-- Put a webhook in the outbox.
INSERT INTO message (event_id, body, due_ms, tries) VALUES (:event_id, :body, :due_ms, 0);

-- name: due_messages
-- Read the webhooks to send now, oldest first.
SELECT number, event_id, body, tries FROM message WHERE due_ms <= :now_ms ORDER BY number LIMIT 20;

-- name: delay_message
-- Send a webhook again later.
UPDATE message SET tries = tries + 1, due_ms = :due_ms WHERE number = :number;

-- name: delete_message
-- Forget a webhook that was delivered or given up.
DELETE FROM message WHERE number = :number;

-- name: taken
-- Sum what the bank holds: charged less given back.
SELECT coalesce((SELECT sum(minor) FROM charge WHERE state = 'succeeded'), 0)
     - coalesce((SELECT sum(minor) FROM refund WHERE state = 'succeeded'), 0);
