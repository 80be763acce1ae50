"""The running product for the browser tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.fakes.house import House, house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The product with everything real in it, running once for all tests of a module."""
    async with house(tmp_path_factory.mktemp("house")) as built:
        yield built
