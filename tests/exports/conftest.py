"""The house with two institutions, for whoever exports its lists."""

from tests.contracts.conftest import house  # noqa: F401 - a fixture
