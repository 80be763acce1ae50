-- name: claim
-- Take the next due attempts of a campaign and the account locks of their people, leaving those
-- that somebody else holds; one row for each good number, in order of use.
WITH due AS MATERIALIZED (
    SELECT *
    FROM dialing.due_attempt
    WHERE campaign_id = %(campaign_id)s AND state = 'waiting' AND due_at <= %(now)s
    ORDER BY priority DESC, due_at, id
    LIMIT %(limit)s
    FOR NO KEY UPDATE SKIP LOCKED
), person AS MATERIALIZED (
    SELECT id, guardian_id, country || '-' || region AS region
    FROM accounts.consumer
    WHERE id = ANY (ARRAY(SELECT consumer_id FROM due))
    ORDER BY id
    FOR NO KEY UPDATE SKIP LOCKED
)
SELECT
    due.id, due.campaign_id, due.consumer_id, due.account_ids, due.contact_point_id, due.state,
    due.due_at, due.priority, due.tries, person.guardian_id, person.region,
    point.id AS point_id, point.value AS number
FROM due
JOIN person ON person.id = due.consumer_id
LEFT JOIN accounts.contact_point point
    ON point.consumer_id = due.consumer_id AND point.kind = 'phone' AND point.status = 'active'
ORDER BY due.priority DESC, due.due_at, due.id, point.position, point.id;

-- name: settle
-- Write what becomes of due attempts; the lists are parallel.
UPDATE dialing.due_attempt d SET
    state = r.state,
    due_at = r.due_at::timestamptz,
    contact_point_id = r.contact_point_id,
    tries = r.tries,
    last_attempt_id = COALESCE(r.last_attempt_id, d.last_attempt_id),
    reason = COALESCE(r.reason, ''),
    updated_at = %(now)s
FROM unnest(
    %(due_ids)s::bigint[], string_to_array(%(states)s, chr(30)),
    string_to_array(%(due_at)s, chr(30)), %(contact_point_ids)s::bigint[],
    %(tries)s::integer[], string_to_array(%(last_attempt_ids)s, chr(30), ''),
    string_to_array(%(reasons)s, chr(30), '')
) AS r (due_id, state, due_at, contact_point_id, tries, last_attempt_id, reason)
WHERE d.id = r.due_id;

-- name: due_locked
-- One due attempt with the person's good numbers, one row each, held until the transaction ends.
SELECT
    due.id, due.campaign_id, due.consumer_id, due.account_ids, due.contact_point_id, due.state,
    due.due_at, due.priority, due.tries, NULL::bigint AS guardian_id, '' AS region,
    point.id AS point_id, point.value AS number
FROM dialing.due_attempt due
LEFT JOIN accounts.contact_point point
    ON point.consumer_id = due.consumer_id AND point.kind = 'phone' AND point.status = 'active'
WHERE due.id = %(due_id)s
ORDER BY point.position, point.id
FOR NO KEY UPDATE OF due;

-- name: same_outcome
-- How often a due attempt's calls ended with this outcome.
SELECT count(*) AS times
FROM calls.attempt
WHERE due_attempt_id = %(due_id)s AND outcome = %(outcome)s;

-- name: hosts_to_ask
-- Which accounts among the next due live in a host that has not answered just now.
SELECT DISTINCT a.id
FROM (
    SELECT account_ids
    FROM dialing.due_attempt
    WHERE campaign_id = %(campaign_id)s AND state = 'waiting' AND due_at <= %(now)s
    ORDER BY priority DESC, due_at, id
    LIMIT %(limit)s
) AS due
JOIN accounts.account a ON a.id = ANY (due.account_ids)
WHERE a.host_id IS NOT NULL
    AND (a.host_checked_at IS NULL OR a.host_checked_at < %(fresh_since)s)
ORDER BY a.id;

