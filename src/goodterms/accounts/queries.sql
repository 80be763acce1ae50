-- Named queries of the accounts domain; it writes the schema accounts only.

-- name: lock_consumer
-- Take the account lock of one person.
SELECT id FROM accounts.consumer WHERE id = %(consumer_id)s FOR NO KEY UPDATE

-- name: consumer_of_account
-- Find whose account it is.
SELECT consumer_id FROM accounts.account WHERE id = %(account_id)s

-- name: consumer
-- Read one consumer.
SELECT id, reference, given_name, family_name, birth_date, language, street, city, region,
       postal_code, country, address_zones, guardian_id
FROM accounts.consumer WHERE id = %(consumer_id)s

-- name: account
-- Read one account.
SELECT id, reference, creditor_id, placement_id, consumer_id, currency, description, status,
       opened_on, due_on, host_id, host_reference, host_checked_at
FROM accounts.account WHERE id = %(account_id)s

-- name: find_account
-- Read an account by the creditor's reference and its own.
SELECT a.id, a.reference, a.creditor_id, a.placement_id, a.consumer_id, a.currency, a.description,
       a.status, a.opened_on, a.due_on, a.host_id, a.host_reference, a.host_checked_at
FROM accounts.account a JOIN accounts.creditor c ON c.id = a.creditor_id
WHERE c.reference = %(creditor_reference)s AND a.reference = %(reference)s

-- name: accounts_of
-- Read all accounts of a consumer, oldest debt first.
SELECT id, reference, creditor_id, placement_id, consumer_id, currency, description, status,
       opened_on, due_on, host_id, host_reference, host_checked_at
FROM accounts.account WHERE consumer_id = %(consumer_id)s ORDER BY due_on, id

-- name: contact_points
-- Read all contact points of a consumer in the order they are tried.
SELECT id, consumer_id, kind, value, label, line_type, zones, status, position, source
FROM accounts.contact_point WHERE consumer_id = %(consumer_id)s ORDER BY position, id

-- name: contact_point
-- Read one contact point.
SELECT id, consumer_id, kind, value, label, line_type, zones, status, position, source
FROM accounts.contact_point WHERE id = %(contact_point_id)s

-- name: creditor
-- Read one creditor.
SELECT id, reference, name, spoken_name FROM accounts.creditor WHERE id = %(creditor_id)s

-- name: creditors
-- Read all creditors by name.
SELECT id, reference, name, spoken_name FROM accounts.creditor ORDER BY name, id

-- name: add_creditor
-- Add a creditor, or bring the names of a known one up to date.
INSERT INTO accounts.creditor (reference, name, spoken_name, created_at)
VALUES (%(reference)s, %(name)s, %(spoken_name)s, %(now)s)
ON CONFLICT (reference) DO UPDATE SET name = excluded.name, spoken_name = excluded.spoken_name
RETURNING id, reference, name, spoken_name

-- name: list_accounts
-- One page of all accounts in order of name, from after a place in that order.
SELECT a.id AS account_id, a.reference, a.status, a.currency, a.due_on, a.creditor_id,
       r.name AS creditor_name, c.id AS consumer_id, c.reference AS consumer_reference,
       trim(c.given_name || ' ' || c.family_name) AS consumer_name,
       lower(c.family_name) AS family_key, lower(c.given_name) AS given_key,
       ARRAY(SELECT DISTINCT h.kind FROM accounts.hold h
             WHERE h.consumer_id = c.id AND h.released_at IS NULL
               AND (h.account_id IS NULL OR h.account_id = a.id) ORDER BY 1) AS holds
