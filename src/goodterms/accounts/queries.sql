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

-- name: find_consumer
-- Read a consumer by reference, or else by number.
SELECT id, reference, given_name, family_name, birth_date, language, street, city, region,
       postal_code, country, address_zones, guardian_id
FROM accounts.consumer WHERE reference = %(reference)s OR id::text = %(reference)s
ORDER BY reference = %(reference)s DESC LIMIT 1

-- name: account
-- Read one account.
SELECT id, reference, creditor_id, placement_id, consumer_id, currency, description, status,
       opened_on, due_on, host_id, host_reference, host_checked_at, debt_kind, in_default,
       servicing_group
FROM accounts.account WHERE id = %(account_id)s

-- name: find_account
-- Read an account by the creditor's reference and its own.
SELECT a.id, a.reference, a.creditor_id, a.placement_id, a.consumer_id, a.currency, a.description,
       a.status, a.opened_on, a.due_on, a.host_id, a.host_reference, a.host_checked_at,
       a.debt_kind, a.in_default, a.servicing_group
FROM accounts.account a JOIN accounts.creditor c ON c.id = a.creditor_id
WHERE c.reference = %(creditor_reference)s AND a.reference = %(reference)s

-- name: accounts_of
-- Read all accounts of a consumer, oldest debt first.
SELECT id, reference, creditor_id, placement_id, consumer_id, currency, description, status,
       opened_on, due_on, host_id, host_reference, host_checked_at, debt_kind, in_default,
       servicing_group
FROM accounts.account WHERE consumer_id = %(consumer_id)s ORDER BY due_on, id

-- name: contact_points
-- Read all contact points of a consumer in the order they are tried.
SELECT id, consumer_id, kind, value, label, line_type, zones, status, position, source,
       relation
FROM accounts.contact_point WHERE consumer_id = %(consumer_id)s ORDER BY position, id

-- name: contact_point
-- Read one contact point.
SELECT id, consumer_id, kind, value, label, line_type, zones, status, position, source,
       relation
FROM accounts.contact_point WHERE id = %(contact_point_id)s

-- name: people_at
-- Find everybody who has a number or address, whether it is still used or not, by id.
SELECT DISTINCT consumer_id FROM accounts.contact_point
WHERE kind = %(kind)s AND value = %(value)s ORDER BY consumer_id

-- name: creditor
-- Read one creditor.
SELECT id, reference, name, spoken_name, our_role FROM accounts.creditor WHERE id = %(creditor_id)s

-- name: creditors
-- Read all creditors by name.
SELECT id, reference, name, spoken_name, our_role FROM accounts.creditor ORDER BY name, id

-- name: add_creditor
-- Add a creditor, or bring the names of a known one up to date.
INSERT INTO accounts.creditor (reference, name, spoken_name, created_at)
VALUES (%(reference)s, %(name)s, %(spoken_name)s, %(now)s)
ON CONFLICT (reference) DO UPDATE SET name = excluded.name, spoken_name = excluded.spoken_name
RETURNING id, reference, name, spoken_name, our_role

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
    (consumer_id, contact_point_id, channel, state, source, actor, recorded_at, purpose, direct)
VALUES (%(consumer_id)s, %(contact_point_id)s, %(channel)s, %(state)s, %(source)s, %(actor)s,
        %(now)s, %(purpose)s, %(direct)s)
RETURNING id, consumer_id, contact_point_id, channel, state, source, actor, recorded_at, purpose,
          direct

-- name: consents
-- Read everything a consumer agreed to or took back, oldest first.
SELECT id, consumer_id, contact_point_id, channel, state, source, actor, recorded_at, purpose,
       direct
FROM accounts.consent WHERE consumer_id = %(consumer_id)s ORDER BY id

-- name: add_circumstance
-- Record a fact that bears on contact.
INSERT INTO accounts.circumstance
    (consumer_id, account_id, contact_point_id, kind, held_on, held_at, data, source, release_rule,
     actor, recorded_at, ended_at, ended_by, end_reason)
VALUES (%(consumer_id)s, %(account_id)s, %(contact_point_id)s, %(kind)s, %(held_on)s, %(held_at)s,
        %(data)s, %(source)s, %(release_rule)s, %(actor)s, %(now)s, %(ended_at)s, %(ended_by)s,
        %(end_reason)s)
RETURNING id, consumer_id, account_id, contact_point_id, kind, held_on, held_at, data, source,
          release_rule, actor, recorded_at, ended_at, ended_by, end_reason