-- name: withdraw
-- Take back what is due to a person; ``account_id`` narrows it to contact about that debt.
UPDATE dialing.due_attempt SET state = 'withdrawn', reason = %(reason)s, updated_at = %(now)s
WHERE consumer_id = %(consumer_id)s AND state = 'waiting'
    AND (%(account_id)s::bigint IS NULL OR %(account_id)s = ANY (account_ids));

-- name: withdraw_numberless
-- Take back what is due to a person by this number, unless another good number is left.
UPDATE dialing.due_attempt d SET state = 'withdrawn', reason = %(reason)s, updated_at = %(now)s
WHERE d.consumer_id = %(consumer_id)s AND d.state = 'waiting'
    AND NOT EXISTS (
        SELECT FROM accounts.contact_point p
        WHERE p.consumer_id = d.consumer_id AND p.kind = 'phone' AND p.status = 'active'
            AND p.id <> %(contact_point_id)s
    );

-- name: set_policy
-- Write what a campaign asks of the dialer; its version rises.
INSERT INTO dialing.policy (
    campaign_id, running, mode, ratio, max_concurrent, max_per_second, trunk, caller_ids,
    ring_seconds, amd, hours, retry, max_attempts, rest_days, abandon_prompt, caller_strategy,
    sticky_days, purpose
) VALUES (
    %(campaign_id)s, %(running)s, %(mode)s, %(ratio)s, %(max_concurrent)s, %(max_per_second)s,
    %(trunk)s, %(caller_ids)s, %(ring_seconds)s, %(amd)s, %(hours)s, %(retry)s,
    %(max_attempts)s, %(rest_days)s, %(abandon_prompt)s, %(caller_strategy)s, %(sticky_days)s,
    %(purpose)s
)
ON CONFLICT (campaign_id) DO UPDATE SET
    running = EXCLUDED.running, mode = EXCLUDED.mode, ratio = EXCLUDED.ratio,
    max_concurrent = EXCLUDED.max_concurrent, max_per_second = EXCLUDED.max_per_second,
    trunk = EXCLUDED.trunk, caller_ids = EXCLUDED.caller_ids,
    ring_seconds = EXCLUDED.ring_seconds, amd = EXCLUDED.amd, hours = EXCLUDED.hours,
    retry = EXCLUDED.retry, max_attempts = EXCLUDED.max_attempts,
    rest_days = EXCLUDED.rest_days, abandon_prompt = EXCLUDED.abandon_prompt,
    caller_strategy = EXCLUDED.caller_strategy, sticky_days = EXCLUDED.sticky_days,
    purpose = EXCLUDED.purpose,
    version = dialing.policy.version + 1
RETURNING *;

-- name: policies
-- What every campaign asks of the dialer.
SELECT * FROM dialing.policy ORDER BY campaign_id;

-- name: policy
-- What one campaign asks of the dialer.
SELECT * FROM dialing.policy WHERE campaign_id = %(campaign_id)s;

-- name: add_trunk
-- Add a trunk, or renew a known one.
INSERT INTO dialing.trunk (name, endpoint, max_concurrent, max_per_second)
VALUES (%(name)s, %(endpoint)s, %(max_concurrent)s, %(max_per_second)s)
ON CONFLICT (name) DO UPDATE SET
    endpoint = EXCLUDED.endpoint, max_concurrent = EXCLUDED.max_concurrent,
    max_per_second = EXCLUDED.max_per_second, active = true;

-- name: trunks
-- The trunks in use.
SELECT name, endpoint, max_concurrent, max_per_second FROM dialing.trunk WHERE active ORDER BY name;

-- name: load
-- Make these people due. A waiting one keeps its place; a withdrawn one that has rested returns.
-- rows is a JSON array of Member values.
INSERT INTO dialing.due_attempt AS d (
    campaign_id, consumer_id, account_ids, contact_point_id, state, due_at, priority, updated_at
)
SELECT
    %(campaign_id)s, r.consumer_id, r.account_ids, r.contact_point_id, 'waiting', %(now)s,
    r.priority, %(now)s