FROM accounts.consumer c
JOIN accounts.account a ON a.consumer_id = c.id
JOIN accounts.creditor r ON r.id = a.creditor_id
WHERE (lower(c.family_name) COLLATE "C", lower(c.given_name) COLLATE "C", c.id, a.id)
      > (%(family_key)s::text, %(given_key)s::text, %(consumer_id)s::bigint,
         %(account_id)s::bigint)
  AND (%(creditor_id)s::bigint IS NULL OR a.creditor_id = %(creditor_id)s)
  AND (%(placement_id)s::bigint IS NULL OR a.placement_id = %(placement_id)s)
  AND (%(status)s::text IS NULL OR a.status = %(status)s)
  AND (%(held)s::boolean IS NULL OR %(held)s = EXISTS (
        SELECT FROM accounts.hold h WHERE h.consumer_id = c.id AND h.released_at IS NULL
           AND (h.account_id IS NULL OR h.account_id = a.id)))
ORDER BY lower(c.family_name) COLLATE "C", lower(c.given_name) COLLATE "C", c.id, a.id
LIMIT %(limit)s

-- name: search_accounts
-- The same page, of accounts whose person, reference, number or address matches the text.
WITH found AS (
    SELECT id FROM accounts.consumer
    WHERE lower(family_name) COLLATE "C" LIKE %(last_word)s::text
      AND lower(given_name) COLLATE "C" LIKE %(first_word)s::text
    UNION
    SELECT id FROM accounts.consumer WHERE reference = %(text)s
    UNION
    SELECT consumer_id FROM accounts.account WHERE reference LIKE %(reference)s::text
    UNION
    SELECT consumer_id FROM accounts.contact_point WHERE value = ANY (%(values)s::text[])
)
SELECT a.id AS account_id, a.reference, a.status, a.currency, a.due_on, a.creditor_id,
       r.name AS creditor_name, c.id AS consumer_id, c.reference AS consumer_reference,
       trim(c.given_name || ' ' || c.family_name) AS consumer_name,
       lower(c.family_name) AS family_key, lower(c.given_name) AS given_key,
       ARRAY(SELECT DISTINCT h.kind FROM accounts.hold h
             WHERE h.consumer_id = c.id AND h.released_at IS NULL
               AND (h.account_id IS NULL OR h.account_id = a.id) ORDER BY 1) AS holds
FROM found
JOIN accounts.consumer c ON c.id = found.id
JOIN accounts.account a ON a.consumer_id = c.id
JOIN accounts.creditor r ON r.id = a.creditor_id
WHERE (lower(c.family_name) COLLATE "C", lower(c.given_name) COLLATE "C", c.id, a.id)
      > (%(family_key)s::text, %(given_key)s::text, %(consumer_id)s::bigint,
         %(account_id)s::bigint)
  AND (%(creditor_id)s::bigint IS NULL OR a.creditor_id = %(creditor_id)s)
  AND (%(placement_id)s::bigint IS NULL OR a.placement_id = %(placement_id)s)
  AND (%(status)s::text IS NULL OR a.status = %(status)s)
  AND (%(held)s::boolean IS NULL OR %(held)s = EXISTS (
        SELECT FROM accounts.hold h WHERE h.consumer_id = c.id AND h.released_at IS NULL
           AND (h.account_id IS NULL OR h.account_id = a.id)))
ORDER BY lower(c.family_name) COLLATE "C", lower(c.given_name) COLLATE "C", c.id, a.id
LIMIT %(limit)s

-- name: hold_in_force
-- Find the hold of this kind that is already in force for the same person or account.
SELECT id, consumer_id, account_id, kind, source, release_rule, placed_by, placed_at,
       released_at, released_by, release_reason
FROM accounts.hold
WHERE consumer_id = %(consumer_id)s AND kind = %(kind)s AND released_at IS NULL
  AND account_id IS NOT DISTINCT FROM %(account_id)s::bigint

-- name: add_hold
-- Record a hold.
INSERT INTO accounts.hold
    (consumer_id, account_id, kind, source, release_rule, placed_by, placed_at)
VALUES (%(consumer_id)s, %(account_id)s, %(kind)s, %(source)s, %(release_rule)s, %(actor)s,
        %(now)s)
RETURNING id, consumer_id, account_id, kind, source, release_rule, placed_by, placed_at,
          released_at, released_by, release_reason

