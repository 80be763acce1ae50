-- name: add
-- Write a new campaign as a draft.
INSERT INTO campaigns.campaign (name, state, members, settings, script, created_by, created_at)
VALUES (%(name)s, 'draft', %(members)s, %(settings)s, %(script)s, %(actor)s, %(now)s)
RETURNING *;

-- name: save
-- Write a campaign as it is now.
UPDATE campaigns.campaign SET
    name = %(name)s, state = %(state)s, members = %(members)s, settings = %(settings)s,
    script = %(script)s, started_at = %(started_at)s, refreshed_at = %(refreshed_at)s
WHERE id = %(id)s
RETURNING *;

-- name: campaigns
-- All campaigns, newest first.
SELECT * FROM campaigns.campaign ORDER BY id DESC;

-- name: campaign
-- One campaign.
SELECT * FROM campaigns.campaign WHERE id = %(id)s;

-- name: campaign_locked
-- One campaign, held until the transaction ends.
SELECT * FROM campaigns.campaign WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: named
-- The id of the campaign with this name, if there is one.
SELECT id FROM campaigns.campaign WHERE name = %(name)s;

-- name: people_until
-- The highest id among the next people after an id, so that a refresh goes in steps.
SELECT max(id) AS until
FROM (
    SELECT id FROM accounts.consumer WHERE id > %(after)s ORDER BY id LIMIT %(step)s
) AS step;

-- name: members
-- The people in a range whom a filter reaches: their open debts without a hold, and the first
-- good number. Whether they may be called now is the gate's question, not this one's.
SELECT a.consumer_id, array_agg(a.id ORDER BY a.id) AS account_ids, point.id AS contact_point_id
FROM accounts.consumer c
JOIN accounts.account a ON a.consumer_id = c.id
JOIN ledger.balance b ON b.account_id = a.id
CROSS JOIN LATERAL (
    SELECT p.id
    FROM accounts.contact_point p
    WHERE p.consumer_id = c.id AND p.kind = 'phone' AND p.status = 'active'
    ORDER BY p.position, p.id
    LIMIT 1
) AS point
WHERE c.id > %(after)s AND c.id <= %(until)s
    AND a.status IN ('placed', 'active')
    AND b.total > 0
    AND (%(regions)s::text[] = '{}' OR c.region = ANY (%(regions)s))
    AND (%(creditor_ids)s::bigint[] = '{}' OR a.creditor_id = ANY (%(creditor_ids)s))
    AND (%(placement_ids)s::bigint[] = '{}' OR a.placement_id = ANY (%(placement_ids)s))
    AND (%(min_balance)s::numeric IS NULL OR b.total >= %(min_balance)s)
    AND (%(max_balance)s::numeric IS NULL OR b.total <= %(max_balance)s)
    AND (%(due_until)s::date IS NULL OR a.due_on <= %(due_until)s)
    AND (%(due_since)s::date IS NULL OR a.due_on >= %(due_since)s)
    AND NOT EXISTS (
        SELECT FROM accounts.hold h
        WHERE h.consumer_id = c.id AND h.released_at IS NULL
            AND (h.account_id IS NULL OR h.account_id = a.id)
    )
GROUP BY a.consumer_id, point.id
ORDER BY a.consumer_id;

-- name: preview
-- How many people and debts a filter reaches, and what they owe together.
SELECT
    count(DISTINCT a.consumer_id) AS people, count(*) AS accounts,
    COALESCE(sum(b.total), 0) AS total
FROM accounts.consumer c
JOIN accounts.account a ON a.consumer_id = c.id
JOIN ledger.balance b ON b.account_id = a.id
WHERE a.status IN ('placed', 'active')
    AND b.total > 0
    AND (%(regions)s::text[] = '{}' OR c.region = ANY (%(regions)s))
    AND (%(creditor_ids)s::bigint[] = '{}' OR a.creditor_id = ANY (%(creditor_ids)s))
    AND (%(placement_ids)s::bigint[] = '{}' OR a.placement_id = ANY (%(placement_ids)s))
    AND (%(min_balance)s::numeric IS NULL OR b.total >= %(min_balance)s)
    AND (%(max_balance)s::numeric IS NULL OR b.total <= %(max_balance)s)
    AND (%(due_until)s::date IS NULL OR a.due_on <= %(due_until)s)
    AND (%(due_since)s::date IS NULL OR a.due_on >= %(due_since)s)
    AND EXISTS (
        SELECT FROM accounts.contact_point p
        WHERE p.consumer_id = c.id AND p.kind = 'phone' AND p.status = 'active'
    )
    AND NOT EXISTS (
        SELECT FROM accounts.hold h
        WHERE h.consumer_id = c.id AND h.released_at IS NULL
            AND (h.account_id IS NULL OR h.account_id = a.id)
    );

-- name: places
-- Where the people live whom a campaign may reach.
SELECT DISTINCT country, region FROM accounts.consumer
WHERE %(regions)s::text[] = '{}' OR region = ANY (%(regions)s)
ORDER BY country, region;
