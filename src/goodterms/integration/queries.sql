-- name: host_accounts
-- Those of the accounts that live in a host system in use, with their host and currency.
SELECT a.id AS account_id, a.consumer_id, a.currency, a.host_reference,
       h.id, h.name, h.url, h.secret, h.timeout_ms, h.active
FROM accounts.account a JOIN accounts.host h ON h.id = a.host_id
WHERE a.id = ANY (%(account_ids)s::bigint[]) AND h.active AND a.host_reference IS NOT NULL
ORDER BY a.consumer_id, a.id;

-- name: host_ignorant
-- Tell whether money moved on an account that its host has not taken note of yet; what the host
-- told itself it knows.
SELECT EXISTS (
    SELECT FROM accounts.event e
    WHERE e.consumer_id = %(consumer_id)s AND e.account_id = %(account_id)s
      AND e.kind IN ('payment.succeeded', 'payment.refunded', 'payment.returned')
      AND e.actor <> %(host_actor)s AND e.at > %(since)s
      AND NOT EXISTS (
          SELECT FROM integration.delivery d
          JOIN integration.receiver r ON r.id = d.receiver_id
          WHERE r.host_id = %(host_id)s AND d.event_id = e.id AND d.state = 'delivered'
      )
) AS ignorant;

-- name: receiver_for_hosts
-- Make sure that every host in use is a receiver; it is told from its beginning.
INSERT INTO integration.receiver (host_id, kinds, created_by, created_at)
SELECT h.id, ARRAY['*'], 'system:worker', %(now)s FROM accounts.host h
WHERE h.active AND NOT EXISTS (SELECT FROM integration.receiver r WHERE r.host_id = h.id)
ON CONFLICT (host_id) DO NOTHING;

-- name: receiver_add
-- Add an integrator's webhook; it is told what happens from now on, and what is still open now.
INSERT INTO integration.receiver (url, secret, kinds, cursor_tx, created_by, created_at)
VALUES (%(url)s, %(secret)s, %(kinds)s::text[], pg_snapshot_xmin(pg_current_snapshot()),
        %(actor)s, %(now)s)
RETURNING id;

-- name: receivers
-- List receivers with the counts of what waits and what was given up.
SELECT r.id, h.name AS host_name, COALESCE(r.url, h.url) AS url, r.kinds, r.active, r.tries,
       r.failing_since, r.next_try_at, r.created_by, r.created_at,
       (SELECT count(*) FROM integration.delivery d
        WHERE d.receiver_id = r.id AND d.state = 'waiting') AS waiting,
       (SELECT count(*) FROM integration.delivery d
        WHERE d.receiver_id = r.id AND d.state = 'given_up') AS given_up
FROM integration.receiver r LEFT JOIN accounts.host h ON h.id = r.host_id
WHERE %(id)s::bigint IS NULL OR r.id = %(id)s::bigint
ORDER BY r.id;

-- name: receiver_secret
-- Read where a receiver is told and what its messages are signed with.
SELECT r.id, COALESCE(r.url, h.url || '/events') AS url, COALESCE(r.secret, h.secret) AS secret,
       r.tries
FROM integration.receiver r LEFT JOIN accounts.host h ON h.id = r.host_id
WHERE r.id = %(id)s::bigint;

-- name: receiver_change
-- Change an integrator's webhook; what is not given stays. Waking it forgets its failures.
UPDATE integration.receiver
SET url = COALESCE(%(url)s::text, url),
    kinds = COALESCE(%(kinds)s::text[], kinds),
    active = COALESCE(%(active)s::boolean, active),
    tries = 0, failing_since = NULL, next_try_at = NULL
WHERE id = %(id)s::bigint AND host_id IS NULL RETURNING id;

-- name: receiver_claim
-- Lease one receiver that has something waiting and may be tried now.
UPDATE integration.receiver SET busy_until = %(busy_until)s
WHERE id = (
    SELECT r.id FROM integration.receiver r
    WHERE r.active AND (r.busy_until IS NULL OR r.busy_until <= %(now)s::timestamptz)
        AND (r.next_try_at IS NULL OR r.next_try_at <= %(now)s::timestamptz)
        AND NOT (r.id = ANY (%(done)s::bigint[]))
        AND EXISTS (SELECT FROM integration.delivery d
                    WHERE d.receiver_id = r.id AND d.state = 'waiting')
    ORDER BY r.id FOR UPDATE SKIP LOCKED LIMIT 1
)
RETURNING id;

