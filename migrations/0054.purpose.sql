-- What a campaign's calls are for: other law applies to some purposes, such as sales.

ALTER TABLE dialing.policy ADD COLUMN purpose text NOT NULL DEFAULT 'collection';
