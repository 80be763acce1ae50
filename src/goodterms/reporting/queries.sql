-- name: timeline
-- Everything that happened to a consumer before an instant, newest first.
WITH items AS (
    SELECT coalesce(a.placed_at, a.created_at) AS at, 'call' AS kind, a.id AS key,
           CASE WHEN a.ended_at IS NULL THEN 'Call in progress'
                ELSE 'Call: ' || replace(coalesce(a.disposition, a.outcome, 'ended'), '_', ' ') END
               AS title,
           coalesce(p.display_name, 'dialer') AS actor, a.account_ids[1] AS account_id,
           jsonb_build_object(
               'number', a.number, 'caller_id', a.caller_id, 'outcome', a.outcome,
               'disposition', a.disposition, 'note', a.disposition_note,
               'answered_at', a.answered_at, 'bridged_at', a.bridged_at,
               'ended_at', a.ended_at, 'cancel_reason', a.cancel_reason,
               'verdict_id', a.verdict_id, 'abandoned', a.abandoned
           ) AS data
    FROM calls.attempt a LEFT JOIN access.person p ON p.id = a.agent_id
    WHERE a.consumer_id = %(consumer_id)s
    UNION ALL
    SELECT coalesce(y.settled_at, y.created_at), 'payment', y.id,
           'Payment ' || replace(y.state, '_', ' '), y.actor, y.account_id,
           jsonb_build_object('amount', y.amount::text, 'currency', y.currency, 'state', y.state,
               'channel', y.channel, 'method', y.method_label, 'message', y.message,
               'refunded', y.refunded::text)
    FROM payments.payment y WHERE y.consumer_id = %(consumer_id)s
    UNION ALL
    SELECT e.posted_at, 'ledger', 'entry-' || e.id,
           'Ledger: ' || replace(e.kind, '_', ' '), e.actor, e.account_id,
           jsonb_build_object('note', e.note, 'effective_on', e.effective_on, 'cause', e.cause,
               'postings', (SELECT jsonb_object_agg(g.book, g.amount::text) FROM ledger.posting g
                            WHERE g.entry_id = e.id))
    FROM ledger.entry e JOIN accounts.account c ON c.id = e.account_id
    WHERE c.consumer_id = %(consumer_id)s
    UNION ALL
    SELECT r.made_at, 'promise', r.id, 'Promise to pay: ' || r.state, r.actor, r.account_id,
           jsonb_build_object('amount', r.amount::text, 'currency', r.currency, 'due_on', r.due_on,
               'state', r.state)
    FROM arrangements.promise r WHERE r.consumer_id = %(consumer_id)s
    UNION ALL
    SELECT h.placed_at, 'hold', 'hold-' || h.id, 'Hold placed: ' || replace(h.kind, '_', ' '),
           h.placed_by, h.account_id,
           jsonb_build_object('source', h.source, 'release_rule', h.release_rule,
               'released_at', h.released_at, 'release_reason', h.release_reason)
    FROM accounts.hold h WHERE h.consumer_id = %(consumer_id)s
    UNION ALL
    SELECT s.recorded_at, 'consent', 'consent-' || s.id,
           CASE s.state WHEN 'revoked' THEN 'Opted out of ' ELSE 'Consent to ' END || s.channel,
           s.actor, NULL, jsonb_build_object('source', s.source, 'channel', s.channel,
               'state', s.state, 'purpose', s.purpose)
    FROM accounts.consent s WHERE s.consumer_id = %(consumer_id)s
    UNION ALL
    SELECT f.recorded_at, 'circumstance', 'circumstance-' || f.id,
           'Recorded: ' || replace(f.kind, '_', ' '), f.actor, f.account_id,
           jsonb_build_object('kind', f.kind, 'on', f.held_on, 'data', f.data, 'source', f.source,
               'release_rule', f.release_rule, 'ended_at', f.ended_at, 'reason', f.end_reason,
               'contact_point_id', f.contact_point_id)
    FROM accounts.circumstance f WHERE f.consumer_id = %(consumer_id)s
    UNION ALL
    SELECT e.at, 'message', 'event-' || e.id,
           'Message received: ' || coalesce(e.data ->> 'channel', ''), e.actor, e.account_id, e.data
    FROM accounts.event e
    WHERE e.consumer_id = %(consumer_id)s AND e.kind = 'message.received'
    UNION ALL
    SELECT n.at, 'note', 'note-' || n.id, 'Note', n.actor, n.account_id,
           jsonb_build_object('body', n.body)
    FROM accounts.note n WHERE n.consumer_id = %(consumer_id)s
    UNION ALL
    SELECT v.decided_at, 'refusal', 'verdict-' || v.id,
           CASE v.decision WHEN 'defer' THEN 'Call put off: ' ELSE 'Call refused: ' END
               || v.reason_code,
           'gate', v.account_ids[1],
           jsonb_build_object('reason_code', v.reason_code, 'verdict_id', v.id,
               'earliest_allowed_at', v.earliest_allowed_at, 'attempt_id', v.attempt_id)
    FROM compliance.verdict v
    WHERE v.consumer_id = %(consumer_id)s AND v.decision <> 'allow'
)
SELECT at, kind, key, title, actor, account_id, data FROM items
WHERE at < %(before)s OR (at = %(before)s AND key < %(before_key)s)
ORDER BY at DESC, key DESC
LIMIT %(limit)s;