-- name: circumstance
-- Read one recorded fact.
SELECT id, consumer_id, account_id, contact_point_id, kind, held_on, held_at, data, source,
       release_rule, actor, recorded_at, ended_at, ended_by, end_reason
FROM accounts.circumstance WHERE id = %(circumstance_id)s

-- name: circumstances
-- Read the recorded facts of a person, newest first, of one kind or all, ended ones included or not.
SELECT id, consumer_id, account_id, contact_point_id, kind, held_on, held_at, data, source,
       release_rule, actor, recorded_at, ended_at, ended_by, end_reason
FROM accounts.circumstance
WHERE consumer_id = %(consumer_id)s AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(ended)s OR ended_at IS NULL)
ORDER BY held_at DESC, id DESC

-- name: circumstances_alike
-- Read the facts of one kind in force about the same person, account or contact point.
SELECT id, consumer_id, account_id, contact_point_id, kind, held_on, held_at, data, source,
       release_rule, actor, recorded_at, ended_at, ended_by, end_reason
FROM accounts.circumstance
WHERE consumer_id = %(consumer_id)s AND kind = %(kind)s AND ended_at IS NULL
  AND account_id IS NOT DISTINCT FROM %(account_id)s::bigint
  AND contact_point_id IS NOT DISTINCT FROM %(contact_point_id)s::bigint
ORDER BY held_at DESC, id DESC

-- name: end_circumstance
-- End a recorded fact that is in force.
UPDATE accounts.circumstance
SET ended_at = %(now)s, ended_by = %(actor)s, end_reason = %(reason)s
WHERE id = %(circumstance_id)s AND ended_at IS NULL
RETURNING id, consumer_id, account_id, contact_point_id, kind, held_on, held_at, data, source,
          release_rule, actor, recorded_at, ended_at, ended_by, end_reason

-- name: mark_point
-- Set whether a contact point still leads to its consumer.
UPDATE accounts.contact_point SET status = %(status)s, updated_at = %(now)s
WHERE id = %(contact_point_id)s
RETURNING id, consumer_id, kind, value, label, line_type, zones, status, position, source,
       relation

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

-- name: set_terms
-- Say what kind of debt it is; what is not given stays.
UPDATE accounts.account SET
    debt_kind = coalesce(%(debt_kind)s, debt_kind), updated_at = %(now)s,
    in_default = coalesce(%(in_default)s, in_default),
    servicing_group = coalesce(%(servicing_group)s, servicing_group)
WHERE id = %(account_id)s
RETURNING id, reference, creditor_id, placement_id, consumer_id, currency, description, status,
          opened_on, due_on, host_id, host_reference, host_checked_at, debt_kind, in_default,
          servicing_group

-- name: set_role
-- Say what we are to a creditor's debts.
UPDATE accounts.creditor SET our_role = %(our_role)s WHERE id = %(creditor_id)s
RETURNING id, reference, name, spoken_name, our_role

-- name: set_relation
-- Say whose number or address it is.
UPDATE accounts.contact_point SET relation = %(relation)s, updated_at = %(now)s
WHERE id = %(contact_point_id)s
RETURNING id, consumer_id, kind, value, label, line_type, zones, status, position, source,
          relation

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

-- name: staged_table
-- Make this connection's own empty table of rows on their way in.
CREATE TEMP TABLE IF NOT EXISTS staged
    (LIKE accounts.staged INCLUDING DEFAULTS) ON COMMIT DELETE ROWS

-- name: staged_sampling
-- Let the counts below take a small sample: they tell some rows from thousands, no more.
SET LOCAL default_statistics_target = 10

-- name: staged_clear
-- Forget the rows of an earlier load in the same transaction.
TRUNCATE staged

-- name: staged_copy
-- Take in checked rows.
COPY staged (row_number, creditor_reference, creditor_name, creditor_spoken_name,
    placement_reference, placed_on, account_reference, currency, description, opened_on, due_on,
    host_name, host_reference, books, amounts, total, consumer_reference, given_name, family_name,
    birth_date, language, street, city, region, postal_code, country, zones, point_kinds,
    point_values, point_labels, point_types, point_zones, holds, hold_source, opt_outs, granted)
FROM STDIN (FORMAT csv, DELIMITER E'\t')

