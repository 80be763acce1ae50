-- name: insert_quote
-- Keep a quote as it was given.
INSERT INTO arrangements.quote
    (id, account_id, consumer_id, balance_version, content, quoted_at, expires_at, actor,
     policy_hash)
VALUES
    (%(id)s, %(account_id)s, %(consumer_id)s, %(balance_version)s, %(content)s, %(quoted_at)s,
     %(expires_at)s, %(actor)s, %(policy_hash)s);

-- name: has_book
-- Tell whether a book of policies was recorded.
SELECT 1 AS there FROM arrangements.policy_book WHERE hash = %(hash)s;

-- name: insert_book
-- Record a book of policies once, with the texts it was read from.
INSERT INTO arrangements.policy_book (hash, files, recorded_at)
VALUES (%(hash)s, %(files)s, %(now)s)
ON CONFLICT (hash) DO NOTHING;

-- name: book_at
-- Read the book of policies that was the latest known at an instant.
SELECT hash, files FROM arrangements.policy_book
WHERE recorded_at <= %(known_at)s
ORDER BY recorded_at DESC
LIMIT 1;

-- name: quote
-- Read a quote back.
SELECT content FROM arrangements.quote WHERE id = %(id)s;

-- name: insert_promise
-- Record a promise to pay.
INSERT INTO arrangements.promise
    (id, account_id, consumer_id, attempt_id, amount, currency, due_on, state, actor, made_at)
VALUES
    (%(id)s, %(account_id)s, %(consumer_id)s, %(attempt_id)s, %(amount)s, %(currency)s,
     %(due_on)s, %(state)s, %(actor)s, %(made_at)s);

-- name: close_promise
-- Record what became of an open promise.
UPDATE arrangements.promise SET state = %(state)s, closed_at = %(now)s
WHERE id = %(id)s AND state = 'open';

-- name: reopen_promise
-- Open a kept promise again, because the payment that kept it was taken back.
UPDATE arrangements.promise SET state = 'open', closed_at = NULL
WHERE id = %(id)s AND state = 'kept';

-- name: promises_of_consumer
-- Read a consumer's promises, newest first.
SELECT id, account_id, consumer_id, attempt_id, amount, currency, due_on, state, actor, made_at
FROM arrangements.promise
WHERE consumer_id = %(consumer_id)s
ORDER BY made_at DESC, id DESC;

-- name: promises_of_account
-- Read an account's promises, oldest first.
SELECT id, account_id, consumer_id, attempt_id, amount, currency, due_on, state, actor, made_at
FROM arrangements.promise
WHERE account_id = %(account_id)s
ORDER BY made_at, id;

-- name: overdue_accounts
-- Find accounts with an open promise that was due before a day, in the order they are locked in.
SELECT account_id
FROM arrangements.promise
WHERE state = 'open' AND due_on < %(before)s
GROUP BY consumer_id, account_id
ORDER BY consumer_id, account_id
LIMIT %(limit)s;

-- name: insert_arrangement
-- Record a plan or settlement as it was agreed.
INSERT INTO arrangements.arrangement
    (id, account_id, consumer_id, kind, quote_id, attempt_id, currency, forgiven, state, tolerance,
     grace_days, misses_allowed, policy_hash, actor, made_at)
VALUES
    (%(id)s, %(account_id)s, %(consumer_id)s, %(kind)s, %(quote_id)s, %(attempt_id)s, %(currency)s,
     %(forgiven)s, %(state)s, %(tolerance)s, %(grace_days)s, %(misses_allowed)s, %(policy_hash)s,
     %(actor)s, %(made_at)s);

-- name: write_instalments
-- Write the instalments of an arrangement; those there are get their new due dates.
INSERT INTO arrangements.instalment (arrangement_id, number, due_on, principal, interest)
SELECT %(arrangement_id)s::text, line.number, line.due_on, line.principal, line.interest
FROM unnest(%(numbers)s::int[], %(due_on)s::date[], %(principal)s::numeric[],
            %(interest)s::numeric[]) AS line (number, due_on, principal, interest)
ON CONFLICT (arrangement_id, number) DO UPDATE SET due_on = EXCLUDED.due_on;

-- name: save_arrangement
-- Record where an arrangement stands.
UPDATE arrangements.arrangement
SET state = %(state)s, paused_at = %(paused_at)s, closed_at = %(closed_at)s, reason = %(reason)s
WHERE id = %(id)s;

-- name: reviewed
-- Record the day on which an arrangement was last held against the ledger.
UPDATE arrangements.arrangement SET reviewed_on = %(day)s WHERE id = %(id)s;

-- name: arrangement
-- Read one arrangement with its instalments.
SELECT a.*, (SELECT jsonb_agg(jsonb_build_array(i.number, i.due_on, i.principal::text,
                                                i.interest::text) ORDER BY i.number)
             FROM arrangements.instalment i WHERE i.arrangement_id = a.id) AS instalments
FROM arrangements.arrangement a
WHERE a.id = %(id)s;

-- name: arrangements_of_account
-- Read an account's arrangements with their instalments, oldest first.
SELECT a.*, (SELECT jsonb_agg(jsonb_build_array(i.number, i.due_on, i.principal::text,
                                                i.interest::text) ORDER BY i.number)
             FROM arrangements.instalment i WHERE i.arrangement_id = a.id) AS instalments
FROM arrangements.arrangement a
WHERE a.account_id = %(account_id)s
ORDER BY a.made_at, a.id;

-- name: arrangements_of_consumer
-- Read a consumer's arrangements with their instalments, newest first.
SELECT a.*, (SELECT jsonb_agg(jsonb_build_array(i.number, i.due_on, i.principal::text,
                                                i.interest::text) ORDER BY i.number)
             FROM arrangements.instalment i WHERE i.arrangement_id = a.id) AS instalments
FROM arrangements.arrangement a
WHERE a.consumer_id = %(consumer_id)s
ORDER BY a.made_at DESC, a.id DESC;

-- name: arrangements_to_review
-- Find accounts whose open arrangement was not looked at today, in the order they are locked in.
SELECT account_id
FROM arrangements.arrangement
WHERE state = 'open' AND (reviewed_on IS NULL OR reviewed_on < %(day)s)
ORDER BY consumer_id, account_id
LIMIT 200;

-- name: portfolio_page
-- Read a page of accounts that owe something as quotes see them, after the last one read.
SELECT a.id, a.reference, a.creditor_id, a.placement_id, a.consumer_id, a.currency, a.status,
       a.due_on, c.country, c.region, k.reference AS client, k.name AS creditor_name,
       b.total, b.components, b.version,
       ARRAY(SELECT DISTINCT upper(h.kind) FROM accounts.hold h
             WHERE h.consumer_id = a.consumer_id AND h.released_at IS NULL
               AND (h.account_id IS NULL OR h.account_id = a.id)) AS holds,
       (SELECT max(e.effective_on) FROM ledger.entry e
        WHERE e.account_id = a.id AND e.kind IN ('placement', 'interest')
          AND NOT EXISTS (SELECT FROM ledger.entry r WHERE r.reverses_id = e.id)) AS interest_from,
       ARRAY(SELECT e.cause FROM ledger.entry e
             WHERE e.account_id = a.id AND e.cause LIKE 'policy:%%') AS causes
FROM accounts.account a
JOIN accounts.consumer c ON c.id = a.consumer_id
JOIN accounts.creditor k ON k.id = a.creditor_id
JOIN ledger.balance b ON b.account_id = a.id
WHERE a.id > %(after)s AND b.total > 0 AND a.status NOT IN ('recalled', 'closed')
ORDER BY a.id
LIMIT %(limit)s;
