-- name: proposed
-- What is registered of the caller ID of each proposed contact, in the batch's order, with the
-- numbers of its pool that can be shown no longer, and a number for the verdict on it if one will
-- be recorded; with the places we hold a licence for.
SELECT
    COALESCE(registered.active AND registered.attestation = 'A', false) AS owned_caller_id,
    registered.answered_ok_at, COALESCE(registered.last_ok, false) AS answers, registered.pool,
    ARRAY(
        SELECT unfit.number FROM compliance.caller_id unfit
        WHERE unfit.pool = registered.pool
            AND NOT (unfit.active AND unfit.attestation = 'A' AND unfit.last_ok IS NOT FALSE)
    ) AS replaceable,
    CASE WHEN %(recorded)s THEN nextval('compliance.verdict_id_seq') END AS verdict_id,
    ARRAY(
        SELECT licence.place FROM compliance.licence
        WHERE licence.ended_at IS NULL
            AND (licence.valid_until IS NULL OR licence.valid_until >= %(today)s::date)
        ORDER BY licence.place
    ) AS licences
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

-- name: log_inbound
-- Logs a contact that the consumer made, once; its dates are those of every zone they may be in.
INSERT INTO compliance.contact (
    attempt_id, consumer_id, account_ids, value, medium, direction, placed_at, local_dates,
    closed_at, outcome, reach
)
SELECT
    %(contact_id)s, consumer.id,
    ARRAY(SELECT account.id FROM accounts.account WHERE account.consumer_id = consumer.id),
    %(value)s, %(medium)s, 'in', %(at)s,
    ARRAY(
        SELECT DISTINCT (%(at)s::timestamptz AT TIME ZONE zone)::date FROM (
            SELECT unnest(consumer.address_zones) AS zone
            UNION
            SELECT unnest(point.zones) FROM accounts.contact_point point
            WHERE point.consumer_id = consumer.id AND point.status = 'active'
        ) AS places
    ),
    %(now)s, 'received', %(reach)s
FROM accounts.consumer consumer WHERE consumer.id = %(consumer_id)s
ON CONFLICT (attempt_id) DO NOTHING
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

-- name: last_verdict
-- The last verdict about an account by some time; a refused contact names it in its facts.
SELECT
    id, attempt_id, account_ids, decision, reason_code, findings, facts::text, rulebook_hash,
    decided_at, earliest_allowed_at, digest, obligations
FROM compliance.verdict
WHERE consumer_id = %(consumer_id)s AND decided_at <= %(before)s
    AND (%(account_id)s = ANY (account_ids) OR EXISTS (
        SELECT FROM json_array_elements_text(facts -> 'contact' -> 'account_ids') AS named (id)
        WHERE named.id = %(account_id)s::text
    ))
ORDER BY id DESC LIMIT 1;

-- name: verdict
-- One verdict by its number.
SELECT
    id, attempt_id, account_ids, decision, reason_code, findings, facts::text, rulebook_hash,
    decided_at, earliest_allowed_at, digest, obligations
FROM compliance.verdict WHERE id = %(id)s;

-- name: put_rulebook
-- Keeps the content of a rulebook for as long as verdicts name its hash.
INSERT INTO compliance.rulebook AS kept (hash, content, loaded_at, candidate)
VALUES (%(hash)s, %(content)s::jsonb, %(now)s, %(candidate)s)
ON CONFLICT (hash) DO UPDATE SET candidate = false WHERE kept.candidate AND NOT excluded.candidate;

-- name: rulebook
-- The content of a rulebook by its hash.
SELECT content FROM compliance.rulebook WHERE hash = %(hash)s;

-- name: open_chain
-- Makes a chain if it is not there yet.
INSERT INTO compliance.chain (name) VALUES (%(chain)s) ON CONFLICT DO NOTHING;

-- name: chain
-- Where a chain stands, and whether all decisions up to its pending number are settled.
SELECT
    last_id, number, digest, pending_id,
    pending_xid <= pg_snapshot_xmin(pg_current_snapshot()) AS settled
