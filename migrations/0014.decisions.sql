-- A decision to dial is written many times a second: store it as it was hashed, and index less.

-- json keeps the very bytes that the digest was taken of, and is not taken apart to be stored.
ALTER TABLE compliance.verdict
    ALTER COLUMN facts TYPE json USING facts::json,
    ALTER COLUMN findings TYPE json USING findings::json;
-- A row of about two thousand bytes stays in its page; pressing it would cost more than it saves.
ALTER TABLE compliance.verdict SET (toast_tuple_target = 4080);

-- An attempt is contacted once, so its identifier is the key; nothing refers to a number.
ALTER TABLE compliance.contact
    DROP COLUMN id,
    DROP CONSTRAINT contact_attempt_id_key,
    ADD PRIMARY KEY (attempt_id);

-- The gate has just read these people and numbers under the account lock, and neither is ever
-- deleted: checking them again locks two more rows for each call.
ALTER TABLE calls.attempt
    DROP CONSTRAINT attempt_consumer_id_fkey,
    DROP CONSTRAINT attempt_contact_point_id_fkey;
-- A person has few attempts: attempt_by_consumer finds the live ones among them as well.
DROP INDEX calls.attempt_live_by_consumer;
