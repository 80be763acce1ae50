-- What the law makes due about accounts, derived from the recorded facts and the rulebook.
CREATE TABLE compliance.task (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_id bigint NOT NULL,
    account_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('validation_notice', 'dispute_answer', 'bureau_answer', 'report', 'erase')),
    due_on date NOT NULL,
    words text NOT NULL,
    rule_id text NOT NULL,
    rule_version int NOT NULL,
    made_at timestamptz NOT NULL,
    done_at timestamptz
);
CREATE UNIQUE INDEX task_open ON compliance.task (account_id, kind) WHERE done_at IS NULL;
CREATE INDEX task_due ON compliance.task (due_on, id) WHERE done_at IS NULL;
CREATE INDEX task_by_consumer ON compliance.task (consumer_id);

-- How far the derivation has come: what changed up to an instant, and on which day all was looked at.
CREATE TABLE compliance.task_progress (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    changed_until timestamptz,
    whole_on date
);
INSERT INTO compliance.task_progress DEFAULT VALUES;

CREATE INDEX circumstance_recorded ON accounts.circumstance (recorded_at);
CREATE INDEX circumstance_ended ON accounts.circumstance (ended_at) WHERE ended_at IS NOT NULL;
