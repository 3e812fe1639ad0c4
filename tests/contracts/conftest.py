"""The house with two institutions: built once for the tests that leave it as it is."""

from collections.abc import AsyncIterator

import pytest

from kanghu.main.live import stream

from ..copies import Copies
from .house import House, built


@pytest.fixture(autouse=True)
def streams_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests read whole answers; open streams are for tests/live."""
    monkeypatch.setattr(stream, "LONGEST_S", 0.0)


@pytest.fixture(scope="session")
async def house(copies: Copies) -> AsyncIterator[House]:
    async with copies.opened(size=6) as database, built(database) as made:
        yield made