-- name: staged_statistics
-- Count what the steps choose rows by: without, PostgreSQL expects a handful and plans badly.
ANALYZE staged (row_number, outcome, creditor_id, consumer_id, account_id, restated)

-- name: staged_creditors
-- Add the creditors that are new; in order, so that two loads wait instead of deadlocking.
INSERT INTO accounts.creditor (reference, name, spoken_name, created_at)
SELECT DISTINCT ON (s.creditor_reference) s.creditor_reference,
       coalesce(s.creditor_name, s.creditor_reference),
       coalesce(s.creditor_spoken_name, s.creditor_name, s.creditor_reference), %(now)s
FROM staged s
WHERE NOT EXISTS (SELECT FROM accounts.creditor c WHERE c.reference = s.creditor_reference)
ORDER BY s.creditor_reference, s.row_number
ON CONFLICT (reference) DO NOTHING

-- name: staged_new_consumers
-- Add the people that are new, as their last row describes them; in order, as above.
WITH added AS (
    INSERT INTO accounts.consumer (reference, given_name, family_name, birth_date, language, street,
        city, region, postal_code, country, address_zones, created_at, updated_at)
    SELECT DISTINCT ON (s.consumer_reference) s.consumer_reference, coalesce(s.given_name, ''),
           s.family_name, s.birth_date, coalesce(s.language, 'en'), coalesce(s.street, ''),
           coalesce(s.city, ''), coalesce(s.region, ''), coalesce(s.postal_code, ''),
           coalesce(s.country, 'US'), s.zones, %(now)s, %(now)s
    FROM staged s
    WHERE (SELECT c.id FROM accounts.consumer c WHERE c.reference = s.consumer_reference) IS NULL
    ORDER BY s.consumer_reference, s.row_number DESC
    ON CONFLICT (reference) DO NOTHING
    RETURNING id, reference
)
UPDATE staged s SET consumer_id = added.id, fresh = true
FROM added WHERE added.reference = s.consumer_reference

-- name: staged_lock_consumers
-- Take the account lock of everybody known before, in the order of their ids.
WITH sought AS MATERIALIZED (
    SELECT DISTINCT (SELECT c.id FROM accounts.consumer c WHERE c.reference = s.consumer_reference)
        AS id
    FROM staged s WHERE s.consumer_id IS NULL
), locked AS MATERIALIZED (
    SELECT c.id, c.reference FROM accounts.consumer c
    WHERE c.id = ANY (ARRAY(SELECT id FROM sought)) ORDER BY c.id FOR NO KEY UPDATE
)
UPDATE staged s SET consumer_id = locked.id
FROM locked WHERE locked.reference = s.consumer_reference AND s.consumer_id IS NULL

-- name: staged_resolve
-- Find each row's creditor and account, and refuse what contradicts the account on record.
WITH found AS MATERIALIZED (
    SELECT s.row_number, r.id AS creditor_id, (
               SELECT a.id FROM accounts.account a
               WHERE a.creditor_id = r.id AND a.reference = s.account_reference
           ) AS account_id,
           s.host_name IS NOT NULL AND NOT EXISTS (
               SELECT FROM accounts.host h WHERE h.name = s.host_name) AS hostless
    FROM staged s JOIN accounts.creditor r ON r.reference = s.creditor_reference
), judged AS MATERIALIZED (
    SELECT f.row_number, f.creditor_id, f.account_id, f.hostless, (
               SELECT CASE
                   WHEN a.consumer_id <> s.consumer_id THEN 'other_consumer'
                   WHEN a.import_run_id = %(run_id)s::bigint THEN 'duplicate'
                   WHEN a.currency <> s.currency THEN 'other_currency'
                   ELSE 'known' END
               FROM accounts.account a WHERE a.id = f.account_id
           ) AS outcome
    FROM found f JOIN staged s USING (row_number)
)
UPDATE staged s
SET creditor_id = j.creditor_id, account_id = j.account_id,
    outcome = CASE WHEN j.hostless THEN 'no_host' ELSE j.outcome END
FROM judged j WHERE j.row_number = s.row_number

-- name: staged_known
-- Tell whether any person, and any account, was on record before.
SELECT bool_or(NOT fresh) AS people, bool_or(outcome = 'known') AS accounts FROM staged