FROM compliance.chain WHERE name = %(chain)s FOR UPDATE;

-- name: extend_chain
-- Notes how far a chain is sealed and up to which number it is sealed next.
UPDATE compliance.chain SET
    last_id = %(last_id)s, number = %(number)s, digest = %(digest)s,
    -- Without a number given out yet the sequence has none: a bare last_value would say 1.
    pending_id = COALESCE(pg_sequence_last_value(CASE name
        WHEN 'answer' THEN 'compliance.answer_id_seq'::regclass
        ELSE 'compliance.verdict_id_seq'::regclass
    END), 0),
    pending_xid = pg_snapshot_xmax(pg_current_snapshot())
WHERE name = %(chain)s;

-- name: verdict_digests
-- The digests of the next verdicts, to be sealed.
SELECT id, digest FROM compliance.verdict
WHERE id > %(after_id)s AND id <= %(until_id)s ORDER BY id LIMIT %(limit)s;

-- name: answer_digests
-- The digests of the next answers, to be sealed.
SELECT id, digest FROM compliance.answer
WHERE id > %(after_id)s AND id <= %(until_id)s ORDER BY id LIMIT %(limit)s;

-- name: answers_in
-- Answers as they were stored, in the order of their numbers.
SELECT
    id, moment, subject_kind AS kind, subject_id, decision, reason_code, asked::text AS asked,
    findings::text AS findings, obligations, rulebook_hash, decided_at, digest,
    earliest_allowed_at
FROM compliance.answer WHERE id > %(after_id)s AND id <= %(until_id)s ORDER BY id;

-- name: add_seal
-- Adds a seal to a chain.
INSERT INTO compliance.seal (chain, number, after_id, until_id, decisions, digest, sealed_at)
VALUES (
    %(chain)s, %(number)s, %(after_id)s, %(until_id)s, %(decisions)s, %(digest)s, %(now)s
);

-- name: seals
-- The seals of a chain in order.
SELECT number, after_id, until_id, decisions, digest, sealed_at FROM compliance.seal
WHERE chain = %(chain)s ORDER BY number;

-- name: stored_verdicts
-- Verdicts as they were stored, in the order of their numbers, for those who look through them.
SELECT
    id, attempt_id, account_ids, decision, reason_code, findings::text, facts::text,
    rulebook_hash, decided_at, earliest_allowed_at, digest, obligations
FROM compliance.verdict
WHERE id > %(after_id)s AND id <= %(until_id)s
    AND (%(since)s::timestamptz IS NULL OR decided_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR decided_at < %(until)s)
ORDER BY id;

-- name: seal_of
-- The seal that covers a decision; no row: it is not sealed yet.
SELECT number, after_id, until_id, decisions, digest, sealed_at FROM compliance.seal
WHERE chain = %(chain)s AND after_id < %(id)s AND until_id >= %(id)s;

-- name: contacts_of
-- Every row of a person's contact log, newest first.
SELECT
    attempt_id, medium, direction, value, placed_at, local_dates, account_ids, caller_id,
    campaign_id, place, purpose, recipient, voice, message, reach, outcome, closed_at
FROM compliance.contact WHERE consumer_id = %(consumer_id)s
ORDER BY placed_at DESC, attempt_id;

-- name: count_verdicts
-- How many verdicts there are since an instant, for progress.
SELECT count(*) AS number FROM compliance.verdict
WHERE (%(since)s::timestamptz IS NULL OR decided_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR decided_at < %(until)s);

-- name: money_after
-- Payments since an instant, each after the last allowed contact about its account in the seven
-- days before it.
SELECT contact.verdict_id, account.currency, sum(posting.amount) AS amount
FROM ledger.entry entry
JOIN ledger.posting posting ON posting.entry_id = entry.id AND posting.book = 'cash'
JOIN accounts.account account ON account.id = entry.account_id
CROSS JOIN LATERAL (
    SELECT verdict.id AS verdict_id FROM compliance.verdict verdict
    WHERE verdict.consumer_id = account.consumer_id AND verdict.decision = 'allow'
        AND account.id = ANY (verdict.account_ids)
        AND verdict.decided_at <= entry.posted_at
        AND verdict.decided_at > entry.posted_at - interval '7 days'
    ORDER BY verdict.id DESC LIMIT 1
) AS contact
WHERE entry.kind = 'payment' AND entry.posted_at >= %(since)s
GROUP BY contact.verdict_id, account.currency;

