-- The browser telephone of an agent's day: its password is made anew for each day, known to the
-- page and to the node, and gone when the day ends.
ALTER TABLE routing.agent
    ADD COLUMN phone_password text NOT NULL DEFAULT '',
    ADD COLUMN phone_provided_at timestamptz;