-- name: staged_update_consumers
-- Bring people known before up to date with what their last row states.
WITH latest AS (
    SELECT DISTINCT ON (consumer_id) * FROM staged
    WHERE NOT fresh AND (outcome IS NULL OR outcome = 'known') ORDER BY consumer_id, row_number DESC
), written AS (
    UPDATE accounts.consumer c
    SET given_name = coalesce(s.given_name, c.given_name), family_name = s.family_name,
        birth_date = coalesce(s.birth_date, c.birth_date),
        language = coalesce(s.language, c.language), street = coalesce(s.street, c.street),
        city = coalesce(s.city, c.city), region = coalesce(s.region, c.region),
        postal_code = coalesce(s.postal_code, c.postal_code),
        country = coalesce(s.country, c.country),
        address_zones = CASE WHEN s.postal_code IS NULL THEN c.address_zones ELSE s.zones END,
        updated_at = %(now)s
    FROM latest s
    WHERE c.id = s.consumer_id AND (
        c.given_name, c.family_name, c.birth_date, c.language, c.street, c.city, c.region,
        c.postal_code, c.country, c.address_zones
    ) IS DISTINCT FROM (
        coalesce(s.given_name, c.given_name), s.family_name, coalesce(s.birth_date, c.birth_date),
        coalesce(s.language, c.language), coalesce(s.street, c.street), coalesce(s.city, c.city),
        coalesce(s.region, c.region), coalesce(s.postal_code, c.postal_code),
        coalesce(s.country, c.country),
        CASE WHEN s.postal_code IS NULL THEN c.address_zones ELSE s.zones END
    )
    RETURNING c.id
)
UPDATE staged s SET touched = true FROM written WHERE written.id = s.consumer_id

-- name: staged_placements
-- Add the placements that are new; a new account without one belongs to that of its day.
WITH wanted AS (
    SELECT DISTINCT ON (creditor_id, reference) * FROM (
        SELECT s.creditor_id, coalesce(s.placement_reference, s.placed_on::text) AS reference,
               s.placed_on, s.row_number
        FROM staged s
        WHERE s.outcome IS NULL OR (s.outcome = 'known' AND s.placement_reference IS NOT NULL)
    ) rows ORDER BY creditor_id, reference, row_number
)
INSERT INTO accounts.placement (creditor_id, reference, placed_on, created_at)
SELECT w.creditor_id, w.reference, w.placed_on, %(now)s FROM wanted w
WHERE NOT EXISTS (SELECT FROM accounts.placement p
                  WHERE p.creditor_id = w.creditor_id AND p.reference = w.reference)
ORDER BY w.creditor_id, w.reference
ON CONFLICT (creditor_id, reference) DO NOTHING

-- name: staged_new_accounts
-- Add the accounts that are new.
WITH added AS (
    INSERT INTO accounts.account (reference, creditor_id, placement_id, consumer_id, currency,
        description, status, opened_on, due_on, host_id, host_reference, stated, import_run_id,
        created_at, updated_at)
    SELECT s.account_reference, s.creditor_id, p.id, s.consumer_id, s.currency,
           coalesce(s.description, ''), CASE WHEN s.total > 0 THEN 'active' ELSE 'paid' END,
           s.opened_on, s.due_on, h.id, s.host_reference, jsonb_object(s.books, s.amounts),
           %(run_id)s::bigint, %(now)s, %(now)s
    FROM staged s
    JOIN accounts.placement p ON p.creditor_id = s.creditor_id
        AND p.reference = coalesce(s.placement_reference, s.placed_on::text)
    LEFT JOIN accounts.host h ON h.name = s.host_name
    WHERE s.outcome IS NULL
    ON CONFLICT (creditor_id, reference) DO NOTHING
    RETURNING id, creditor_id, reference
)
UPDATE staged s SET account_id = added.id, outcome = 'new'
FROM added
WHERE added.creditor_id = s.creditor_id AND added.reference = s.account_reference
  AND s.outcome IS NULL

