"""Due attempts, pacing and origination: one account decided at the instant of dialing."""
