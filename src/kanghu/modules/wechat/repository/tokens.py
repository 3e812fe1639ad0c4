"""Tokens that all processes share, one row of each kind for an account."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat.models import Token

VALUE = "wechat.tokens.value"


async def read(tx: Tx, account_id: UUID, kind: str) -> Token | None:
    return _token(
        await tx.fetchrow(
            """SELECT id, value, expires_at, ended, failure FROM wechat.tokens
                WHERE account_id = $1 AND kind = $2""",
            account_id,
            kind,
        )
    )


def _token(record: Record | None) -> Token | None:
    if record is None:
        return None
    sealed = record["value"]
    opened = None if sealed is None else vault.open(sealed, VALUE, record["id"])
    return Token(record["id"], opened, record["expires_at"], record["ended"], record["failure"])


async def ensure(tx: Tx, account_id: UUID, kind: str) -> None:
    await tx.execute(
        """INSERT INTO wechat.tokens (id, account_id, kind) VALUES ($1, $2, $3)
           ON CONFLICT (account_id, kind) DO NOTHING""",
        new_id(),
        account_id,
        kind,
    )


async def take(tx: Tx, seen: Token, turn: UUID, now: datetime, until: datetime) -> bool:
    """Whether `turn` may refresh it: nobody does so now, and nobody has done so since `seen` was read."""
    done = await tx.fetchval(
        """UPDATE wechat.tokens SET taken_by = $3, taken_until = $5
            WHERE id = $1 AND ended = $2 AND (taken_until IS NULL OR taken_until <= $4) RETURNING true""",
        seen.id,
        seen.ended,
        turn,
        now,
        until,
    )
    return bool(done)


async def keep(tx: Tx, token_id: UUID, turn: UUID, value: str, expires_at: datetime) -> None:
    """The turn ends well; one that has lasted too long and was taken over changes nothing."""
    await tx.execute(
        """UPDATE wechat.tokens
              SET value = $3, expires_at = $4, failure = NULL, ended = ended + 1, taken_by = NULL, taken_until = NULL
            WHERE id = $1 AND taken_by = $2""",
        token_id,
        turn,
        vault.seal(value, VALUE, token_id),
        expires_at,
    )


async def give_up(tx: Tx, token_id: UUID, turn: UUID, failure: int) -> None:
    """The turn ends without a token: those who wait for it are told the error code. What was there stays."""
    await tx.execute(
        """UPDATE wechat.tokens SET failure = $3, ended = ended + 1, taken_by = NULL, taken_until = NULL
            WHERE id = $1 AND taken_by = $2""",
        token_id,
        turn,
        failure,
    )


async def forget(tx: Tx, account_id: UUID) -> None:
    """What was got with settings that are no more."""
    await tx.execute("DELETE FROM wechat.tokens WHERE account_id = $1", account_id)
