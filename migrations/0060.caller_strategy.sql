-- How a campaign chooses the number to show, and for how many days one stays with a person.
ALTER TABLE dialing.policy
    ADD COLUMN caller_strategy text NOT NULL DEFAULT 'sticky' CHECK (
        caller_strategy IN ('sticky', 'fixed', 'local', 'carousel')
    ),
    ADD COLUMN sticky_days integer NOT NULL DEFAULT 30 CHECK (sticky_days BETWEEN 1 AND 366);
