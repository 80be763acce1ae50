-- name: callers
-- The registry of caller IDs with their last tests, and when each was shown last.
SELECT
    caller.number, caller.name, caller.proof, caller.trunk, caller.attestation, caller.active,
    caller.region, caller.pool, caller.greeting, caller.presence,
    caller.answered_ok_at AS tested_at, caller.last_ok AS answers, caller.test_words,
    caller.test_asked_at IS NOT NULL AS test_asked,
    (
        SELECT max(contact.placed_at) FROM compliance.contact contact
        WHERE contact.caller_id = caller.number
    ) AS shown_at
FROM compliance.caller_id caller
ORDER BY caller.active DESC, caller.pool, caller.number;

-- name: put_caller
-- Registers a caller ID or replaces what is known of it; a new one is due for its test at once.
INSERT INTO compliance.caller_id (
    number, name, proof, trunk, attestation, active, region, pool, greeting, presence, added_by,
    created_at
)
VALUES (
    %(number)s, %(name)s, %(proof)s, %(trunk)s, %(attestation)s, %(active)s, %(region)s, %(pool)s,
    %(greeting)s, %(presence)s, %(actor)s, %(now)s
)
ON CONFLICT (number) DO UPDATE SET
    name = excluded.name, proof = excluded.proof, trunk = excluded.trunk,
    attestation = excluded.attestation, active = excluded.active, region = excluded.region,
    pool = excluded.pool, greeting = excluded.greeting, presence = excluded.presence,
    added_by = excluded.added_by;

-- name: retire_caller
-- Takes a number out of use; no row means there is none.
UPDATE compliance.caller_id SET active = false, test_asked_at = NULL, added_by = %(actor)s
WHERE number = %(number)s
RETURNING number;

-- name: ask_test
-- Asks that a number in use is tested as soon as a node is free; no row means there is none.
UPDATE compliance.caller_id SET test_asked_at = %(now)s, testing_until = NULL
WHERE number = %(number)s AND active
RETURNING number;

-- name: claim_tests
-- Takes the numbers whose test is asked for, missing or old, so that only one node tests each.
UPDATE compliance.caller_id SET testing_until = %(lease_until)s
WHERE number IN (
    SELECT number FROM compliance.caller_id
    WHERE active AND (testing_until IS NULL OR testing_until <= %(now)s)
        AND (
            test_asked_at IS NOT NULL OR answered_ok_at IS NULL OR answered_ok_at <= %(old)s
            OR last_ok IS NOT TRUE
        )
    ORDER BY test_asked_at NULLS LAST, answered_ok_at NULLS FIRST, number
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING number, trunk;

-- name: record_test
-- Keeps what came of a test and lets the number rest until the next one is due.
WITH kept AS (
    INSERT INTO compliance.caller_test (number, at, answered, greeted, seconds, words)
    VALUES (%(number)s, %(at)s, %(answered)s, %(greeted)s, %(seconds)s, %(words)s)
)
UPDATE compliance.caller_id SET
    last_ok = %(passed)s::boolean,
    answered_ok_at = CASE
        WHEN %(passed)s::boolean THEN %(at)s::timestamptz ELSE answered_ok_at
    END,
    test_words = %(words)s,
    test_asked_at = NULL,
    testing_until = CASE WHEN NOT %(passed)s::boolean THEN %(again_at)s::timestamptz END
WHERE number = %(number)s
RETURNING number;

-- name: tests
-- The tests of a number, the latest first.
SELECT number, at, answered, greeted, seconds::float8 AS seconds, words
FROM compliance.caller_test
WHERE number = %(number)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: greetings
-- What callers to each number in use hear.
SELECT number, greeting FROM compliance.caller_id WHERE active;

-- name: offered
-- What a campaign must know of the numbers it may show.
SELECT number, region, active AND attestation = 'A' AND COALESCE(last_ok, false) AS usable
FROM compliance.caller_id WHERE number = ANY (%(numbers)s);

-- name: shown
-- The numbers shown to people since an instant, the latest first.
SELECT consumer_id, caller_id, placed_at
FROM compliance.contact
WHERE consumer_id = ANY (%(consumer_ids)s::bigint[]) AND placed_at >= %(since)s
    AND medium = 'call' AND direction = 'out' AND caller_id IS NOT NULL AND reach > 0
ORDER BY consumer_id, placed_at DESC;
