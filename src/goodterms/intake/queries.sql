-- Named queries of the intake domain; it writes the schema intake only.

-- name: start_run
-- Record that an import begins.
INSERT INTO intake.run (file_name, mapping, state, bytes_total, actor, started_at)
VALUES (%(file_name)s, %(mapping)s, 'running', %(bytes_total)s, %(actor)s, %(now)s)
RETURNING id

-- name: advance_run
-- Write how far an import is.
UPDATE intake.run
SET bytes_read = %(bytes_read)s, rows_read = %(read)s, rows_new = %(new)s,
    rows_updated = %(updated)s, rows_unchanged = %(unchanged)s, rows_refused = %(refused)s
WHERE id = %(run_id)s

-- name: end_run
-- Record how an import ended.
UPDATE intake.run
SET state = %(state)s, message = %(message)s, refused_file = %(refused_file)s, ended_at = %(now)s
WHERE id = %(run_id)s AND state = 'running'

-- name: run
-- Read one import.
SELECT id, file_name, mapping, state, bytes_total, bytes_read, rows_read, rows_new, rows_updated,
       rows_unchanged, rows_refused, refused_file, message, actor, started_at, ended_at
FROM intake.run WHERE id = %(run_id)s

-- name: runs
-- Read the imports, newest first.
SELECT id, file_name, mapping, state, bytes_total, bytes_read, rows_read, rows_new, rows_updated,
       rows_unchanged, rows_refused, refused_file, message, actor, started_at, ended_at
FROM intake.run ORDER BY id DESC LIMIT %(limit)s

-- name: sampling
-- Let PostgreSQL count a small sample while a load goes on: its statements find rows by key.
SET LOCAL default_statistics_target = 10

-- name: statistics
-- Let PostgreSQL count what came in, so that the next chunk and the next dial are planned well.
ANALYZE accounts.consumer, accounts.account, accounts.contact_point, accounts.consent,
    accounts.hold, ledger.entry, ledger.posting, ledger.balance
