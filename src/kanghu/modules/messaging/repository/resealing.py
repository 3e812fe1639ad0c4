"""The sealed values of the module under the current key."""

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx

_SEALED = (
    ("messages", "content"),
    ("media", "content"),
    ("media", "playable"),
    ("media", "thumbnail"),
    ("service_sessions", "summary"),
    ("service_sessions", "comment"),
    ("transfers", "note"),
)


async def reseal(tx: Tx, limit: int) -> int:
    """Seals up to `limit` values again under the current key; how many. Call it until it says 0."""
    done = 0
    for table, column in _SEALED:
        found = await tx.fetch(
            f"""SELECT id, {column} AS sealed FROM messaging.{table}
                 WHERE {column} IS NOT NULL AND substring({column} FROM 1 FOR 4) <> $1
                 LIMIT $2 FOR UPDATE SKIP LOCKED""",
            vault.current_header(),
            limit - done,
        )
        for record in found:
            sealed = vault.reseal(record["sealed"], f"messaging.{table}.{column}", record["id"])
            await tx.execute(
                f"UPDATE messaging.{table} SET {column} = $2 WHERE id = $1", record["id"], sealed
            )
        done += len(found)
    return done