-- name: staged_update_accounts
-- Bring known accounts up to date; restated tells the ledger that the creditor says a new sum.
WITH wanted AS MATERIALIZED (
    SELECT s.row_number, s.account_id, p.id AS placement_id, h.id AS host_id, s.description,
           s.opened_on, s.due_on, s.host_reference, s.total,
           jsonb_object(s.books, s.amounts) AS stated
    FROM staged s
    LEFT JOIN accounts.placement p
        ON p.creditor_id = s.creditor_id AND p.reference = s.placement_reference
    LEFT JOIN accounts.host h ON h.name = s.host_name
    WHERE s.outcome = 'known'
), compared AS MATERIALIZED (
    SELECT w.*, a.stated IS DISTINCT FROM w.stated AS restated,
           (a.placement_id, a.host_id, a.host_reference, a.description, a.opened_on, a.due_on)
           IS DISTINCT FROM (
               coalesce(w.placement_id, a.placement_id), coalesce(w.host_id, a.host_id),
               coalesce(w.host_reference, a.host_reference),
               coalesce(w.description, a.description), coalesce(w.opened_on, a.opened_on),
               w.due_on) AS differs
    FROM wanted w
    CROSS JOIN LATERAL (
        SELECT * FROM accounts.account a WHERE a.id = w.account_id OFFSET 0) a
), written AS (
    UPDATE accounts.account a
    SET placement_id = coalesce(c.placement_id, a.placement_id),
        host_id = coalesce(c.host_id, a.host_id),
        host_reference = coalesce(c.host_reference, a.host_reference),
        description = coalesce(c.description, a.description),
        opened_on = coalesce(c.opened_on, a.opened_on), due_on = c.due_on, stated = c.stated,
        status = CASE WHEN a.status = 'paid' AND c.restated AND c.total > 0 THEN 'active'
                      ELSE a.status END,
        import_run_id = %(run_id)s::bigint,
        updated_at = CASE WHEN c.restated OR c.differs THEN %(now)s ELSE a.updated_at END
    FROM compared c
    WHERE a.id = c.account_id AND (c.restated OR c.differs OR %(run_id)s::bigint IS NOT NULL)
)
UPDATE staged s SET touched = s.touched OR c.restated OR c.differs, restated = c.restated
FROM compared c WHERE c.row_number = s.row_number

-- name: staged_points
-- Add numbers and addresses not known before; what is on record, wrong or not, stays as it is.
-- Nobody else adds one meanwhile: we hold the account locks, and the new people are still ours.
WITH wanted AS (
    SELECT DISTINCT ON (s.consumer_id, p.value, p.kind) s.consumer_id, p.kind, p.value, p.label,
           p.line_type, p.zones, p.position
    FROM staged s
    CROSS JOIN LATERAL unnest(s.point_kinds, s.point_values, s.point_labels, s.point_types,
                              s.point_zones)
        WITH ORDINALITY AS p (kind, value, label, line_type, zones, position)
    WHERE s.outcome IN ('new', 'known')
      AND (s.fresh OR NOT EXISTS (
          SELECT FROM accounts.contact_point c
          WHERE c.consumer_id = s.consumer_id AND c.kind = p.kind AND c.value = p.value))
    ORDER BY s.consumer_id, p.value, p.kind, s.row_number, p.position
), added AS (
    INSERT INTO accounts.contact_point (consumer_id, kind, value, label, line_type, zones, position,
        source, created_at, updated_at)
    SELECT consumer_id, kind, value, label, line_type,
           coalesce(string_to_array(nullif(zones, ''), '|'), '{}'), position, %(source)s, %(now)s,
           %(now)s
    FROM wanted
    RETURNING consumer_id
)
UPDATE staged s SET touched = true
FROM added WHERE added.consumer_id = s.consumer_id AND s.outcome = 'known'

-- name: staged_holds
-- Place the holds that are not in force yet, write them to the timeline, and return them.
WITH wanted AS (
    SELECT DISTINCT ON (s.consumer_id, scope.account_id, h.kind)
           s.consumer_id, scope.account_id, h.kind, s.fresh, s.row_number,
           coalesce(s.hold_source, %(source)s) AS source
    FROM staged s
    CROSS JOIN LATERAL unnest(s.holds) AS h (kind)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN h.kind = ANY (%(personal)s::text[]) THEN NULL ELSE s.account_id END
            AS account_id) scope
    WHERE s.outcome IN ('new', 'known')
    ORDER BY s.consumer_id, scope.account_id, h.kind, s.row_number
), missing AS (
    SELECT * FROM wanted w WHERE NOT EXISTS (
        SELECT FROM accounts.hold h
        WHERE h.consumer_id = w.consumer_id AND h.kind = w.kind AND h.released_at IS NULL
          AND h.account_id IS NOT DISTINCT FROM w.account_id)
), placed AS (
    INSERT INTO accounts.hold
        (consumer_id, account_id, kind, source, release_rule, placed_by, placed_at)
    SELECT consumer_id, account_id, kind, source, %(release_rule)s, %(actor)s, %(now)s FROM missing
    RETURNING id, consumer_id, account_id, kind, source
), told AS (
    INSERT INTO accounts.event (at, kind, consumer_id, account_id, actor, data)
    SELECT %(now)s, 'hold.placed', consumer_id, account_id, %(actor)s,
           jsonb_build_object('hold', id, 'kind', kind, 'source', source)
    FROM placed
), marked AS (
    UPDATE staged s SET touched = true
    FROM missing m WHERE m.row_number = s.row_number AND s.outcome = 'known'
)
SELECT consumer_id, account_id, kind, fresh FROM missing