-- name: receiver_took
-- Note that a receiver took a message, and keep its lease.
UPDATE integration.receiver
SET tries = 0, failing_since = NULL, next_try_at = NULL, busy_until = %(busy_until)s
WHERE id = %(id)s;

-- name: receiver_failed
-- Note that a receiver did not take a message, and when it is tried again.
UPDATE integration.receiver
SET tries = tries + 1, failing_since = COALESCE(failing_since, %(now)s),
    next_try_at = %(next_try_at)s, busy_until = NULL, active = active AND NOT %(gone)s::boolean
WHERE id = %(id)s;

-- name: receiver_release
-- End a lease.
UPDATE integration.receiver SET busy_until = NULL WHERE id = %(id)s;

-- name: fan_out_lock
-- Lock the receivers nobody else is turning events into deliveries for.
SELECT id, host_id, kinds, cursor_tx::text AS cursor_tx, cursor_id FROM integration.receiver
WHERE active ORDER BY id FOR UPDATE SKIP LOCKED;

-- name: fan_out_end
-- The last event of this round: at most so many after the cursor, of finished transactions only.
SELECT tx::text AS tx, id FROM (
    SELECT tx, id FROM accounts.event
    WHERE (tx, id) > (%(cursor_tx)s::text::xid8, %(cursor_id)s::bigint)
        AND tx < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY tx, id LIMIT %(limit)s::int
) part ORDER BY tx DESC, id DESC LIMIT 1;

-- name: fan_out_webhook
-- Turn the events up to a place into deliveries of the kinds a webhook wants.
INSERT INTO integration.delivery (receiver_id, event_id, body, state, created_at)
SELECT %(receiver_id)s::bigint, e.id,
    jsonb_build_object(
        'type', e.kind, 'timestamp', e.at,
        'data', e.data || jsonb_strip_nulls(jsonb_build_object(
            'event_id', e.id, 'actor', e.actor, 'consumer_id', e.consumer_id,
            'consumer_reference', c.reference, 'account_id', e.account_id,
            'account_reference', a.reference, 'creditor_reference', r.reference,
            'attempt_id', e.attempt_id, 'campaign_id', e.campaign_id))),
    'waiting', %(now)s
FROM accounts.event e
LEFT JOIN accounts.consumer c ON c.id = e.consumer_id
LEFT JOIN accounts.account a ON a.id = e.account_id
LEFT JOIN accounts.creditor r ON r.id = a.creditor_id
WHERE (e.tx, e.id) > (%(cursor_tx)s::text::xid8, %(cursor_id)s::bigint)
    AND (e.tx, e.id) <= (%(end_tx)s::text::xid8, %(end_id)s::bigint)
    AND EXISTS (
        SELECT FROM unnest(%(kinds)s::text[]) AS kind
        WHERE kind IN ('*', e.kind)
            OR (right(kind, 2) = '.*' AND starts_with(e.kind, left(kind, -1)))
    )
ORDER BY e.tx, e.id
ON CONFLICT (receiver_id, event_id) DO NOTHING;

-- name: fan_out_host
-- Turn the events up to a place into deliveries to a host: those about its accounts or the people
-- who owe on them, except what it said itself.
INSERT INTO integration.delivery (receiver_id, event_id, body, state, created_at)
SELECT %(receiver_id)s::bigint, e.id,
    jsonb_build_object(
        'type', e.kind, 'timestamp', e.at,
        'data', e.data || jsonb_strip_nulls(jsonb_build_object(
            'event_id', e.id, 'actor', e.actor, 'attempt_id', e.attempt_id,
            'host_references', owned.host_references))),
    'waiting', %(now)s
FROM accounts.event e
JOIN accounts.host h ON h.id = %(host_id)s::bigint
JOIN LATERAL (
    SELECT jsonb_agg(a.host_reference ORDER BY a.id) AS host_references
    FROM accounts.account a
    WHERE a.host_id = h.id AND a.host_reference IS NOT NULL
        AND (a.id = e.account_id OR (e.account_id IS NULL AND a.consumer_id = e.consumer_id))
) owned ON owned.host_references IS NOT NULL
WHERE (e.tx, e.id) > (%(cursor_tx)s::text::xid8, %(cursor_id)s::bigint)
    AND (e.tx, e.id) <= (%(end_tx)s::text::xid8, %(end_id)s::bigint)
    AND e.actor <> 'host:' || h.name
