-- name: person_add
-- Add somebody who may sign in; nothing comes back when the username is taken.
INSERT INTO access.person
    (username, display_name, password_hash, roles, automatic, created_at)
VALUES (%(username)s, %(display_name)s, %(password_hash)s, %(roles)s::text[],
        %(automatic)s::boolean, %(now)s)
ON CONFLICT (username) DO NOTHING
RETURNING id, username, display_name, roles, language, active, automatic;

-- name: person_by_id
-- Read one person.
SELECT id, username, display_name, roles, language, active, automatic
FROM access.person WHERE id = %(id)s;

-- name: person_by_username
-- Read one person by the name they sign in with.
SELECT id, username, display_name, roles, language, active, automatic
FROM access.person WHERE username = %(username)s;

-- name: anybody
-- Whether anybody but automatic agents is known.
SELECT EXISTS (SELECT FROM access.person WHERE NOT automatic) AS known;

-- name: lock_people
-- Let nobody else add people until the transaction ends.
LOCK TABLE access.person IN SHARE ROW EXCLUSIVE MODE;

-- name: people
-- List everybody, by name.
SELECT id, username, display_name, roles, language, active, automatic
FROM access.person ORDER BY lower(display_name), id;

-- name: person_set_password
-- Replace a password's hash and lift a lock.
UPDATE access.person
SET password_hash = %(password_hash)s, failed_sign_ins = 0, locked_until = NULL
WHERE id = %(id)s RETURNING id;

-- name: person_set_roles
-- Replace what a person may do.
UPDATE access.person SET roles = %(roles)s::text[] WHERE id = %(id)s RETURNING id;

-- name: person_set_active
-- Let a person in, or keep them out.
UPDATE access.person SET active = %(active)s::boolean WHERE id = %(id)s RETURNING id;

-- name: sign_in_try
-- Count a try before the password is looked at, so that guesses in parallel count too; nothing
-- comes back when the person is unknown, inactive, without a password or locked.
UPDATE access.person
SET failed_sign_ins = CASE WHEN locked_until IS NULL THEN failed_sign_ins + 1 ELSE 1 END,
    locked_until = CASE
        WHEN locked_until IS NULL AND failed_sign_ins + 1 >= %(at_most)s::int
        THEN %(lock_until)s::timestamptz
    END
WHERE username = %(username)s AND active AND password_hash IS NOT NULL
    AND (locked_until IS NULL OR locked_until <= %(now)s::timestamptz)
RETURNING id, username, display_name, roles, language, active, automatic, password_hash;

-- name: sign_in_locked_until
-- Until when a person is kept out after too many wrong passwords.
SELECT locked_until FROM access.person
WHERE username = %(username)s AND active AND locked_until > %(now)s::timestamptz;

-- name: sign_in_succeeded
-- Forget the wrong tries.
UPDATE access.person SET failed_sign_ins = 0, locked_until = NULL WHERE id = %(id)s;

-- name: session_add
-- Remember a signed-in browser by the hash of its token.
INSERT INTO access.session (token_hash, person_id, csrf_token, created_at, seen_at, expires_at)
VALUES (%(token_hash)s, %(person_id)s, %(csrf_token)s, %(now)s, %(now)s, %(expires_at)s);

-- name: session_by_token
-- Read a session that has not expired, with its person if they are still let in.
SELECT s.csrf_token, s.expires_at, s.seen_at, p.id, p.username, p.display_name, p.roles,
       p.language, p.active, p.automatic
FROM access.session s JOIN access.person p ON p.id = s.person_id
WHERE s.token_hash = %(token_hash)s AND s.expires_at > %(now)s::timestamptz AND p.active;

-- name: session_seen
-- Note that the browser is still there.
UPDATE access.session SET seen_at = %(now)s WHERE token_hash = %(token_hash)s;

-- name: session_end
-- Forget one session.
DELETE FROM access.session WHERE token_hash = %(token_hash)s;

-- name: sessions_end_of_person
-- Forget all sessions of one person.
DELETE FROM access.session WHERE person_id = %(id)s;

-- name: sessions_end_expired
-- Forget sessions nobody can use any more.
DELETE FROM access.session WHERE expires_at <= %(now)s;

-- name: key_add
-- Remember a program's key by its hash.
INSERT INTO access.api_key (prefix, key_hash, name, scopes, created_by, created_at)
VALUES (%(prefix)s, %(key_hash)s, %(name)s, %(scopes)s::text[], %(created_by)s, %(now)s);

-- name: key_by_prefix
-- Read a key that was not revoked.
SELECT id, key_hash, scopes, last_used_at FROM access.api_key
WHERE prefix = %(prefix)s AND revoked_at IS NULL;

-- name: key_used
-- Note when a key was last used.
UPDATE access.api_key SET last_used_at = %(now)s WHERE id = %(id)s;

-- name: key_revoke
-- End a key for good.
UPDATE access.api_key SET revoked_at = %(now)s
WHERE prefix = %(prefix)s AND revoked_at IS NULL RETURNING id;

-- name: keys
-- List all keys, newest first.
SELECT id, prefix, name, scopes, created_by, created_at, last_used_at, revoked_at
FROM access.api_key ORDER BY id DESC;

-- name: audit_add
-- Write who did what.
INSERT INTO access.audit (at, actor, action, subject, data, address)
VALUES (%(at)s, %(actor)s, %(action)s, %(subject)s, %(data)s, %(address)s);

-- name: audit_page
-- Read the trail backwards from a place, of one subject or all.
SELECT id, at, actor, action, subject, data, address FROM access.audit
WHERE (%(before)s::bigint IS NULL OR id < %(before)s::bigint)
    AND (%(subject)s::text IS NULL OR subject = %(subject)s::text)
ORDER BY id DESC LIMIT %(limit)s::int;