-- name: rulebooks
-- The rulebooks that were ever in force or tried out, newest first.
SELECT hash, loaded_at, jsonb_array_length(content) AS rules, candidate FROM compliance.rulebook
ORDER BY loaded_at DESC, hash;

-- name: add_backtest
-- Asks for a backtest.
INSERT INTO compliance.backtest (
    since, before_hash, after_hash, state, asked_by, asked_at, updated_at
) VALUES (%(since)s, %(before)s, %(after)s, 'waiting', %(actor)s, %(now)s, %(now)s)
RETURNING id, since, before_hash, after_hash, state, judged, total, result::text, failure,
    asked_by, asked_at, updated_at;

-- name: mark_backtest
-- Notes how far a backtest is, or what came of it.
UPDATE compliance.backtest SET
    state = %(state)s, judged = %(judged)s, total = %(total)s,
    result = COALESCE(%(result)s::jsonb, result), failure = %(failure)s, updated_at = %(now)s
WHERE id = %(id)s;

-- name: backtest
-- One backtest.
SELECT id, since, before_hash, after_hash, state, judged, total, result::text, failure,
    asked_by, asked_at, updated_at
FROM compliance.backtest WHERE id = %(id)s;

-- name: backtests
-- The latest backtests.
SELECT id, since, before_hash, after_hash, state, judged, total, NULL AS result, failure,
    asked_by, asked_at, updated_at
FROM compliance.backtest ORDER BY id DESC LIMIT %(limit)s;

-- name: licences
-- All our licences, those in force first, by place.
SELECT id, place, number, valid_until, actor, recorded_at, ended_at, ended_by, end_reason
FROM compliance.licence ORDER BY ended_at DESC NULLS FIRST, place, id;

-- name: replace_licence
-- End the licence in force at a place because a new one follows.
UPDATE compliance.licence
SET ended_at = %(now)s, ended_by = %(actor)s, end_reason = 'a new one was recorded'
WHERE place = %(place)s AND ended_at IS NULL;

-- name: add_licence
-- Record a licence.
INSERT INTO compliance.licence (place, number, valid_until, actor, recorded_at)
VALUES (%(place)s, %(number)s, %(valid_until)s, %(actor)s, %(now)s)
RETURNING id, place, number, valid_until, actor, recorded_at, ended_at, ended_by, end_reason;

-- name: end_licence
-- End a licence that is in force.
UPDATE compliance.licence SET ended_at = %(now)s, ended_by = %(actor)s, end_reason = %(reason)s
WHERE id = %(id)s AND ended_at IS NULL
RETURNING id, place, number, valid_until, actor, recorded_at, ended_at, ended_by, end_reason;
-- name: closed_contact
-- What is told of a contact once it is closed.
SELECT
    contact.attempt_id, contact.consumer_id, contact.account_ids, contact.medium,
    contact.direction, contact.reach, contact.recipient, contact.message, contact.placed_at,
    contact.closed_at,
    (SELECT verdict.contact_point_id FROM compliance.verdict verdict
     WHERE verdict.attempt_id = contact.attempt_id ORDER BY verdict.id DESC LIMIT 1)
        AS contact_point_id
FROM compliance.contact contact WHERE contact.attempt_id = %(attempt_id)s;

