"""Sealed values again under the current key, a few rows at a time."""

from uuid import UUID

import asyncpg

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.modules.accounts import sealing


async def reseal(tx: Tx, limit: int) -> int:
    """Seals up to `limit` rows of each table again that carry an old key or cipher; how many, 0 when none is left.

    Rows that somebody is changing are passed over: what they carry is seen at the next call.
    """
    current = vault.current_header()
    return (
        await _reseal_accounts(tx, current, limit)
        + await _reseal_totp(tx, current, limit)
        + await _reseal_secrets(tx, current, limit)
        + await _reseal_messages(tx, current, limit)
    )


async def _reseal_accounts(tx: Tx, current: bytes, limit: int) -> int:
    """Name and phone are always sealed together, so the name tells for both."""
    found = await tx.fetch(
        """SELECT id, display_name_sealed AS name, phone_sealed AS phone FROM accounts.accounts
            WHERE substring(display_name_sealed FROM 1 FOR 4) < $1 OR substring(display_name_sealed FROM 1 FOR 4) > $1
            LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED""",
        current,
        limit,
    )
    await tx.execute(
        """UPDATE accounts.accounts AS a SET display_name_sealed = n.name, phone_sealed = n.phone
             FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS n (id, name, phone) WHERE a.id = n.id""",
        [record["id"] for record in found],
        [_again(record, "name", sealing.NAME) for record in found],
        [_again(record, "phone", sealing.PHONE) for record in found],
    )
    return len(found)


async def _reseal_totp(tx: Tx, current: bytes, limit: int) -> int:
    found = await tx.fetch(
        """SELECT account_id AS id, secret_sealed AS secret FROM accounts.totp
            WHERE substring(secret_sealed FROM 1 FOR 4) <> $1 LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED""",
        current,
        limit,
    )
    await tx.execute(
        """UPDATE accounts.totp AS t SET secret_sealed = n.secret
             FROM unnest($1::uuid[], $2::bytea[]) AS n (id, secret) WHERE t.account_id = n.id""",
        [record["id"] for record in found],
        [_again(record, "secret", sealing.TOTP) for record in found],
    )
    return len(found)


async def _reseal_secrets(tx: Tx, current: bytes, limit: int) -> int:
    found = await tx.fetch(
        """SELECT id, secret_sealed AS secret FROM accounts.api_secrets
            WHERE substring(secret_sealed FROM 1 FOR 4) <> $1 LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED""",
        current,
        limit,
    )
    await tx.execute(
        """UPDATE accounts.api_secrets AS s SET secret_sealed = n.secret
             FROM unnest($1::uuid[], $2::bytea[]) AS n (id, secret) WHERE s.id = n.id""",
        [record["id"] for record in found],
        [_again(record, "secret", sealing.SECRET) for record in found],
    )
    return len(found)


async def _reseal_messages(tx: Tx, current: bytes, limit: int) -> int:
    found = await tx.fetch(
        """SELECT id, message_sealed AS message FROM accounts.phone_codes
            WHERE substring(message_sealed FROM 1 FOR 4) <> $1 LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED""",
        current,
        limit,
    )
    await tx.execute(
        """UPDATE accounts.phone_codes AS c SET message_sealed = n.message
             FROM unnest($1::uuid[], $2::bytea[]) AS n (id, message) WHERE c.id = n.id""",
        [record["id"] for record in found],
        [_again(record, "message", sealing.MESSAGE) for record in found],
    )
    return len(found)


def _again(record: asyncpg.Record, column: str, context: str) -> bytes | None:
    sealed, row_id = record[column], record["id"]
    assert isinstance(row_id, UUID)
    return None if sealed is None else vault.seal(vault.open_bytes(sealed, context, row_id), context, row_id)
