-- How often a method was declined for an account is asked before each payment.
CREATE INDEX payment_declined ON payments.payment (account_id, settled_at)
    WHERE state = 'declined';
