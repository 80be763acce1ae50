-- What the law asks about besides holds: circumstances, purposes of consent, our role towards a
-- debt; and a contact log that says how far each contact got, so that each rule counts its own.

ALTER TABLE accounts.creditor
    ADD COLUMN our_role text NOT NULL DEFAULT 'collector' CHECK (our_role IN ('collector', 'creditor'));

ALTER TABLE accounts.account
    ADD COLUMN debt_kind text NOT NULL DEFAULT 'consumer' CHECK (debt_kind IN ('consumer', 'commercial')),
    ADD COLUMN in_default boolean NOT NULL DEFAULT true,
    ADD COLUMN servicing_group text NOT NULL DEFAULT '';

-- Whose number it is: the consumer's (also a spouse, a guardian …) or somebody else's.
ALTER TABLE accounts.contact_point
    ADD COLUMN relation text NOT NULL DEFAULT 'consumer' CHECK (
        relation IN ('consumer', 'spouse', 'parent', 'guardian', 'executor', 'administrator',
                     'successor', 'attorney', 'employer', 'third_party')
    );

-- purpose: the channel as such, or what was agreed to on it. direct: given to us, not to a creditor.
ALTER TABLE accounts.consent
    ADD COLUMN purpose text NOT NULL DEFAULT 'contact' CHECK (
        purpose IN ('contact', 'automated', 'call', 'hours', 'work', 'esign', 'recording', 'debit')
    ),
    ADD COLUMN direct boolean NOT NULL DEFAULT true;

-- Append-only facts that bear on contact: preferences, notices, disputes, checks of numbers,
-- stated locations … Each has its source and the rule that ends it; ending one keeps it on record.
CREATE TABLE accounts.circumstance (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    account_id bigint REFERENCES accounts.account,
    contact_point_id bigint REFERENCES accounts.contact_point,
    kind text NOT NULL,
    held_on date NOT NULL,
    held_at timestamptz NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    source text NOT NULL,
    release_rule text NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text,
    end_reason text,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX circumstance_in_force ON accounts.circumstance (consumer_id) WHERE ended_at IS NULL;

-- reach: 0 not placed, 1 dialed, 2 rang, 3 machine, 4 message, 5 person, 6 conversation. An open
-- contact counts as if a person had taken it. recipient: who was contacted.
ALTER TABLE compliance.contact
    ADD COLUMN reach smallint NOT NULL DEFAULT 5 CHECK (reach BETWEEN 0 AND 6),
    ADD COLUMN place text NOT NULL DEFAULT 'mobile',
    ADD COLUMN purpose text NOT NULL DEFAULT 'collection',
    ADD COLUMN recipient text NOT NULL DEFAULT 'consumer',
    ADD COLUMN voice text NOT NULL DEFAULT 'live',
    ADD COLUMN message text NOT NULL DEFAULT '';
UPDATE compliance.contact SET reach = CASE
    WHEN conversation THEN 6
    WHEN closed_at IS NULL THEN 5
    WHEN NOT counts THEN 1
    WHEN message_left THEN 4
    WHEN outcome = 'no_answer' THEN 2
    WHEN outcome = 'machine' THEN 3
    ELSE 5
END;
ALTER TABLE compliance.contact
    DROP COLUMN counts, DROP COLUMN conversation, DROP COLUMN message_left,
    DROP CONSTRAINT contact_medium_check,
    ADD CHECK (medium IN ('call', 'sms', 'email', 'letter', 'meeting'));

ALTER TABLE compliance.verdict
    ADD COLUMN obligations text[] NOT NULL DEFAULT '{}',
    DROP CONSTRAINT verdict_decision_check,
    ADD CHECK (decision IN ('allow', 'refer', 'defer', 'deny'));