-- name: accounts_of_people
-- All accounts of people; of those that have ended, when something was last done about them.
SELECT
    account.consumer_id, account.id AS account_id,
    CASE WHEN account.status IN ('paid', 'recalled', 'closed') THEN GREATEST(
        account.updated_at,
        (SELECT max(event.at) FROM accounts.event event
         WHERE event.consumer_id = account.consumer_id
            AND (event.account_id = account.id OR event.account_id IS NULL)),
        (SELECT max(contact.placed_at) FROM compliance.contact contact
         WHERE contact.consumer_id = account.consumer_id
            AND account.id = ANY (contact.account_ids))
    ) END AS last_activity
FROM accounts.account account
WHERE account.consumer_id = ANY (%(consumer_ids)s::bigint[])
ORDER BY account.consumer_id, account.id;

-- name: people_to_look_at
-- The next people about whom something may be due: recorded facts about an account, open tasks, or
-- accounts that ended long ago.
SELECT consumer.id FROM accounts.consumer consumer
WHERE consumer.id > %(after)s AND (
    EXISTS (
        SELECT FROM accounts.circumstance fact
        WHERE fact.consumer_id = consumer.id AND fact.ended_at IS NULL
            AND fact.account_id IS NOT NULL
    )
    OR EXISTS (
        SELECT FROM compliance.task task
        WHERE task.consumer_id = consumer.id AND task.done_at IS NULL
    )
    OR EXISTS (
        SELECT FROM accounts.account account
        WHERE account.consumer_id = consumer.id AND account.updated_at < %(ended_before)s
            AND account.status IN ('paid', 'recalled', 'closed')
    )
)
ORDER BY consumer.id
LIMIT %(limit)s;

-- name: people_changed
-- The people of whom a fact was recorded or ended since an instant.
SELECT fact.consumer_id AS id FROM accounts.circumstance fact WHERE fact.recorded_at >= %(since)s
UNION
SELECT fact.consumer_id FROM accounts.circumstance fact WHERE fact.ended_at >= %(since)s;

-- name: task_progress
-- How far the derivation of tasks has come; no row if somebody else is at it.
SELECT changed_until, whole_on FROM compliance.task_progress FOR UPDATE SKIP LOCKED;

-- name: note_progress
-- Writes how far the derivation of tasks has come.
UPDATE compliance.task_progress SET changed_until = %(until)s, whole_on = %(whole_on)s;

-- name: put_tasks
-- Makes tasks due, or says what has changed of those that are open. The lists are parallel.
INSERT INTO compliance.task AS task (
    consumer_id, account_id, kind, due_on, words, rule_id, rule_version, made_at
)
SELECT given.*, %(now)s FROM unnest(
    %(consumer_ids)s::bigint[], %(account_ids)s::bigint[], %(kinds)s::text[], %(due_on)s::date[],
    %(words)s::text[], %(rule_ids)s::text[], %(rule_versions)s::int[]
) AS given
ON CONFLICT (account_id, kind) WHERE done_at IS NULL DO UPDATE SET
    due_on = excluded.due_on, words = excluded.words, rule_id = excluded.rule_id,
    rule_version = excluded.rule_version
WHERE (task.due_on, task.words, task.rule_id, task.rule_version)
    IS DISTINCT FROM (excluded.due_on, excluded.words, excluded.rule_id, excluded.rule_version);

-- name: close_tasks
-- Closes the open tasks of people that are due no more: all but those given, account and kind.
UPDATE compliance.task SET done_at = %(now)s
WHERE consumer_id = ANY (%(looked_at)s::bigint[]) AND done_at IS NULL AND NOT EXISTS (
    SELECT FROM unnest(%(account_ids)s::bigint[], %(kinds)s::text[]) AS kept (account_id, kind)
    WHERE kept.account_id = task.account_id AND kept.kind = task.kind
);

-- name: tasks
-- Tasks by their day, the open ones or those that are done, filtered, after a given one.
SELECT
    task.id, task.kind, task.consumer_id,
    btrim(consumer.given_name || ' ' || consumer.family_name) AS consumer_name, task.account_id,
    account.reference AS account_reference, task.due_on, task.words, task.rule_id,
    task.rule_version, task.made_at, task.done_at