-- name: agent_tiles
-- The agents on the floor with the call each is in.
SELECT g.person_id, g.name, g.automatic, g.state, g.reason, g.since, g.attempt_id,
       c.given_name || ' ' || c.family_name AS consumer_name, a.number, a.answered_at
FROM routing.agent g
LEFT JOIN calls.attempt a ON a.id = g.attempt_id
LEFT JOIN accounts.consumer c ON c.id = a.consumer_id
WHERE g.state <> 'signed_out'
ORDER BY g.automatic, lower(g.name), g.person_id;

-- name: agents_by_state
-- How many agents are in each state.
SELECT state, count(*) AS agents FROM routing.agent GROUP BY state;

-- name: calls_by_phase
-- How many live calls are in each phase.
SELECT phase, count(*) AS calls FROM calls.attempt
WHERE state IN ('permitted', 'placed') GROUP BY phase;

-- name: attempt_figures
-- Counts of attempts begun since an instant.
SELECT count(*) FILTER (WHERE placed_at IS NOT NULL) AS placed,
       count(*) FILTER (WHERE answered_at IS NOT NULL) AS answered,
       count(*) FILTER (WHERE bridged_at IS NOT NULL) AS connected,
       count(*) FILTER (WHERE abandoned) AS abandoned,
       count(*) FILTER (WHERE outcome = 'machine') AS machines,
       count(*) FILTER (WHERE outcome = 'cancelled') AS cancelled
FROM calls.attempt WHERE created_at >= %(since)s;

-- name: verdict_figures
-- How many contacts the gate refused or put off since an instant.
SELECT count(*) FILTER (WHERE decision = 'deny') AS refused,
       count(*) FILTER (WHERE decision = 'defer') AS deferred
FROM compliance.verdict WHERE decided_at >= %(since)s;

-- name: promise_figure
-- Promises made since an instant.
SELECT count(*) AS promises FROM arrangements.promise WHERE made_at >= %(since)s;

-- name: money_figures
-- Payments that succeeded since an instant, by currency, less what was given back.
SELECT currency, count(*) AS payments, sum(amount - refunded) AS money FROM payments.payment
WHERE state = 'succeeded' AND settled_at >= %(since)s GROUP BY currency;

-- name: campaign_answers
-- What the gate answered about a campaign's contacts in a span, by decision and reason.
SELECT
    decision, reason_code, count(*) AS contacts, count(DISTINCT consumer_id) AS people,
    min(earliest_allowed_at) AS next_at
FROM compliance.verdict
WHERE campaign_id = %(campaign_id)s AND decided_at >= %(since)s AND decided_at <= %(until)s
GROUP BY decision, reason_code
ORDER BY contacts DESC, reason_code;

-- name: campaign_pace
-- What the dialer said last about a campaign.
SELECT because FROM dialing.pace WHERE campaign_id = %(campaign_id)s;

-- name: refusal_reasons
-- Why contacts were refused or put off since an instant, most frequent first.
SELECT reason_code, decision, count(*) AS contacts, min(earliest_allowed_at) AS earliest
FROM compliance.verdict
WHERE decided_at >= %(since)s AND decision <> 'allow'
  AND (%(campaign_id)s::bigint IS NULL OR campaign_id = %(campaign_id)s::bigint)
GROUP BY reason_code, decision ORDER BY count(*) DESC, reason_code;

-- name: campaign_rows
-- Each campaign with its pace and counts since an instant.
SELECT m.id, m.name, m.state, p.mode, p.ratio,
       coalesce(s.place, 0) AS pace, coalesce(s.because, '') AS because,
       d.waiting, d.due_now, d.withdrawn, d.done,
       a.in_flight, a.placed, a.answered, a.connected, a.abandoned,
       p.max_concurrent, p.max_per_second