-- name: hold
-- Read one hold.
SELECT id, consumer_id, account_id, kind, source, release_rule, placed_by, placed_at,
       released_at, released_by, release_reason
FROM accounts.hold WHERE id = %(hold_id)s

-- name: release_hold
-- End a hold that is in force.
UPDATE accounts.hold
SET released_at = %(now)s, released_by = %(actor)s, release_reason = %(reason)s
WHERE id = %(hold_id)s AND released_at IS NULL
RETURNING id, consumer_id, account_id, kind, source, release_rule, placed_by, placed_at,
          released_at, released_by, release_reason

-- name: holds
-- Read all holds of a consumer, those in force first.
SELECT id, consumer_id, account_id, kind, source, release_rule, placed_by, placed_at,
       released_at, released_by, release_reason
FROM accounts.hold WHERE consumer_id = %(consumer_id)s ORDER BY released_at DESC NULLS FIRST, id

-- name: add_consent
-- Record what a consumer agreed to or took back.
INSERT INTO accounts.consent
    (consumer_id, contact_point_id, channel, state, source, actor, recorded_at)
VALUES (%(consumer_id)s, %(contact_point_id)s, %(channel)s, %(state)s, %(source)s, %(actor)s,
        %(now)s)
RETURNING id, consumer_id, contact_point_id, channel, state, source, actor, recorded_at

-- name: consents
-- Read everything a consumer agreed to or took back, oldest first.
SELECT id, consumer_id, contact_point_id, channel, state, source, actor, recorded_at
FROM accounts.consent WHERE consumer_id = %(consumer_id)s ORDER BY id

-- name: mark_point
-- Set whether a contact point still leads to its consumer.
UPDATE accounts.contact_point SET status = %(status)s, updated_at = %(now)s
WHERE id = %(contact_point_id)s
RETURNING id, consumer_id, kind, value, label, line_type, zones, status, position, source

-- name: add_note
-- Write a note down.
INSERT INTO accounts.note (consumer_id, account_id, body, actor, at)
VALUES (%(consumer_id)s, %(account_id)s, %(body)s, %(actor)s, %(now)s)
RETURNING id, consumer_id, account_id, body, actor, at

-- name: notes
-- Read a consumer's notes, newest first.
SELECT id, consumer_id, account_id, body, actor, at
FROM accounts.note WHERE consumer_id = %(consumer_id)s ORDER BY id DESC LIMIT %(limit)s

-- name: record
-- Append something that happened.
INSERT INTO accounts.event
    (at, kind, consumer_id, account_id, attempt_id, campaign_id, actor, data)
VALUES (%(at)s, %(kind)s, %(consumer_id)s, %(account_id)s, %(attempt_id)s, %(campaign_id)s,
        %(actor)s, %(data)s)
RETURNING id

-- name: set_status
-- Move an account to another status; no row when it already stands there.
UPDATE accounts.account SET status = %(status)s, updated_at = %(now)s
WHERE id = %(account_id)s AND status <> %(status)s
RETURNING consumer_id

-- name: set_host_answer
-- Remember what the host said about an account, and when.
UPDATE accounts.account SET host_answer = %(answer)s, host_checked_at = %(now)s
WHERE id = %(account_id)s
RETURNING consumer_id

-- name: add_host
-- Add a host ledger, or bring the address and secret of a known one up to date.
INSERT INTO accounts.host (name, url, secret, timeout_ms, created_at)
VALUES (%(name)s, %(url)s, %(secret)s, %(timeout_ms)s, %(now)s)
ON CONFLICT (name) DO UPDATE
SET url = excluded.url, secret = excluded.secret, timeout_ms = excluded.timeout_ms, active = true
RETURNING id, name, url, secret, timeout_ms, active

-- name: hosts
-- Read all host ledgers.
SELECT id, name, url, secret, timeout_ms, active FROM accounts.host ORDER BY name
