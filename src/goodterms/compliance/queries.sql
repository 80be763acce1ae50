-- name: facts
-- All that the gate needs of a batch of proposed contacts, one row each in the batch's order.
-- The caller holds the account locks, so nothing here can change before it commits.
SELECT
    wanted.place,
    COALESCE(consumer.region, '') AS region,
    COALESCE(consumer.country, '') AS country,
    ARRAY(
        SELECT DISTINCT zone FROM (
            SELECT unnest(consumer.address_zones) AS zone
            UNION ALL
            SELECT unnest(other.zones) FROM accounts.contact_point other
            WHERE other.consumer_id = wanted.consumer_id AND other.kind = 'phone'
                AND (other.status = 'active' OR other.id = wanted.contact_point_id)
        ) zones ORDER BY zone
    ) AS zones,
    COALESCE(point.status, 'unknown') AS point_status,
    COALESCE(point.line_type, 'unknown') AS line_type,
    COALESCE(
        point.consumer_id = wanted.consumer_id
            AND point.kind = wanted.kind AND point.value = wanted.number,
        false
    ) AS point_belongs,
    COALESCE(caller_id.active AND caller_id.attestation = 'A', false) AS owned_caller_id,
    (
        SELECT json_agg(json_build_array(
            account.id, account.reference, account.status, balance.total::text,
            COALESCE(balance.currency, account.currency), account.host_id IS NOT NULL,
            account.host_checked_at, account.host_answer
        ) ORDER BY account.id)
        FROM accounts.account account
        LEFT JOIN ledger.balance balance ON balance.account_id = account.id
        WHERE account.consumer_id = wanted.consumer_id AND account.id = ANY (wanted.account_ids)
    ) AS accounts,
    (
        SELECT json_agg(json_build_array(hold.account_id, hold.kind) ORDER BY hold.id)
        FROM accounts.hold hold
        WHERE hold.consumer_id = wanted.consumer_id AND hold.released_at IS NULL
    ) AS holds,
    ARRAY(
        SELECT DISTINCT newest.channel FROM (
            SELECT DISTINCT ON (consent.channel, consent.contact_point_id)
                consent.channel, consent.state
            FROM accounts.consent consent
            WHERE consent.consumer_id = wanted.consumer_id
                AND (consent.contact_point_id IS NULL
                    OR consent.contact_point_id = wanted.contact_point_id)
            ORDER BY consent.channel, consent.contact_point_id, consent.id DESC
        ) newest WHERE newest.state = 'revoked' ORDER BY newest.channel
    ) AS revoked,
    (
        SELECT json_agg(json_build_array(
            contact.placed_at, contact.account_ids, contact.local_dates, contact.direction,
            contact.counts, contact.conversation
        ) ORDER BY contact.placed_at DESC)
        FROM compliance.contact contact
        WHERE contact.consumer_id = wanted.consumer_id AND contact.medium = 'call'
            AND contact.placed_at >= %(since)s AND (contact.counts OR contact.conversation)
    ) AS calls,
    ARRAY(
        SELECT contact.attempt_id FROM compliance.contact contact
        WHERE contact.consumer_id = wanted.consumer_id AND contact.closed_at IS NULL
        ORDER BY contact.attempt_id
    ) AS live_attempts
FROM jsonb_to_recordset(%(contacts)s::jsonb) AS wanted (
    place integer, consumer_id bigint, account_ids bigint[], contact_point_id bigint,
    kind text, number text, caller_id text
)
LEFT JOIN accounts.consumer consumer ON consumer.id = wanted.consumer_id
LEFT JOIN accounts.contact_point point ON point.id = wanted.contact_point_id
LEFT JOIN compliance.caller_id caller_id ON caller_id.number = wanted.caller_id
ORDER BY wanted.place;

-- name: record
-- Writes a batch of verdicts, and for each allowed one its permit and its place in the contact
-- log, which reserves the caps before the telephone rings.
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(verdicts)s::jsonb) AS given (
        attempt_id text, consumer_id bigint, account_ids bigint[], contact_point_id bigint,
        channel text, campaign_id bigint, decision text, reason_code text, findings jsonb,
        facts jsonb, rulebook_hash text, decided_at timestamptz, earliest_allowed_at timestamptz,
        digest text, expires_at timestamptz, number text, caller_id text, local_dates date[]
    )
), verdict AS (
    INSERT INTO compliance.verdict (
        attempt_id, consumer_id, account_ids, contact_point_id, channel, campaign_id, decision,
        reason_code, findings, facts, rulebook_hash, decided_at, earliest_allowed_at, digest
    )
    SELECT
        attempt_id, consumer_id, account_ids, contact_point_id, channel, campaign_id, decision,
        reason_code, findings, facts, rulebook_hash, decided_at, earliest_allowed_at, digest
    FROM given
    RETURNING id, attempt_id
), permit AS (
    INSERT INTO compliance.permit (attempt_id, granted_at, expires_at)
    SELECT attempt_id, decided_at, expires_at FROM given WHERE decision = 'allow'
), contact AS (
    INSERT INTO compliance.contact (
        attempt_id, consumer_id, account_ids, value, medium, direction, placed_at, local_dates,
        caller_id, campaign_id
    )
    SELECT
        attempt_id, consumer_id, account_ids, number, channel, 'out', decided_at, local_dates,
        caller_id, campaign_id
    FROM given WHERE decision = 'allow'
)
SELECT id, attempt_id FROM verdict;

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
    closed_at = %(now)s, outcome = %(outcome)s, counts = %(counts)s,
    conversation = %(conversation)s, message_left = %(message_left)s
WHERE attempt_id = %(attempt_id)s AND closed_at IS NULL
RETURNING attempt_id;

-- name: contact_is_closed
-- Whether a contact was closed before; no row means there is none.
SELECT closed_at IS NOT NULL AS closed FROM compliance.contact
WHERE attempt_id = %(attempt_id)s;

-- name: verdicts
-- The newest verdicts first, filtered, before a given id.
SELECT
    id, attempt_id, account_ids, decision, reason_code, findings, facts, rulebook_hash,
    decided_at, earliest_allowed_at, digest
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
    id, attempt_id, account_ids, decision, reason_code, findings, facts, rulebook_hash,
    decided_at, earliest_allowed_at, digest
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
