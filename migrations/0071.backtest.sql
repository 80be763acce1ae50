-- A rulebook that was only tried out on history was never in force.
ALTER TABLE compliance.rulebook ADD COLUMN candidate boolean NOT NULL DEFAULT false;
