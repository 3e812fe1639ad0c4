"""Codes by SMS."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from kanghu.kernel.db import Tx, row
from kanghu.modules.accounts.models import PhoneCode


@dataclass(frozen=True, slots=True)
class Asked:
    """How often codes were asked for: by the phone for this purpose last, by it in an hour and a day, by the address in an hour."""

    last_at: datetime | None
    phone_hour: int
    phone_day: int
    address_hour: int


async def asked(tx: Tx, phone_index: bytes, address_index: bytes, purpose: str, now: datetime) -> Asked:
    """Counts before one more; requests for one phone come one after another until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))", phone_index)
    found = row(
        Asked,
        await tx.fetchrow(
            """SELECT max(created_at) FILTER (WHERE purpose = $3) AS last_at,
                      count(*) FILTER (WHERE created_at > $5) AS phone_hour, count(*) AS phone_day,
                      (SELECT count(*) FROM accounts.phone_codes WHERE address_index = $2 AND created_at > $5) AS address_hour
                 FROM accounts.phone_codes WHERE phone_index = $1 AND created_at > $4""",
            phone_index,
            address_index,
            purpose,
            now - timedelta(days=1),
            now - timedelta(hours=1),
        ),
    )
    assert found is not None
    return found


async def add(tx: Tx, new: PhoneCode, address_index: bytes, created_at: datetime) -> None:
    await tx.execute(
        """INSERT INTO accounts.phone_codes (id, purpose, phone_index, address_index, code_hash, message_sealed, created_at,
                                             expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        new.id,
        new.purpose,
        new.phone_index,
        address_index,
        new.code_hash,
        new.message_sealed,
        created_at,
        new.expires_at,
    )


_CODE = """SELECT id, purpose, phone_index, code_hash, message_sealed, expires_at, tries, used_at
             FROM accounts.phone_codes"""


async def hold_newest(tx: Tx, phone_index: bytes, purpose: str) -> PhoneCode | None:
    """The one code that may count, locked until the transaction ends."""
    return row(
        PhoneCode,
        await tx.fetchrow(
            _CODE
            + " WHERE phone_index = $1 AND purpose = $2 ORDER BY created_at DESC, id DESC LIMIT 1 FOR UPDATE",
            phone_index,
            purpose,
        ),
    )


async def get(tx: Tx, code_id: UUID) -> PhoneCode | None:
    return row(PhoneCode, await tx.fetchrow(_CODE + " WHERE id = $1", code_id))


async def count_try(tx: Tx, code_id: UUID) -> None:
    await tx.execute("UPDATE accounts.phone_codes SET tries = tries + 1 WHERE id = $1", code_id)


async def use(tx: Tx, code_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE accounts.phone_codes SET used_at = $2, message_sealed = NULL WHERE id = $1", code_id, now
    )


async def forget_message(tx: Tx, code_id: UUID) -> None:
    await tx.execute("UPDATE accounts.phone_codes SET message_sealed = NULL WHERE id = $1", code_id)


async def purge(tx: Tx, before: datetime) -> None:
    await tx.execute("DELETE FROM accounts.phone_codes WHERE created_at < $1", before)
