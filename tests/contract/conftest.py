"""Contracts are tests too: their assertions explain themselves."""

import pytest

pytest.register_assert_rewrite("tests.contract.telephony_contract")
