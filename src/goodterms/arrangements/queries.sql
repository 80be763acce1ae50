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
