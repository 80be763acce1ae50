-- Letters and private messages on social media are ways of contact like the others: they have
-- consents, verdicts and a place in the contact log.

ALTER TABLE accounts.consent
    DROP CONSTRAINT consent_channel_check,
    ADD CONSTRAINT consent_channel_check CHECK (
        channel IN ('call', 'sms', 'email', 'letter', 'social', 'all')
    );

ALTER TABLE compliance.contact
    DROP CONSTRAINT contact_medium_check,
    ADD CONSTRAINT contact_medium_check CHECK (
        medium IN ('call', 'sms', 'email', 'letter', 'social', 'meeting')
    );
