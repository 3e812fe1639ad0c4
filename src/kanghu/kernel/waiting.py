"""How much waits for somebody, and since when: what a module tells to the workbench."""

from dataclasses import dataclass
from datetime import datetime

from kanghu.kernel.db import Record


@dataclass(frozen=True, slots=True)
class Waiting:
    count: int
    oldest_at: datetime | None

    @classmethod
    def counted(cls, record: Record | None) -> "Waiting":
        """From the one row of an aggregate, whose columns are called like the fields."""
        assert record is not None
        return cls(**record)
