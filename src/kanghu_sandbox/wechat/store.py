"""WeChat's one SQLite file: fans must outlive a restart, or the platform would hold openids that nobody knows any more."""

from importlib import resources
from pathlib import Path

from kanghu_sandbox.sqlite import SqliteStore, Tx

__all__ = ["Store", "Tx", "keep_newest"]


class Store(SqliteStore):
    """`<home>/wechat.sqlite3`."""

    def __init__(self, home: Path) -> None:
        schema = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
        super().__init__(home / "wechat.sqlite3", schema)


def keep_newest(tx: Tx, table: str, order: str, most: int) -> None:
    """Bound a table of this schema: keep the `most` rows that are newest by `order`."""
    tx.execute(
        f"DELETE FROM {table} WHERE rowid NOT IN (SELECT rowid FROM {table} ORDER BY {order} DESC LIMIT {most})"
    )
