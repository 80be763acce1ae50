-- One payment for several debts of a consumer, with what the consumer directed; kept for replay.
CREATE TABLE payments.shared (
    consumer_id bigint NOT NULL REFERENCES accounts.consumer,
    reference text NOT NULL,
    amount numeric(18, 4) NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    direction jsonb NOT NULL,
    shares jsonb NOT NULL,
    policy_hash text NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (consumer_id, reference)
);
