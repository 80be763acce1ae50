"""Reading scenarios and asking their questions: pure functions of text and rulebook."""

from goodterms.scenarios.decide.scenario import read_scenarios, run_check, run_priced

__all__ = ["read_scenarios", "run_check", "run_priced"]
