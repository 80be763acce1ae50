-- name: insert_payment
-- Record a payment attempt; an id that is there already returns no row.
INSERT INTO payments.payment
    (id, account_id, consumer_id, amount, currency, processor, method_token, method_label,
     channel, attempt_id, quote_id, state, actor, created_at, next_check_at)
VALUES
    (%(id)s, %(account_id)s, %(consumer_id)s, %(amount)s, %(currency)s, %(processor)s,
     %(method_token)s, %(method_label)s, %(channel)s, %(attempt_id)s, %(quote_id)s, %(state)s,
     %(actor)s, %(created_at)s, %(next_check_at)s)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: payment
-- Read one payment attempt.
SELECT id, account_id, consumer_id, amount, currency, processor, method_token, method_label,
       channel, attempt_id, quote_id, state, processor_reference, decline_code, message, refunded,
       actor, created_at, submitted_at, settled_at, checks, next_check_at
FROM payments.payment
WHERE id = %(id)s;

-- name: payments_of_consumer
-- Read a consumer's payment attempts, newest first.
SELECT id, account_id, consumer_id, amount, currency, processor, method_token, method_label,
       channel, attempt_id, quote_id, state, processor_reference, decline_code, message, refunded,
       actor, created_at, submitted_at, settled_at, checks, next_check_at
FROM payments.payment
WHERE consumer_id = %(consumer_id)s
ORDER BY created_at DESC, id DESC;

-- name: save_payment
-- Write what became of a payment attempt; its writer holds the account lock.
UPDATE payments.payment SET
    state = %(state)s,
    processor_reference = %(processor_reference)s,
    decline_code = %(decline_code)s,
    message = %(message)s,
    refunded = %(refunded)s,
    submitted_at = %(submitted_at)s,
    settled_at = %(settled_at)s,
    next_check_at = %(next_check_at)s
WHERE id = %(id)s;

-- name: pending
-- Sum what payments by token may still take from an account. Pages that nobody may ever finish
-- are left out: they would keep a consumer who starts over from paying.
SELECT coalesce(sum(amount), 0) AS amount
FROM payments.payment
WHERE account_id = %(account_id)s AND method_token IS NOT NULL
  AND state IN ('initiated', 'submitted', 'unknown');

-- name: declined
-- When a method was declined for an account since an instant, the latest first.
SELECT settled_at FROM payments.payment
WHERE account_id = %(account_id)s AND method_token = %(method_token)s AND state = 'declined'
    AND settled_at >= %(since)s
ORDER BY settled_at DESC;

-- name: claim_payment_checks
-- Take payments whose outcome is overdue, so that no other worker asks at the same time.
UPDATE payments.payment SET
    checks = checks + 1,
    next_check_at = %(lease_until)s
WHERE id IN (
    SELECT id FROM payments.payment
    WHERE state IN ('initiated', 'submitted', 'unknown') AND next_check_at <= %(now)s
    ORDER BY next_check_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING id;

-- name: insert_refund
-- Record a refund; an id that is there already returns no row.
INSERT INTO payments.refund
    (id, payment_id, amount, reason, state, actor, created_at, next_check_at)
VALUES
    (%(id)s, %(payment_id)s, %(amount)s, %(reason)s, %(state)s, %(actor)s, %(created_at)s,
     %(next_check_at)s)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: refund
-- Read one refund with its payment's currency.
SELECT r.id, r.payment_id, r.amount, p.currency, r.reason, r.state, r.processor_reference,
       r.message, r.actor, r.created_at, r.settled_at, r.checks, r.next_check_at
FROM payments.refund r
JOIN payments.payment p ON p.id = r.payment_id
WHERE r.id = %(id)s;

-- name: refunds_of_payment
-- Read a payment's refunds, oldest first.
SELECT r.id, r.payment_id, r.amount, p.currency, r.reason, r.state, r.processor_reference,
       r.message, r.actor, r.created_at, r.settled_at, r.checks, r.next_check_at
FROM payments.refund r
JOIN payments.payment p ON p.id = r.payment_id
WHERE r.payment_id = %(payment_id)s
ORDER BY r.created_at, r.id;

-- name: save_refund
-- Write what became of a refund; its writer holds the account lock.
UPDATE payments.refund SET
    state = %(state)s,
    processor_reference = %(processor_reference)s,
    message = %(message)s,
    settled_at = %(settled_at)s,
    next_check_at = %(next_check_at)s
WHERE id = %(id)s;

-- name: claim_refund_checks
-- Take refunds whose outcome is overdue, so that no other worker asks at the same time.
UPDATE payments.refund SET
    checks = checks + 1,
    next_check_at = %(lease_until)s
WHERE id IN (
    SELECT id FROM payments.refund
    WHERE state IN ('initiated', 'unknown') AND next_check_at <= %(now)s
    ORDER BY next_check_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING id;

-- name: insert_webhook
-- Remember a processor's message; one that came before returns no row.
INSERT INTO payments.webhook (processor, event_id, kind, payment_id, received_at)
VALUES (%(processor)s, %(event_id)s, %(kind)s, %(payment_id)s, %(received_at)s)
ON CONFLICT (processor, event_id) DO NOTHING
RETURNING event_id;

-- name: insert_link
-- Keep a pay link by the hash of its token.
INSERT INTO payments.link
    (token_hash, account_id, consumer_id, amount, attempt_id, actor, created_at, expires_at)
VALUES
    (%(token_hash)s, %(account_id)s, %(consumer_id)s, %(amount)s, %(attempt_id)s, %(actor)s,
     %(created_at)s, %(expires_at)s);

-- name: open_link
-- Read a pay link and remember when it was first opened.
UPDATE payments.link l SET opened_at = coalesce(l.opened_at, %(now)s)
FROM accounts.account a
WHERE l.token_hash = %(token_hash)s AND a.id = l.account_id
RETURNING l.account_id, l.consumer_id, l.amount, a.currency, l.attempt_id, l.expires_at,
    l.wrong_answers, l.closed_until;

-- name: count_wrong_answer
-- Keep how many wrong answers a pay link has had, and until when it is closed for them.
UPDATE payments.link
SET wrong_answers = %(wrong)s, closed_until = coalesce(%(until)s, closed_until)
WHERE token_hash = %(token_hash)s;

-- name: begin_visit
-- Remember a browser that answered rightly; visits that are over are forgotten.
WITH over AS (DELETE FROM payments.visit WHERE expires_at <= %(now)s)
INSERT INTO payments.visit (secret_hash, token_hash, expires_at)
VALUES (%(secret_hash)s, %(token_hash)s, %(expires_at)s);

-- name: find_visit
-- Find the visit of a browser to this very link, while it lasts.
SELECT expires_at FROM payments.visit
WHERE secret_hash = %(secret_hash)s AND token_hash = %(token_hash)s AND expires_at > %(now)s;

-- name: shared
-- Read what is kept of a payment for several debts.
SELECT amount, currency, direction, shares, policy_hash
FROM payments.shared WHERE consumer_id = %(consumer_id)s AND reference = %(reference)s;

-- name: insert_shared
-- Keep a payment for several debts with the consumer's direction and what each debt got.
INSERT INTO payments.shared
    (consumer_id, reference, amount, currency, direction, shares, policy_hash, actor, recorded_at)
VALUES
    (%(consumer_id)s, %(reference)s, %(amount)s, %(currency)s, %(direction)s, %(shares)s,
     %(policy_hash)s, %(actor)s, %(now)s);
