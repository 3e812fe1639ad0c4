"""Sealed columns of the module under a new key."""

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx

_COLUMNS = (
    ("notices", "id", "title"),
    ("notices", "id", "body"),
    ("deliveries", "id", "address"),
    ("emails", "person_id", "email"),
    ("emails", "person_id", "code"),
)


async def reseal(tx: Tx, limit: int) -> int:
    """Up to `limit` values; how many. Call it until it says 0."""
    done = 0
    for table, key, column in _COLUMNS:
        found = await tx.fetch(
            f"""SELECT {key} AS key, {column} AS sealed FROM notices.{table}
                 WHERE {column} IS NOT NULL AND substring({column} FOR 4) <> $1 LIMIT $2 FOR UPDATE SKIP LOCKED""",
            vault.current_header(),
            limit - done,
        )
        context = f"notices.{table}.{column}"
        await tx.executemany(
            f"UPDATE notices.{table} SET {column} = $2 WHERE {key} = $1",
            [(record["key"], vault.reseal(record["sealed"], context, record["key"])) for record in found],
        )
        done += len(found)
    return done
