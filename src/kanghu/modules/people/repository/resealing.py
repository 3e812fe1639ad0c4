"""The sealed values of identity checks under the current key; those of persons are written together (`persons.reseal`)."""

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx

_SEALED = (("identity_checks", "ticket"), ("id_card_pictures", "content"))


async def reseal_checks(tx: Tx, limit: int) -> int:
    """Seals up to `limit` values again under the current key; how many. Call it until it says 0."""
    done = 0
    for table, column in _SEALED:
        found = await tx.fetch(
            f"""SELECT id, {column} AS sealed FROM people.{table}
                 WHERE {column} IS NOT NULL AND substring({column} FROM 1 FOR 4) <> $1
                 LIMIT $2 FOR UPDATE SKIP LOCKED""",
            vault.current_header(),
            limit - done,
        )
        for record in found:
            sealed = vault.reseal(record["sealed"], f"people.{table}.{column}", record["id"])
            await tx.execute(f"UPDATE people.{table} SET {column} = $2 WHERE id = $1", record["id"], sealed)
        done += len(found)
    return done