FROM jsonb_populate_recordset(NULL::dialing.due_attempt, %(rows)s) AS r
ORDER BY r.consumer_id
ON CONFLICT (campaign_id, consumer_id) DO UPDATE SET
    account_ids = EXCLUDED.account_ids,
    priority = EXCLUDED.priority,
    state = 'waiting',
    due_at = CASE WHEN d.state = 'waiting' THEN d.due_at ELSE %(now)s END,
    contact_point_id = CASE
        WHEN d.state = 'waiting' THEN d.contact_point_id ELSE EXCLUDED.contact_point_id
    END,
    reason = CASE WHEN d.state = 'waiting' THEN d.reason ELSE '' END,
    updated_at = %(now)s
WHERE (
    d.state = 'waiting'
    AND (d.account_ids <> EXCLUDED.account_ids OR d.priority <> EXCLUDED.priority)
) OR (d.state = 'withdrawn' AND d.updated_at <= %(rested_since)s)
RETURNING (xmax = 0) AS added, state;

-- name: candidates
-- Which members a refresh would put on the list: new ones, and withdrawn ones that have rested.
-- One row for each good number, in order of use.
SELECT member.consumer_id, point.id AS point_id, point.value AS number
FROM unnest(%(consumer_ids)s::bigint[]) AS member (consumer_id)
LEFT JOIN dialing.due_attempt d
    ON d.campaign_id = %(campaign_id)s AND d.consumer_id = member.consumer_id
JOIN accounts.contact_point point
    ON point.consumer_id = member.consumer_id AND point.kind = 'phone'
        AND point.status = 'active'
WHERE d.id IS NULL OR (d.state = 'withdrawn' AND d.updated_at <= %(rested_since)s)
ORDER BY member.consumer_id, point.position, point.id;

-- name: set_aside
-- Keep people who may not be contacted at all off the list, with the reason of each; they are
-- looked at again once they have rested. rows is a JSON array of Member values with reasons.
INSERT INTO dialing.due_attempt AS d (
    campaign_id, consumer_id, account_ids, contact_point_id, state, due_at, priority, reason,
    updated_at
)
SELECT
    %(campaign_id)s, r.consumer_id, r.account_ids, r.contact_point_id, 'withdrawn', %(now)s,
    r.priority, r.reason, %(now)s
FROM jsonb_populate_recordset(NULL::dialing.due_attempt, %(rows)s) AS r
ORDER BY r.consumer_id
ON CONFLICT (campaign_id, consumer_id) DO UPDATE SET
    account_ids = EXCLUDED.account_ids, contact_point_id = EXCLUDED.contact_point_id,
    reason = EXCLUDED.reason, updated_at = %(now)s
WHERE d.state = 'withdrawn';

-- name: set_aside_because
-- How many people of a campaign are kept off the list, by reason.
SELECT substr(reason, 6) AS reason_code, count(*) AS people
FROM dialing.due_attempt
WHERE campaign_id = %(campaign_id)s AND state = 'withdrawn' AND starts_with(reason, 'LOAD:')
GROUP BY reason
ORDER BY people DESC, reason_code;

-- name: leave
-- Withdraw who is waiting in a campaign within a range of people and is not among its members.
UPDATE dialing.due_attempt SET
    state = 'withdrawn', reason = 'NOT_A_MEMBER', updated_at = %(now)s
WHERE campaign_id = %(campaign_id)s AND state = 'waiting'
    AND consumer_id > %(after)s
    AND (%(until)s::bigint IS NULL OR consumer_id <= %(until)s)
    AND NOT consumer_id = ANY (%(members)s);

-- name: counts
-- How many due attempts of a campaign are in each state, and when the next is due.
SELECT state, count(*) AS number, min(due_at) AS next_at
FROM dialing.due_attempt
WHERE campaign_id = %(campaign_id)s
GROUP BY state;