-- name: staged_opt_outs
-- Record opt-outs that are not in force yet, write them to the timeline, and return them.
WITH wanted AS (
    SELECT DISTINCT ON (s.consumer_id, o.channel) s.consumer_id, o.channel, s.fresh, s.row_number
    FROM staged s CROSS JOIN LATERAL unnest(s.opt_outs) AS o (channel)
    WHERE s.outcome IN ('new', 'known')
    ORDER BY s.consumer_id, o.channel, s.row_number
), missing AS (
    SELECT * FROM wanted w WHERE 'revoked' IS DISTINCT FROM (
        SELECT c.state FROM accounts.consent c
        WHERE c.consumer_id = w.consumer_id AND c.channel = w.channel
          AND c.contact_point_id IS NULL AND c.purpose = 'contact'
        ORDER BY c.id DESC LIMIT 1)
), recorded AS (
    INSERT INTO accounts.consent (consumer_id, channel, state, source, actor, recorded_at)
    SELECT consumer_id, channel, 'revoked', %(source)s, %(actor)s, %(now)s FROM missing
), told AS (
    INSERT INTO accounts.event (at, kind, consumer_id, actor, data)
    SELECT %(now)s, 'consent.revoked', consumer_id, %(actor)s,
           jsonb_build_object('channel', channel, 'source', %(source)s::text)
    FROM missing
), marked AS (
    UPDATE staged s SET touched = true
    FROM missing m WHERE m.row_number = s.row_number AND s.outcome = 'known'
)
SELECT consumer_id, channel, fresh FROM missing

-- name: staged_consents
-- Record consents of people who never said anything about a channel: no opt-out is ever lifted.
WITH wanted AS (
    SELECT DISTINCT ON (s.consumer_id, g.channel) s.consumer_id, g.channel, s.row_number
    FROM staged s CROSS JOIN LATERAL unnest(s.granted) AS g (channel)
    WHERE s.outcome IN ('new', 'known')
    ORDER BY s.consumer_id, g.channel, s.row_number
), missing AS (
    SELECT * FROM wanted w WHERE NOT EXISTS (
        SELECT FROM accounts.consent c
        WHERE c.consumer_id = w.consumer_id AND c.channel IN (w.channel, 'all')
          AND c.purpose = 'contact')
), recorded AS (
    INSERT INTO accounts.consent (consumer_id, channel, state, source, actor, recorded_at)
    SELECT consumer_id, channel, 'granted', %(source)s, %(actor)s, %(now)s FROM missing
), told AS (
    INSERT INTO accounts.event (at, kind, consumer_id, actor, data)
    SELECT %(now)s, 'consent.granted', consumer_id, %(actor)s,
           jsonb_build_object('channel', channel, 'source', %(source)s::text)
    FROM missing
)
UPDATE staged s SET touched = true
FROM missing m WHERE m.row_number = s.row_number AND s.outcome = 'known'

-- name: staged_events
-- Write to the timeline which accounts were placed and which were updated.
INSERT INTO accounts.event (at, kind, consumer_id, account_id, actor, data)
SELECT %(now)s, CASE s.outcome WHEN 'new' THEN 'account.placed' ELSE 'account.updated' END,
       s.consumer_id, s.account_id, %(actor)s, jsonb_build_object('source', %(source)s::text)
FROM staged s
WHERE s.outcome = 'new' OR (s.outcome = 'known' AND s.touched)

-- name: staged_outcomes
-- Tell which rows met which end.
SELECT CASE WHEN outcome IS NULL THEN 'busy'
            WHEN outcome <> 'known' THEN outcome
            WHEN touched THEN 'updated'
            ELSE 'unchanged' END AS outcome,
       array_agg(row_number) AS row_numbers, array_agg(account_id) AS account_ids
FROM staged GROUP BY 1
