"""The exam centre's one SQLite file."""

from importlib import resources
from pathlib import Path

from kanghu_sandbox.sqlite import SqliteStore, Tx

__all__ = ["Store", "Tx"]


class Store(SqliteStore):
    """`<home>/exam-centre.sqlite3`."""

    def __init__(self, home: Path) -> None:
        schema = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
        super().__init__(home / "exam-centre.sqlite3", schema)