-- name: rates
-- Per campaign since an instant: people who got an agent or none, and those who got none.
SELECT
    campaign_id,
    count(*) FILTER (WHERE abandoned OR outcome = 'conversation') AS answered,
    count(*) FILTER (WHERE abandoned) AS abandoned
FROM calls.attempt
WHERE campaign_id = ANY (%(campaign_ids)s) AND created_at >= %(since)s AND outcome IS NOT NULL
GROUP BY campaign_id;

-- name: due_now
-- How many people of each campaign are due now, counted up to a limit.
SELECT c.campaign_id, (
    SELECT count(*) FROM (
        SELECT FROM dialing.due_attempt d
        WHERE d.campaign_id = c.campaign_id AND d.state = 'waiting' AND d.due_at <= %(now)s
        LIMIT %(limit)s
    ) AS counted
) AS number
FROM unnest(%(campaign_ids)s::bigint[]) AS c (campaign_id);

-- name: past_lines
-- What became of the latest lines of a campaign, latest first: after how many seconds, and whether
-- a person was there.
SELECT
    extract(epoch FROM COALESCE(greeting_ended_at, answered_at, ended_at) - placed_at)::float AS age,
    abandoned OR outcome = 'conversation' AS answered
FROM calls.attempt
WHERE campaign_id = %(campaign_id)s AND placed_at IS NOT NULL AND ended_at IS NOT NULL
    AND outcome NOT IN ('cancelled', 'interrupted')
ORDER BY created_at DESC
LIMIT %(limit)s;

-- name: past_talks
-- How long the latest conversations of a campaign lasted in seconds, latest first.
SELECT extract(epoch FROM ended_at - bridged_at)::float AS seconds
FROM calls.attempt
WHERE campaign_id = %(campaign_id)s AND bridged_at IS NOT NULL AND ended_at IS NOT NULL
ORDER BY created_at DESC
LIMIT %(limit)s;

-- name: tallies
-- Per campaign and country, since the window in force there began: people who found no agent in
-- time, those who were passed to one, machines that agents coded, and calls taken for machines.
SELECT
    attempt.campaign_id, consumer.country,
    count(*) FILTER (WHERE attempt.abandoned) AS abandoned,
    count(*) FILTER (
        WHERE attempt.outcome = 'conversation' AND attempt.disposition IS DISTINCT FROM 'machine'
            AND NOT attempt.abandoned
    ) AS live,
    count(*) FILTER (
        WHERE attempt.outcome = 'conversation' AND attempt.disposition = 'machine'
    ) AS machines,
    count(*) FILTER (WHERE attempt.amd_verdict = 'machine') AS taken
FROM calls.attempt attempt
JOIN accounts.consumer consumer ON consumer.id = attempt.consumer_id
LEFT JOIN unnest(%(countries)s::text[], %(begins)s::timestamptz[]) AS counted (country, since)
    ON counted.country = consumer.country
WHERE attempt.campaign_id = ANY (%(campaign_ids)s) AND attempt.created_at >= %(earliest)s
    AND attempt.created_at >= COALESCE(counted.since, %(since)s)
    AND attempt.outcome IS NOT NULL
GROUP BY attempt.campaign_id, consumer.country
ORDER BY attempt.campaign_id, consumer.country;

-- name: record_pace
-- Note the last pace of a campaign for the floor.
INSERT INTO dialing.pace (campaign_id, at, place, because, snapshot)
VALUES (%(campaign_id)s, %(now)s, %(place)s, %(because)s, %(snapshot)s)
ON CONFLICT (campaign_id) DO UPDATE SET
    at = EXCLUDED.at, place = EXCLUDED.place, because = EXCLUDED.because,
    snapshot = EXCLUDED.snapshot;

-- name: take_lease
-- Try to become the one engine of a node; held as long as this connection lives.
SELECT pg_try_advisory_lock(hashtextextended('goodterms.node.' || %(node)s, 0)) AS held;

-- name: keep_lease
-- Tell whether this connection still holds a node.
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
) AS held;
