"""One platform as real processes, to be killed and started again; every test leaves it healthy for the next."""

from collections.abc import Iterator

import pytest

from tests.resilience.battered import Battered
from tests.wire.prepared import PreparedHome


@pytest.fixture(scope="session")
def platform(prepared_home: PreparedHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Battered]:
    """Shared by the tests of this folder. When all is over, nothing of it may be left running."""
    running = Battered.install(prepared_home.copy_to(tmp_path_factory.mktemp("home")))
    yield running
    running.stop()
    assert running.survivors() == []
