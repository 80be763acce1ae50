-- Predictive pacing: a third way to place lines.
ALTER TABLE dialing.policy DROP CONSTRAINT policy_mode_check;
ALTER TABLE dialing.policy ADD CONSTRAINT policy_mode_check
    CHECK (mode IN ('progressive', 'ratio', 'predictive'));