FROM campaigns.campaign m
JOIN dialing.policy p ON p.campaign_id = m.id
LEFT JOIN dialing.pace s ON s.campaign_id = m.id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
           count(*) FILTER (WHERE state = 'waiting' AND due_at <= %(now)s) AS due_now,
           count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn,
           count(*) FILTER (WHERE state = 'done') AS done
    FROM dialing.due_attempt WHERE campaign_id = m.id
) d
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state IN ('permitted', 'placed')) AS in_flight,
           count(*) FILTER (WHERE placed_at IS NOT NULL) AS placed,
           count(*) FILTER (WHERE answered_at IS NOT NULL) AS answered,
           count(*) FILTER (WHERE bridged_at IS NOT NULL) AS connected,
           count(*) FILTER (WHERE abandoned) AS abandoned
    FROM calls.attempt WHERE campaign_id = m.id AND created_at >= %(since)s
) a
ORDER BY m.state = 'running' DESC, m.id DESC;

-- name: minutes
-- The minutes since an instant in which something happened.
SELECT minute AS at, sum(placed)::int AS placed, sum(answered)::int AS answered,
       sum(connected)::int AS connected, sum(abandoned)::int AS abandoned, sum(money) AS money
FROM (
    SELECT date_trunc('minute', created_at) AS minute, (placed_at IS NOT NULL)::int AS placed,
           (answered_at IS NOT NULL)::int AS answered, (bridged_at IS NOT NULL)::int AS connected,
           abandoned::int AS abandoned, 0::numeric AS money
    FROM calls.attempt WHERE created_at >= %(since)s
    UNION ALL
    SELECT date_trunc('minute', settled_at), 0, 0, 0, 0, amount - refunded
    FROM payments.payment WHERE state = 'succeeded' AND settled_at >= %(since)s
) happened
GROUP BY minute ORDER BY minute;

-- name: load
-- How many calls were under way, and how many in conversation, at instants in regular steps.
SELECT moment AS at,
       count(a.id) FILTER (WHERE a.placed_at <= moment
                             AND (a.ended_at IS NULL OR a.ended_at > moment)) AS in_flight,
       count(a.id) FILTER (WHERE a.bridged_at <= moment
                             AND (a.ended_at IS NULL OR a.ended_at > moment)) AS talking
FROM generate_series(%(since)s::timestamptz, %(now)s::timestamptz, %(step)s::interval) moment
LEFT JOIN calls.attempt a
    ON a.placed_at <= moment AND a.created_at >= %(since)s::timestamptz - interval '1 hour'
   AND (a.ended_at IS NULL OR a.ended_at > moment)
GROUP BY moment ORDER BY moment;

-- name: last_decisions
-- The newest verdicts with the names of those concerned.
SELECT v.id AS verdict_id, v.attempt_id, v.consumer_id,
       c.given_name || ' ' || c.family_name AS consumer_name, v.decision, v.reason_code,
       coalesce((SELECT f ->> 'words' FROM json_array_elements(v.findings) f
                 WHERE f ->> 'reason_code' = v.reason_code AND NOT (f ->> 'passed')::boolean
                 LIMIT 1), '') AS words,
       v.decided_at, v.earliest_allowed_at
FROM compliance.verdict v JOIN accounts.consumer c ON c.id = v.consumer_id
WHERE (%(decision)s::text IS NULL OR v.decision = %(decision)s::text)
  AND (%(reason_code)s::text IS NULL OR v.reason_code = %(reason_code)s::text)
  AND (%(consumer_id)s::bigint IS NULL OR v.consumer_id = %(consumer_id)s::bigint)
  AND (%(attempt_id)s::text IS NULL OR v.attempt_id = %(attempt_id)s::text)
  AND (%(after)s::bigint IS NULL OR v.id < %(after)s::bigint)
ORDER BY v.id DESC LIMIT %(limit)s;

-- name: screen_of_agent
-- The call an agent is in or has still to dispose of.
SELECT a.id AS attempt_id, a.consumer_id, m.name AS campaign_name, m.script, a.notice, a.phase,
       a.state, a.number, a.caller_id, a.answered_at, a.bridged_at, a.ended_at, a.outcome,
       a.disposition
