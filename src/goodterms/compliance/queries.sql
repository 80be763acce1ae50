-- name: proposed
-- What is registered of the caller ID of each proposed contact, in the batch's order, and a
-- number for the verdict on it if one will be recorded.
SELECT
    COALESCE(registered.active AND registered.attestation = 'A', false) AS owned_caller_id,
    registered.answered_ok_at,
    CASE WHEN %(recorded)s THEN nextval('compliance.verdict_id_seq') END AS verdict_id
FROM unnest(string_to_array(%(caller_ids)s, chr(30))) WITH ORDINALITY AS given (number, place)
LEFT JOIN compliance.caller_id registered ON registered.number = given.number
ORDER BY given.place;

-- name: people
-- Where people may be, with each of their numbers and addresses.
SELECT
    consumer.id, consumer.region, consumer.country, consumer.address_zones,
    point.id AS point_id, point.kind, point.value, point.status, point.line_type, point.zones,
    point.label, point.relation, consumer.city, consumer.postal_code, consumer.language
FROM accounts.consumer consumer
LEFT JOIN accounts.contact_point point ON point.consumer_id = consumer.id
WHERE consumer.id = ANY (%(consumer_ids)s::bigint[]);

-- name: debts
-- Accounts with what is owed, what we are to the debt, and what their host system said.
SELECT
    account.consumer_id, account.id, account.reference, account.status, balance.total,
    COALESCE(balance.currency, account.currency) AS currency,
    account.host_id IS NOT NULL AS hosted, account.host_checked_at, account.host_answer,
    creditor.our_role, account.debt_kind, account.in_default, account.servicing_group,
    CASE WHEN account.servicing_group <> '' THEN ARRAY(
        SELECT other.id FROM accounts.account other
        WHERE other.consumer_id = account.consumer_id AND other.id <> account.id
            AND other.servicing_group = account.servicing_group
        ORDER BY other.id
    ) END AS siblings
FROM accounts.account account
JOIN accounts.creditor creditor ON creditor.id = account.creditor_id
LEFT JOIN ledger.balance balance ON balance.account_id = account.id
WHERE account.id = ANY (%(account_ids)s::bigint[])
ORDER BY account.id;

-- name: restrictions
-- What is in force about people, told apart by its sort: holds, consents (the newest word per
-- channel, purpose and contact point, and every direct consent to be called) and circumstances.
SELECT
    hold.consumer_id, 'hold' AS sort, hold.account_id, NULL::bigint AS contact_point_id,
    hold.kind AS kind, NULL AS channel, false AS granted, false AS direct,
    NULL::timestamptz AS at, NULL::date AS held_on, NULL::jsonb AS data
FROM accounts.hold hold
WHERE hold.consumer_id = ANY (%(consumer_ids)s::bigint[]) AND hold.released_at IS NULL
UNION ALL
SELECT
    consent.consumer_id, 'consent', NULL, consent.contact_point_id, consent.purpose,
    consent.channel, consent.state = 'granted', consent.direct, consent.recorded_at, NULL, NULL
FROM accounts.consent consent
WHERE consent.consumer_id = ANY (%(consumer_ids)s::bigint[])
    AND (consent.purpose = 'call' OR NOT EXISTS (
        SELECT FROM accounts.consent newer
        WHERE newer.consumer_id = consent.consumer_id AND newer.id > consent.id
            AND newer.channel = consent.channel AND newer.purpose = consent.purpose
            AND newer.contact_point_id IS NOT DISTINCT FROM consent.contact_point_id
    ))
UNION ALL
SELECT
    fact.consumer_id, 'circumstance', fact.account_id, fact.contact_point_id, fact.kind, NULL,
    false, false, fact.held_at, fact.held_on, fact.data
FROM accounts.circumstance fact
WHERE fact.consumer_id = ANY (%(consumer_ids)s::bigint[]) AND fact.ended_at IS NULL;

-- name: log
-- The contact log of people since an instant, newest first, and what is still open in it.
SELECT
    contact.consumer_id,
    CASE WHEN contact.closed_at IS NULL THEN contact.attempt_id END AS live,
    contact.placed_at, contact.account_ids, contact.local_dates, contact.reach, contact.medium,
    contact.value, contact.outcome, contact.place, contact.direction, contact.purpose,
    contact.recipient, contact.voice, contact.message, contact.caller_id
FROM compliance.contact contact
WHERE contact.consumer_id = ANY (%(consumer_ids)s::bigint[])
    AND (contact.placed_at >= %(since)s OR contact.closed_at IS NULL)
    AND contact.reach > 0
ORDER BY contact.consumer_id, contact.placed_at DESC;

