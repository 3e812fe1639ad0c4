"""What WeChat has pushed, each message once."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.modules.wechat.models import Inbound, Kept

BODY = "wechat.inbox.body"


async def insert(tx: Tx, message: Inbound, dedupe_key: bytes, body: bytes) -> bool:
    """Whether it is new: of several at once, one is."""
    done = await tx.fetchval(
        """INSERT INTO wechat.inbox (id, account_id, dedupe_key, openid, kind, event, body, sent_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id, dedupe_key) DO NOTHING RETURNING true""",
        message.id,
        message.account_id,
        dedupe_key,
        message.openid,
        message.kind,
        message.event or None,
        vault.seal(body, BODY, message.id),
        message.sent_at,
    )
    return bool(done)


async def get(tx: Tx, inbox_id: UUID) -> Kept | None:
    found = await tx.fetchrow("SELECT id, account_id, body FROM wechat.inbox WHERE id = $1", inbox_id)
    if found is None:
        return None
    return Kept(inbox_id, found["account_id"], vault.open_bytes(found["body"], BODY, inbox_id))


async def untaken(tx: Tx, account_id: UUID, openid: str, up_to: UUID) -> list[UUID]:
    """Messages of a fan that the desk has not taken over, as they came, none after `up_to`."""
    found = await tx.fetch(
        """SELECT id FROM wechat.inbox
            WHERE account_id = $1 AND openid = $2 AND id <= $3 AND taken_at IS NULL AND kind <> 'event' ORDER BY id""",
        account_id,
        openid,
        up_to,
    )
    return [record["id"] for record in found]


async def take(tx: Tx, inbox_id: UUID, now: datetime) -> bool:
    """Whether it was taken now; of several at once, one does."""
    done = await tx.fetchval(
        "UPDATE wechat.inbox SET taken_at = $2 WHERE id = $1 AND taken_at IS NULL RETURNING true",
        inbox_id,
        now,
    )
    return bool(done)


async def newest(tx: Tx, account_id: UUID) -> datetime | None:
    """When the last message came in."""
    return await tx.fetchval(
        "SELECT received_at FROM wechat.inbox WHERE account_id = $1 ORDER BY id DESC LIMIT 1", account_id
    )


async def purge(tx: Tx, before: datetime) -> None:
    await tx.execute("DELETE FROM wechat.inbox WHERE received_at < $1", before)