FROM compliance.task task
JOIN accounts.consumer consumer ON consumer.id = task.consumer_id
JOIN accounts.account account ON account.id = task.account_id
WHERE (task.done_at IS NOT NULL) = %(done)s
    AND (%(kind)s::text IS NULL OR task.kind = %(kind)s)
    AND (%(consumer_id)s::bigint IS NULL OR task.consumer_id = %(consumer_id)s)
    AND (%(due_until)s::date IS NULL OR task.due_on <= %(due_until)s)
    AND (%(after)s::bigint IS NULL OR (task.due_on, task.id) > (
        SELECT before.due_on, before.id FROM compliance.task before WHERE before.id = %(after)s
    ))
ORDER BY task.due_on, task.id
LIMIT %(limit)s;

-- name: our_roles
-- What we are to the creditors on record: their collector, or they themselves.
SELECT DISTINCT our_role FROM accounts.creditor ORDER BY our_role;

-- name: licensed_places
-- The places we hold a licence for on a day.
SELECT place FROM compliance.licence
WHERE ended_at IS NULL AND (valid_until IS NULL OR valid_until >= %(today)s)
ORDER BY place;

-- name: add_answer
-- Keeps what the rules said about a subject, with the bytes that were hashed.
INSERT INTO compliance.answer (
    moment, subject_kind, subject_id, consumer_id, asked, findings, decision, reason_code,
    obligations, earliest_allowed_at, rulebook_hash, decided_at, digest
)
VALUES (
    %(moment)s, %(kind)s, %(subject_id)s, %(consumer_id)s, %(asked)s::json, %(findings)s::json,
    %(decision)s, %(reason_code)s, %(obligations)s, %(earliest)s, %(rulebook_hash)s,
    %(decided_at)s, %(digest)s
);

-- name: answers
-- What the rules said about a subject, the latest first.
SELECT
    id, moment, subject_kind AS kind, subject_id, decision, reason_code, asked::text AS asked,
    findings::text AS findings, obligations, rulebook_hash, decided_at, digest,
    earliest_allowed_at
FROM compliance.answer
WHERE subject_kind = %(kind)s AND subject_id = %(subject_id)s
ORDER BY id DESC;
-- name: publication_in_force
-- The number of the overlay in force, if one was ever published.
SELECT id FROM compliance.publication
WHERE state = 'published'
ORDER BY decided_at DESC, id DESC
LIMIT 1;

-- name: publication
-- One publication with its rows.
SELECT id, state, overlay, hash, note, author, proposed_at, decided_by, decided_at, reason
FROM compliance.publication
WHERE id = %(id)s;

-- name: lock_publication
-- One publication, locked while it is decided about.
SELECT id, state, overlay, hash, note, author, proposed_at, decided_by, decided_at, reason
FROM compliance.publication
WHERE id = %(id)s
FOR UPDATE;

-- name: publications
-- The history of overlays, the newest first.
SELECT id, state, overlay, hash, note, author, proposed_at, decided_by, decided_at, reason
FROM compliance.publication
ORDER BY id DESC
LIMIT %(limit)s;

-- name: publication_by_hash
-- The newest publication with this content.
SELECT id, state, overlay, hash, note, author, proposed_at, decided_by, decided_at, reason
FROM compliance.publication
WHERE hash = %(hash)s
ORDER BY id DESC
LIMIT 1;

-- name: propose_publication
-- Writes a proposed overlay; nothing if the same content is already proposed.
INSERT INTO compliance.publication (state, overlay, hash, note, author, proposed_at)
VALUES ('proposed', %(overlay)s, %(hash)s, %(note)s, %(author)s, %(now)s)
ON CONFLICT (hash) WHERE state = 'proposed' DO NOTHING
RETURNING id;

-- name: decide_publication
-- Publishes or rejects a proposed overlay.
UPDATE compliance.publication
SET state = %(state)s, decided_by = %(by)s, decided_at = %(now)s, reason = %(reason)s
WHERE id = %(id)s AND state = 'proposed'
RETURNING id;