-- name: record
-- Writes a batch of verdicts, and for each allowed one its permit and its place in the contact
-- log, which reserves the caps before the telephone rings. The lists are parallel; facts and
-- findings are stored as the bytes that were hashed.
WITH given AS (
    SELECT
        id, attempt_id, consumer_id, account_ids::bigint[], contact_point_id, channel,
        campaign_id, decision, reason_code, findings::json, facts::json, digest,
        earliest_allowed_at::timestamptz, number, caller_id, local_dates::date[],
        obligations::text[], place, purpose, recipient, voice, message
    FROM unnest(
        %(ids)s::bigint[], string_to_array(%(attempt_ids)s, chr(30)), %(consumer_ids)s::bigint[],
        string_to_array(%(account_ids)s, chr(30)), %(contact_point_ids)s::bigint[],
        string_to_array(%(channels)s, chr(30)), %(campaign_ids)s::bigint[],
        string_to_array(%(decisions)s, chr(30)), string_to_array(%(reason_codes)s, chr(30)),
        string_to_array(%(findings)s, chr(30)), string_to_array(%(facts)s, chr(30)),
        string_to_array(%(digests)s, chr(30)),
        string_to_array(%(earliest)s, chr(30), ''), string_to_array(%(numbers)s, chr(30)),
        string_to_array(%(caller_ids)s, chr(30), ''), string_to_array(%(local_dates)s, chr(30)),
        string_to_array(%(obligations)s, chr(30)), string_to_array(%(places)s, chr(30)),
        string_to_array(%(purposes)s, chr(30)), string_to_array(%(recipients)s, chr(30)),
        string_to_array(%(voices)s, chr(30)), string_to_array(%(messages)s, chr(30), '-')
    ) AS given (
        id, attempt_id, consumer_id, account_ids, contact_point_id, channel, campaign_id,
        decision, reason_code, findings, facts, digest, earliest_allowed_at, number, caller_id,
        local_dates, obligations, place, purpose, recipient, voice, message
    )
), permit AS (
    INSERT INTO compliance.permit (attempt_id, granted_at, expires_at)
    SELECT attempt_id, %(now)s, %(expires_at)s FROM given WHERE decision = 'allow'
), contact AS (
    INSERT INTO compliance.contact (
        attempt_id, consumer_id, account_ids, value, medium, direction, placed_at, local_dates,
        caller_id, campaign_id, place, purpose, recipient, voice, message
    )
    SELECT
        attempt_id, consumer_id, account_ids, number, channel, 'out', %(now)s, local_dates,
        caller_id, campaign_id, place, purpose, recipient, voice, COALESCE(message, '')
    FROM given WHERE decision = 'allow'
)
INSERT INTO compliance.verdict (
    id, attempt_id, consumer_id, account_ids, contact_point_id, channel, campaign_id, decision,
    reason_code, findings, facts, rulebook_hash, decided_at, earliest_allowed_at, digest,
    obligations
)
OVERRIDING SYSTEM VALUE
SELECT
    id, attempt_id, consumer_id, account_ids, contact_point_id, channel, campaign_id, decision,
    reason_code, findings, facts, %(rulebook_hash)s, %(now)s, earliest_allowed_at, digest,
    obligations
FROM given;

-- name: use_permit
-- Takes a permit that is neither used nor expired; no row means it may not be used.
UPDATE compliance.permit SET used_at = %(now)s
WHERE attempt_id = %(attempt_id)s AND used_at IS NULL AND expires_at > %(now)s
RETURNING attempt_id;

-- name: permit
-- One permit, to say why it may not be used.
SELECT attempt_id, granted_at, expires_at, used_at FROM compliance.permit
WHERE attempt_id = %(attempt_id)s;

-- name: close_contact
-- Writes what came of a contact, once.
UPDATE compliance.contact SET
    closed_at = %(now)s, outcome = %(outcome)s, reach = %(reach)s
WHERE attempt_id = %(attempt_id)s AND closed_at IS NULL
RETURNING attempt_id;

-- name: contact_is_closed
-- Whether a contact was closed before; no row means there is none.
SELECT closed_at IS NOT NULL AS closed FROM compliance.contact
WHERE attempt_id = %(attempt_id)s;

-- name: verdicts
-- The newest verdicts first, filtered, before a given id.
SELECT
    id, attempt_id, account_ids, decision, reason_code, findings, facts::text, rulebook_hash,
    decided_at, earliest_allowed_at, digest, obligations
FROM compliance.verdict
WHERE (%(attempt_id)s::text IS NULL OR attempt_id = %(attempt_id)s)
    AND (%(consumer_id)s::bigint IS NULL OR consumer_id = %(consumer_id)s)
    AND (%(campaign_id)s::bigint IS NULL OR campaign_id = %(campaign_id)s)
    AND (%(decision)s::text IS NULL OR decision = %(decision)s)
    AND (%(after)s::bigint IS NULL OR id < %(after)s)
ORDER BY id DESC
LIMIT %(limit)s;

-- name: verdict
-- One verdict by its number.
SELECT
    id, attempt_id, account_ids, decision, reason_code, findings, facts::text, rulebook_hash,
    decided_at, earliest_allowed_at, digest, obligations
FROM compliance.verdict WHERE id = %(id)s;

-- name: put_rulebook
-- Keeps the content of a rulebook for as long as verdicts name its hash.
INSERT INTO compliance.rulebook (hash, content, loaded_at)
VALUES (%(hash)s, %(content)s::jsonb, %(now)s)
ON CONFLICT (hash) DO NOTHING;

-- name: rulebook
-- The content of a rulebook by its hash.
SELECT content FROM compliance.rulebook WHERE hash = %(hash)s;

-- name: caller_ids
-- The registry of caller IDs.
SELECT number, name, proof, trunk, attestation, active FROM compliance.caller_id
ORDER BY number;

-- name: put_caller_id
-- Registers a caller ID or replaces what is known of it.
INSERT INTO compliance.caller_id (
    number, name, proof, trunk, attestation, active, added_by, created_at
)
VALUES (
    %(number)s, %(name)s, %(proof)s, %(trunk)s, %(attestation)s, %(active)s, %(actor)s, %(now)s
)
ON CONFLICT (number) DO UPDATE SET
    name = excluded.name, proof = excluded.proof, trunk = excluded.trunk,
    attestation = excluded.attestation, active = excluded.active, added_by = excluded.added_by;
