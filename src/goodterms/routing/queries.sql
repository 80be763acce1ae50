-- name: agents
-- All agents who are signed in, or were, by name.
SELECT * FROM routing.agent ORDER BY name, person_id;

-- name: agent
-- One agent.
SELECT * FROM routing.agent WHERE person_id = %(person_id)s;

-- name: agent_locked
-- One agent, held until the transaction ends.
SELECT * FROM routing.agent WHERE person_id = %(person_id)s FOR NO KEY UPDATE;

-- name: enrol
-- Make the row of somebody who signs in as an agent for the first time.
INSERT INTO routing.agent (person_id, name, automatic, endpoint, since, seen_at)
VALUES (%(person_id)s, %(name)s, %(automatic)s, %(endpoint)s, %(now)s, %(now)s)
ON CONFLICT (person_id) DO NOTHING;

-- name: save
-- Write an agent's row as it is now.
UPDATE routing.agent SET
    name = %(name)s, endpoint = %(endpoint)s, state = %(state)s, reason = %(reason)s,
    since = %(since)s, line_open = %(line_open)s, pause_after = %(pause_after)s,
    attempt_id = %(attempt_id)s, campaign_ids = %(campaign_ids)s, seen_at = %(now)s,
    version = version + 1
WHERE person_id = %(person_id)s
RETURNING *;

-- name: log_step
-- Note one step of an agent's day.
INSERT INTO routing.agent_step (person_id, event, old_state, new_state, reason, attempt_id, at)
VALUES (%(person_id)s, %(event)s, %(old_state)s, %(new_state)s, %(reason)s, %(attempt_id)s,
        %(now)s);

-- name: issue_phone
-- Give an agent's day its browser telephone, or keep the one it has.
UPDATE routing.agent SET
    phone_password = CASE phone_password WHEN '' THEN %(password)s ELSE phone_password END
WHERE person_id = %(person_id)s AND state <> 'signed_out'
RETURNING person_id, phone_password, phone_provided_at IS NOT NULL AS provided;

-- name: phones
-- The browser telephones of everybody at work.
SELECT person_id, phone_password, phone_provided_at IS NOT NULL AS provided FROM routing.agent
WHERE phone_password <> '' AND state <> 'signed_out' ORDER BY person_id;

-- name: phone_provided
-- Note that the node knows a telephone, unless its password has changed meanwhile.
UPDATE routing.agent SET phone_provided_at = %(now)s
WHERE person_id = %(person_id)s AND phone_password = %(password)s;

-- name: forget_phone
-- Forget the telephone of a day that has ended.
UPDATE routing.agent SET phone_password = '', phone_provided_at = NULL
WHERE person_id = %(person_id)s;
