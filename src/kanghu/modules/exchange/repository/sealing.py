"""Sealed columns of the exchange under a new key."""

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx

_COLUMNS = (("messages", "body"), ("messages", "answer"), ("vendors", "call_secret"))


async def reseal(tx: Tx, limit: int) -> int:
    done = 0
    for table, column in _COLUMNS:
        found = await tx.fetch(
            f"""SELECT id, {column} AS sealed FROM exchange.{table}
                 WHERE {column} IS NOT NULL AND substring({column} FOR 4) <> $1 LIMIT $2 FOR UPDATE""",
            vault.current_header(),
            limit - done,
        )
        for record in found:
            sealed = vault.reseal(record["sealed"], f"exchange.{table}.{column}", record["id"])
            await tx.execute(f"UPDATE exchange.{table} SET {column} = $2 WHERE id = $1", record["id"], sealed)
        done += len(found)
    return done