ORDER BY e.tx, e.id
ON CONFLICT (receiver_id, event_id) DO NOTHING;

-- name: fan_out_move
-- Move a receiver's cursor.
UPDATE integration.receiver
SET cursor_tx = %(end_tx)s::text::xid8, cursor_id = %(end_id)s WHERE id = %(receiver_id)s;

-- name: events_after
-- Read the stream after a place, of finished transactions only, so that nothing appears later
-- before the place a reader has reached.
SELECT id, tx::text AS tx, at, kind, consumer_id, account_id, attempt_id, campaign_id, actor, data
FROM accounts.event
WHERE (tx, id) > (%(cursor_tx)s::text::xid8, %(cursor_id)s::bigint)
    AND tx < pg_snapshot_xmin(pg_current_snapshot())
    AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s::text[]))
ORDER BY tx, id LIMIT %(limit)s::int;

-- name: delivery_next
-- The oldest delivery that waits for a receiver.
SELECT id, event_id, body, created_at FROM integration.delivery
WHERE receiver_id = %(receiver_id)s::bigint AND state = 'waiting' ORDER BY id LIMIT 1;

-- name: delivery_took
-- Close a delivery that was taken.
UPDATE integration.delivery
SET state = 'delivered', tries = tries + 1, last_status = %(status)s, last_error = '',
    delivered_at = %(now)s
WHERE id = %(id)s::bigint;

-- name: delivery_failed
-- Note a try that failed.
UPDATE integration.delivery
SET tries = tries + 1, last_status = %(status)s, last_error = %(error)s
WHERE id = %(id)s::bigint;

-- name: delivery_give_up
-- Give up what waited too long for a receiver that does not take it.
UPDATE integration.delivery SET state = 'given_up'
WHERE receiver_id = %(receiver_id)s::bigint AND state = 'waiting'
    AND created_at <= %(older_than)s::timestamptz
RETURNING id;

-- name: delivery_again
-- Let given-up deliveries of a receiver wait again.
UPDATE integration.delivery SET state = 'waiting', created_at = %(now)s
WHERE receiver_id = %(receiver_id)s::bigint AND state = 'given_up' RETURNING id;

-- name: deliveries
-- Read a receiver's deliveries backwards from a place.
SELECT id, receiver_id, event_id, state, tries, created_at, last_status, last_error, delivered_at
FROM integration.delivery
WHERE receiver_id = %(receiver_id)s::bigint
    AND (%(state)s::text IS NULL OR state = %(state)s::text)
    AND (%(before)s::bigint IS NULL OR id < %(before)s::bigint)
ORDER BY id DESC LIMIT %(limit)s::int;

-- name: deliveries_forget
-- Forget what was delivered long ago.
DELETE FROM integration.delivery WHERE state = 'delivered' AND delivered_at < %(older_than)s;

-- name: request_begin
-- Remember that a request began, also in place of one that was killed; nothing comes back when
-- another with the same key is under way or done.
INSERT INTO integration.idempotency (actor, key, request_hash, created_at)
VALUES (%(actor)s, %(key)s, %(request_hash)s, %(now)s)
ON CONFLICT (actor, key) DO UPDATE SET created_at = excluded.created_at
WHERE integration.idempotency.status IS NULL
    AND integration.idempotency.request_hash = excluded.request_hash
    AND integration.idempotency.created_at <= %(killed_before)s::timestamptz
RETURNING key;

-- name: request_read
-- Read what is known of a request by its key.
SELECT request_hash, status, body FROM integration.idempotency
WHERE actor = %(actor)s AND key = %(key)s;

-- name: request_end
-- Remember the answer.
UPDATE integration.idempotency SET status = %(status)s, body = %(body)s
WHERE actor = %(actor)s AND key = %(key)s;

-- name: request_forget
-- Forget a request that failed, so that it can be sent again.
DELETE FROM integration.idempotency
WHERE actor = %(actor)s AND key = %(key)s AND status IS NULL;

-- name: requests_forget
-- Forget answers nobody will ask for again.
DELETE FROM integration.idempotency WHERE created_at < %(older_than)s;
