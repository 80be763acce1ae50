-- name: open_attempts
-- Write attempts that the gate allowed; the lists are parallel.
INSERT INTO calls.attempt (
    id, campaign_id, due_attempt_id, consumer_id, account_ids, contact_point_id, number,
    caller_id, trunk, node, verdict_id, ring_seconds, amd, state, phase, created_at
)
SELECT
    id, campaign_id, due_attempt_id, consumer_id, account_ids::bigint[], contact_point_id, number,
    caller_id, trunk, node, verdict_id, ring_seconds, amd = 1, 'permitted', 'waiting', %(now)s
FROM unnest(
    string_to_array(%(ids)s, chr(30)), %(campaign_ids)s::bigint[], %(due_attempt_ids)s::bigint[],
    %(consumer_ids)s::bigint[], string_to_array(%(account_ids)s, chr(30)),
    %(contact_point_ids)s::bigint[], string_to_array(%(numbers)s, chr(30)),
    string_to_array(%(caller_ids)s, chr(30)), string_to_array(%(trunks)s, chr(30)),
    string_to_array(%(nodes)s, chr(30)), %(verdict_ids)s::bigint[],
    %(ring_seconds)s::integer[], %(amd)s::integer[]
) AS opening (
    id, campaign_id, due_attempt_id, consumer_id, account_ids, contact_point_id, number,
    caller_id, trunk, node, verdict_id, ring_seconds, amd
);

-- name: attempt
-- One attempt as recorded.
SELECT * FROM calls.attempt WHERE id = %(attempt_id)s;

-- name: attempt_locked
-- One attempt, held until the transaction ends.
SELECT * FROM calls.attempt WHERE id = %(attempt_id)s FOR NO KEY UPDATE;

-- name: live_of_node
-- The attempts of a node that have not ended.
SELECT * FROM calls.attempt WHERE node = %(node)s AND state IN ('permitted', 'placed') ORDER BY id;

-- name: attempts_of_consumer
-- A person's attempts, newest first.
SELECT * FROM calls.attempt WHERE consumer_id = %(consumer_id)s
ORDER BY created_at DESC, id DESC LIMIT %(limit)s;

-- name: undisposed_of_agent
-- What an agent still has to dispose of, oldest first.
SELECT * FROM calls.attempt WHERE agent_id = %(agent_id)s AND state = 'ended' ORDER BY ended_at;

-- name: place
-- Note that the order to dial is about to be given, unless contact became stale meanwhile.
UPDATE calls.attempt SET state = 'placed', phase = 'dialing', placed_at = %(now)s
WHERE id = %(attempt_id)s AND state = 'permitted' AND cancel_requested_at IS NULL
RETURNING *;

-- name: still_wanted
-- Tell whether a placed attempt may still be dialed (asked under the account lock).
SELECT EXISTS (
    SELECT FROM calls.attempt
    WHERE id = %(attempt_id)s AND state = 'placed' AND cancel_requested_at IS NULL
) AS wanted;

-- name: mark
-- Move a live attempt's phase on and note instants; what is already noted stays. Tells whether the
-- two sides were joined for the first time.
WITH before AS (
    SELECT id AS before_id, bridged_at AS before_bridged_at FROM calls.attempt
    WHERE id = %(attempt_id)s FOR NO KEY UPDATE
)
UPDATE calls.attempt SET
    phase = %(phase)s,
    agent_id = COALESCE(%(agent_id)s, agent_id),
    ringing_at = COALESCE(ringing_at, %(ringing_at)s),
    answered_at = COALESCE(answered_at, %(answered_at)s),
    greeting_ended_at = COALESCE(greeting_ended_at, %(greeting_ended_at)s),
    amd_verdict = COALESCE(amd_verdict, %(amd_verdict)s),
    bridged_at = COALESCE(bridged_at, %(bridged_at)s),
    abandoned = abandoned OR %(abandoned)s
FROM before
WHERE id = before_id AND state IN ('permitted', 'placed')
RETURNING *, before_bridged_at IS NULL AND bridged_at IS NOT NULL AS first_joined;

-- name: end_attempt
-- Close the telephone's side of an attempt once.
UPDATE calls.attempt SET
    state = %(state)s,
    phase = 'ended',
    outcome = %(outcome)s,
    ended_at = %(now)s::timestamptz,
    ringing_at = COALESCE(ringing_at, %(ringing_at)s),
    answered_at = COALESCE(answered_at, %(answered_at)s),
    greeting_ended_at = COALESCE(greeting_ended_at, %(greeting_ended_at)s),
    amd_verdict = COALESCE(amd_verdict, %(amd_verdict)s),
    bridged_at = COALESCE(bridged_at, %(bridged_at)s),
    agent_id = COALESCE(%(agent_id)s, agent_id),
    abandoned = abandoned OR %(abandoned)s,
    q850 = %(q850)s,
    sip_code = %(sip_code)s,
    hung_up_by = %(hung_up_by)s,
    disposition = %(disposition)s::text,
    disposed_by = CASE WHEN %(disposition)s::text IS NULL THEN NULL ELSE 'system:engine' END,
    disposed_at = CASE WHEN %(disposition)s::text IS NULL THEN NULL ELSE %(now)s::timestamptz END
WHERE id = %(attempt_id)s AND state IN ('permitted', 'placed')
RETURNING *;

-- name: dispose
-- Record what the agent says came of a conversation.
UPDATE calls.attempt SET
    state = %(state)s, disposition = %(disposition)s, disposition_note = %(note)s,
    disposed_by = %(actor)s, disposed_at = %(now)s
WHERE id = %(attempt_id)s
RETURNING *;

-- name: cancel_live
-- Ask for the end of a person's attempts that are no conversation yet, and tell the others.
-- The engine knows better than the table how far a call is, so every live one carries both.
UPDATE calls.attempt SET
    cancel_requested_at = CASE
        WHEN phase IN ('talking', 'held', 'message', 'ending') THEN cancel_requested_at
        ELSE COALESCE(cancel_requested_at, %(now)s)
    END,
    cancel_reason = COALESCE(cancel_reason, %(reason)s),
    notice = %(message)s
WHERE consumer_id = %(consumer_id)s AND state IN ('permitted', 'placed')
    AND (%(account_id)s::bigint IS NULL OR %(account_id)s = ANY (account_ids))
    AND (%(contact_point_id)s::bigint IS NULL OR contact_point_id = %(contact_point_id)s)
RETURNING id, cancel_requested_at;

-- name: cancels_of_node
-- The live attempts of a node that must stop.
SELECT id FROM calls.attempt
WHERE node = %(node)s AND state IN ('permitted', 'placed') AND cancel_requested_at IS NOT NULL;

-- name: ask
-- Write a person's wish about a live call.
INSERT INTO calls.request (attempt_id, kind, actor, requested_at)
VALUES (%(attempt_id)s, %(kind)s, %(actor)s, %(now)s)
RETURNING id, attempt_id, kind, actor;

-- name: open_requests
-- Wishes not yet carried out for calls of a node, oldest first.
SELECT r.id, r.attempt_id, r.kind, r.actor
FROM calls.request r JOIN calls.attempt a ON a.id = r.attempt_id
WHERE r.done_at IS NULL AND a.node = %(node)s
ORDER BY r.id;

-- name: close_request
-- Note what became of a wish.
UPDATE calls.request SET done_at = %(now)s, result = %(result)s
WHERE id = %(request_id)s AND done_at IS NULL;