FROM routing.agent g
JOIN calls.attempt a ON a.id = g.attempt_id
LEFT JOIN campaigns.campaign m ON m.id = a.campaign_id
WHERE g.person_id = %(person_id)s AND g.state IN ('talking', 'wrap_up')
  AND a.bridged_at IS NOT NULL;

-- name: stale_starts
-- Attempts that were placed although a payment, hold or opt-out had committed before.
SELECT a.id FROM calls.attempt a
WHERE a.placed_at IS NOT NULL AND a.cancel_requested_at IS NOT NULL
  AND a.placed_at > a.cancel_requested_at;

-- name: calls_after_payment
-- Attempts permitted at a moment when nothing was owed any more on any of their accounts.
SELECT a.id FROM calls.attempt a
WHERE a.cancel_requested_at IS NULL AND a.notice IS NULL AND NOT EXISTS (
    SELECT FROM unnest(a.account_ids) AS account (id)
    JOIN ledger.entry e ON e.account_id = account.id AND e.posted_at <= a.created_at
    JOIN ledger.posting g ON g.entry_id = e.id
    WHERE g.book NOT IN ('placed', 'cash', 'accrued', 'adjusted', 'written_off')
    GROUP BY account.id HAVING sum(g.amount) > 0
);

-- name: attempts_without_permit
-- Attempts that no permit allowed, or that a refusing verdict stands behind.
SELECT a.id FROM calls.attempt a
LEFT JOIN compliance.permit p ON p.attempt_id = a.id
LEFT JOIN compliance.verdict v ON v.id = a.verdict_id
WHERE p.attempt_id IS NULL OR v.decision IS DISTINCT FROM 'allow'
   OR (a.placed_at IS NOT NULL AND p.used_at IS NULL);

-- name: doubled_live_attempts
-- People with two live calls at once.
SELECT consumer_id AS id FROM calls.attempt WHERE state IN ('permitted', 'placed')
GROUP BY consumer_id HAVING count(*) > 1;

-- name: unreserved_contacts
-- Attempts that the contact log does not count.
SELECT a.id FROM calls.attempt a LEFT JOIN compliance.contact c ON c.attempt_id = a.id
WHERE c.attempt_id IS NULL;

-- name: open_contacts_of_closed_attempts
-- Closed attempts whose contact was not; a conversation's is open until it is disposed of.
SELECT a.id FROM calls.attempt a JOIN compliance.contact c ON c.attempt_id = a.id
WHERE a.state = 'closed' AND c.closed_at IS NULL;

-- name: payments_without_posting
-- Succeeded payments that are not in the ledger exactly once with their amount.
SELECT y.id FROM payments.payment y
WHERE y.state = 'succeeded' AND (
    SELECT coalesce(sum(g.amount), 0) FROM ledger.entry e
    JOIN ledger.posting g ON g.entry_id = e.id AND g.book = 'cash'
    WHERE e.account_id = y.account_id AND e.kind = 'payment'
      AND e.cause = 'payment:' || y.id
) <> y.amount;

-- name: postings_without_payment
-- Payment entries of ours whose payment did not succeed.
SELECT e.id FROM ledger.entry e
LEFT JOIN payments.payment y ON e.cause = 'payment:' || y.id
WHERE e.kind = 'payment' AND e.cause LIKE 'payment:%%'
  AND y.state IS DISTINCT FROM 'succeeded';

-- name: daily_cap_breaches
-- People who were placed more than seven countable calls about one debt in seven days.
SELECT c.attempt_id AS id FROM compliance.contact c
CROSS JOIN LATERAL unnest(c.account_ids) AS account (id)
WHERE c.medium = 'call' AND c.direction = 'out' AND c.reach >= 2 AND (
    SELECT count(*) FROM compliance.contact o
    WHERE o.consumer_id = c.consumer_id AND o.account_ids @> ARRAY[account.id]
      AND o.medium = 'call' AND o.direction = 'out' AND o.reach >= 2
      AND o.placed_at > c.placed_at - interval '7 days' AND o.placed_at <= c.placed_at
) > 7;

-- name: under_way
-- How many calls, dispositions of automatic agents and payments are still under way.
SELECT (SELECT count(*) FROM calls.attempt
        WHERE state IN ('permitted', 'placed'))
     + (SELECT count(*) FROM calls.attempt a JOIN routing.agent g ON g.person_id = a.agent_id
        WHERE a.state = 'ended' AND g.automatic)
     + (SELECT count(*) FROM payments.payment
        WHERE state IN ('initiated', 'submitted') AND method_token IS NOT NULL) AS things;
