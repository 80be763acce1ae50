-- name: owners
-- Tell whose accounts these are, with what the ledger needs to know of each.
SELECT id AS account_id, consumer_id, currency, status, reference
FROM accounts.account
WHERE id = ANY (%(account_ids)s::bigint[]);

-- name: insert_entry
-- Write an entry once per (account, kind, cause); a repetition returns no row.
INSERT INTO ledger.entry
    (account_id, kind, effective_on, posted_at, cause, reverses_id, actor, note, policy_version)
VALUES
    (%(account_id)s, %(kind)s, %(effective_on)s, %(posted_at)s, %(cause)s, %(reverses_id)s,
     %(actor)s, %(note)s, %(policy_version)s)
ON CONFLICT (account_id, kind, cause) DO NOTHING
RETURNING id;

-- name: insert_postings
-- Write all postings of an entry in one statement, which the trigger checks to sum to zero.
INSERT INTO ledger.posting (entry_id, account_id, book, amount)
SELECT %(entry_id)s::bigint, %(account_id)s::bigint, line.book, line.amount
FROM unnest(%(books)s::text[], %(amounts)s::numeric[]) AS line (book, amount);

-- name: write_balance
-- Store the fold of an account's postings after an entry.
INSERT INTO ledger.balance (account_id, currency, total, components, version, updated_at)
VALUES (%(account_id)s, %(currency)s, %(total)s, %(components)s, %(version)s, %(updated_at)s)
ON CONFLICT (account_id) DO UPDATE SET
    total = EXCLUDED.total,
    components = EXCLUDED.components,
    version = EXCLUDED.version,
    updated_at = EXCLUDED.updated_at;

-- name: balances
-- Read what is owed on accounts; an account never posted to has no row.
SELECT account_id, currency, total, components, version
FROM ledger.balance
WHERE account_id = ANY (%(account_ids)s::bigint[]);

-- name: entries_of_account
-- Read an account's entries in the order they were posted.
SELECT e.id, e.account_id, e.kind, e.effective_on, e.posted_at, e.cause, e.reverses_id,
       e.actor, e.note, e.policy_version, a.currency,
       (SELECT jsonb_object_agg(p.book, p.amount::text)
        FROM ledger.posting p WHERE p.entry_id = e.id) AS postings
FROM ledger.entry e
JOIN accounts.account a ON a.id = e.account_id
WHERE e.account_id = %(account_id)s
ORDER BY e.id;

-- name: entry
-- Read one entry with its postings.
SELECT e.id, e.account_id, e.kind, e.effective_on, e.posted_at, e.cause, e.reverses_id,
       e.actor, e.note, e.policy_version, a.currency,
       (SELECT jsonb_object_agg(p.book, p.amount::text)
        FROM ledger.posting p WHERE p.entry_id = e.id) AS postings
FROM ledger.entry e
JOIN accounts.account a ON a.id = e.account_id
WHERE e.id = %(entry_id)s;

-- name: entry_by_cause
-- Read the entry that a cause has already made.
SELECT e.id, e.account_id, e.kind, e.effective_on, e.posted_at, e.cause, e.reverses_id,
       e.actor, e.note, e.policy_version, a.currency,
       (SELECT jsonb_object_agg(p.book, p.amount::text)
        FROM ledger.posting p WHERE p.entry_id = e.id) AS postings
FROM ledger.entry e
JOIN accounts.account a ON a.id = e.account_id
WHERE e.account_id = %(account_id)s AND e.kind = %(kind)s AND e.cause = %(cause)s;

-- name: unbalanced_entries
-- Find entries whose postings do not sum to zero, or that have none.
SELECT e.id AS entry_id, e.account_id, coalesce(sum(p.amount), 0) AS amount
FROM ledger.entry e
LEFT JOIN ledger.posting p ON p.entry_id = e.id
GROUP BY e.id, e.account_id
HAVING count(p.entry_id) = 0 OR sum(p.amount) <> 0
ORDER BY e.id
LIMIT 20;

-- name: unfaithful_balances
-- Find accounts whose stored balance differs from the fold of their postings.
WITH folded AS (
    SELECT p.account_id, p.book, sum(p.amount) AS amount
    FROM ledger.posting p
    WHERE p.book NOT IN ('placed', 'cash', 'accrued', 'adjusted', 'written_off')
    GROUP BY p.account_id, p.book
), fold AS (
    SELECT account_id, sum(amount) AS total,
           jsonb_object_agg(book, amount) FILTER (WHERE amount <> 0) AS components
    FROM folded
    GROUP BY account_id
), stored AS (
    SELECT b.account_id, b.total,
           (SELECT jsonb_object_agg(c.key, c.value::numeric)
            FROM jsonb_each_text(b.components) AS c (key, value)) AS components
    FROM ledger.balance b
)
SELECT coalesce(f.account_id, s.account_id) AS account_id,
       coalesce(f.total, 0) AS folded, s.total AS stored
