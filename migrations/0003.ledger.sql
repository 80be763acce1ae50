-- Append-only double entry. A receivable component is positive when the consumer owes it.
CREATE SCHEMA ledger;

CREATE TABLE ledger.entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL, -- of accounts.account: checked by statement
    kind text NOT NULL CHECK (
        kind IN ('placement', 'payment', 'refund', 'fee', 'interest', 'adjustment', 'reversal',
                 'write_off')
    ),
    effective_on date NOT NULL,
    posted_at timestamptz NOT NULL,
    cause text NOT NULL,
    reverses_id bigint REFERENCES ledger.entry,
    actor text NOT NULL,
    note text NOT NULL DEFAULT '',
    UNIQUE (account_id, kind, cause)
);
CREATE UNIQUE INDEX entry_reversed_once ON ledger.entry (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE TRIGGER entry_account AFTER INSERT ON ledger.entry
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION accounts.parents_exist('account_id', 'accounts.account');

-- book: a receivable component (principal, interest, …) or a counter book (placed, cash, …).
CREATE TABLE ledger.posting (
    entry_id bigint NOT NULL, -- of ledger.entry: checked by statement
    account_id bigint NOT NULL,
    book text NOT NULL CHECK (
        book IN ('principal', 'interest', 'late_fee', 'service_fee', 'nsf_fee', 'court_cost',
                 'attorney_fee', 'collection_cost', 'deposit', 'credit',
                 'placed', 'cash', 'accrued', 'adjusted', 'written_off')
    ),
    amount numeric(18, 4) NOT NULL,
    PRIMARY KEY (entry_id, book)
);

-- The fold of the postings, one row per account, written only by the ledger in the same
-- transaction; components holds the receivable books that are not zero.
CREATE TABLE ledger.balance (
    account_id bigint PRIMARY KEY, -- of accounts.account: checked by statement
    currency text NOT NULL,
    total numeric(18, 4) NOT NULL,
    components jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL
);

CREATE TRIGGER balance_account AFTER INSERT ON ledger.balance
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION accounts.parents_exist('account_id', 'accounts.account');

CREATE FUNCTION ledger.postings_sum_to_zero() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    unbalanced bigint;
    orphan bigint;
BEGIN
    SELECT f.entry_id INTO orphan FROM (SELECT DISTINCT entry_id FROM fresh) f
    WHERE NOT EXISTS (SELECT FROM ledger.entry e WHERE e.id = f.entry_id) LIMIT 1;
    IF orphan IS NOT NULL THEN
        RAISE EXCEPTION 'there is no ledger entry %', orphan USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT entry_id INTO unbalanced FROM fresh GROUP BY entry_id HAVING sum(amount) <> 0 LIMIT 1;
    IF unbalanced IS NOT NULL THEN
        RAISE EXCEPTION 'ledger entry % does not sum to zero', unbalanced
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$body$;

CREATE TRIGGER posting_balanced AFTER INSERT ON ledger.posting
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.postings_sum_to_zero();

CREATE FUNCTION ledger.append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '% is append-only: write a reversal instead', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$body$;

CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON ledger.entry
    FOR EACH ROW EXECUTE FUNCTION ledger.append_only();
CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE ON ledger.posting
    FOR EACH ROW EXECUTE FUNCTION ledger.append_only();
