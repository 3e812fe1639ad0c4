"""Sealed columns of the module under a new key."""

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx

_COLUMNS = (
    ("accounts", "secret"),
    ("accounts", "callback_keys"),
    ("tokens", "value"),
    ("inbox", "body"),
    ("materials", "content"),
    ("materials", "playable"),
    ("materials", "thumbnail"),
)


async def reseal(tx: Tx, limit: int) -> int:
    """Up to `limit` values; how many. Call it until it says 0."""
    done = 0
    for table, column in _COLUMNS:
        found = await tx.fetch(
            f"""SELECT id, {column} AS sealed FROM wechat.{table}
                 WHERE {column} IS NOT NULL AND substring({column} FOR 4) <> $1 LIMIT $2 FOR UPDATE""",
            vault.current_header(),
            limit - done,
        )
        for record in found:
            sealed = vault.reseal(record["sealed"], f"wechat.{table}.{column}", record["id"])
            await tx.execute(f"UPDATE wechat.{table} SET {column} = $2 WHERE id = $1", record["id"], sealed)
        done += len(found)
    return done