FROM fold f
FULL JOIN stored s ON s.account_id = f.account_id
WHERE coalesce(f.total, 0) IS DISTINCT FROM s.total
   OR coalesce(f.components, '{}') IS DISTINCT FROM coalesce(s.components, '{}')
ORDER BY 1
LIMIT 20;

-- name: staged_placements
-- Write the opening entries of the accounts that the accounts domain has just placed.
WITH fresh AS MATERIALIZED (
    SELECT account_id, currency, placed_on, books, amounts, total FROM staged
    WHERE outcome = 'new' AND total > 0
), opened AS (
    INSERT INTO ledger.entry (account_id, kind, effective_on, posted_at, cause, actor)
    SELECT account_id, 'placement', placed_on, %(now)s, %(cause)s, %(actor)s FROM fresh
    RETURNING id, account_id
), posted AS (
    INSERT INTO ledger.posting (entry_id, account_id, book, amount)
    SELECT o.id, o.account_id, line.book, line.amount
    FROM opened o
    JOIN fresh f USING (account_id)
    CROSS JOIN LATERAL unnest(f.books || 'placed'::text, f.amounts::numeric[] || -f.total)
        AS line (book, amount)
)
INSERT INTO ledger.balance (account_id, currency, total, components, updated_at)
SELECT account_id, currency, total, jsonb_object(books, amounts), %(now)s FROM fresh;

-- name: staged_restatements
-- Bring accounts to the sums their creditor now states, by an adjustment of the difference, and
-- return what was owed before and after.
WITH wanted AS MATERIALIZED (
    SELECT s.account_id, s.consumer_id, s.account_reference, s.currency, s.total, s.books, s.amounts
    FROM staged s WHERE s.outcome = 'known' AND s.restated
), held AS MATERIALIZED (
    SELECT w.account_id, b.total, b.components
    FROM wanted w CROSS JOIN LATERAL (
        SELECT * FROM ledger.balance b WHERE b.account_id = w.account_id OFFSET 0) b
), lines AS MATERIALIZED (
    SELECT account_id, book, sum(amount) AS amount
    FROM (
        SELECT w.account_id, part.book, part.amount::numeric AS amount
        FROM wanted w CROSS JOIN LATERAL unnest(w.books, w.amounts) AS part (book, amount)
        UNION ALL
        SELECT h.account_id, part.key, -part.value::numeric
        FROM held h CROSS JOIN LATERAL jsonb_each_text(h.components) AS part
    ) AS parts
    GROUP BY account_id, book HAVING sum(amount) <> 0
), adjusted AS (
    INSERT INTO ledger.entry (account_id, kind, effective_on, posted_at, cause, actor)
    SELECT DISTINCT account_id, 'adjustment', %(now)s::date, %(now)s, %(cause)s, %(actor)s
    FROM lines
    RETURNING id, account_id
), posted AS (
    INSERT INTO ledger.posting (entry_id, account_id, book, amount)
    SELECT a.id, a.account_id, l.book, l.amount FROM adjusted a JOIN lines l USING (account_id)
    UNION ALL
    SELECT a.id, a.account_id, 'adjusted', -sum(l.amount)
    FROM adjusted a JOIN lines l USING (account_id)
    GROUP BY a.id, a.account_id HAVING sum(l.amount) <> 0
), balanced AS (
    INSERT INTO ledger.balance (account_id, currency, total, components, updated_at)
    SELECT w.account_id, w.currency, w.total, coalesce((
               SELECT jsonb_object_agg(part.book, part.amount)
               FROM unnest(w.books, w.amounts) AS part (book, amount)
               WHERE part.amount::numeric <> 0), '{}'), %(now)s
    FROM wanted w JOIN adjusted a USING (account_id)
    ON CONFLICT (account_id) DO UPDATE SET
        total = EXCLUDED.total,
        components = EXCLUDED.components,
        version = ledger.balance.version + 1,
        updated_at = EXCLUDED.updated_at
)
SELECT w.account_id, w.consumer_id, w.account_reference, w.currency,
       coalesce(h.total, 0) AS before, w.total AS after,
       (SELECT a.status FROM accounts.account a WHERE a.id = w.account_id) AS status
FROM wanted w JOIN adjusted a USING (account_id) LEFT JOIN held h USING (account_id)
ORDER BY w.consumer_id, w.account_id;
