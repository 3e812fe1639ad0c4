"""WeChats that somebody has proven to hold, which wait to be bound to a customer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row


@dataclass(frozen=True, slots=True)
class Offered:
    wechat_account_id: UUID
    openid: str


async def add(
    tx: Tx, offer_id: UUID, token_hash: bytes, account_id: UUID, openid: str, expires_at: datetime
) -> None:
    await tx.execute(
        """INSERT INTO accounts.wechat_offers (id, token_hash, wechat_account_id, openid, expires_at)
           VALUES ($1, $2, $3, $4, $5)""",
        offer_id,
        token_hash,
        account_id,
        openid,
        expires_at,
    )


async def peek(tx: Tx, token_hash: bytes, now: datetime) -> Offered | None:
    return row(
        Offered,
        await tx.fetchrow(
            "SELECT wechat_account_id, openid FROM accounts.wechat_offers WHERE token_hash = $1 AND expires_at > $2",
            token_hash,
            now,
        ),
    )


async def take(tx: Tx, token_hash: bytes, now: datetime) -> Offered | None:
    """Used up by this; of two at once one gets it."""
    return row(
        Offered,
        await tx.fetchrow(
            """DELETE FROM accounts.wechat_offers WHERE token_hash = $1 AND expires_at > $2
               RETURNING wechat_account_id, openid""",
            token_hash,
            now,
        ),
    )


async def purge(tx: Tx, now: datetime) -> None:
    await tx.execute("DELETE FROM accounts.wechat_offers WHERE expires_at < $1", now)
