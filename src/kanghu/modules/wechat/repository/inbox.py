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


async def newest(tx: Tx, account_id: UUID) -> datetime | None:
    """When the last message came in."""
    return await tx.fetchval(
        "SELECT received_at FROM wechat.inbox WHERE account_id = $1 ORDER BY id DESC LIMIT 1", account_id
    )


async def purge(tx: Tx, before: datetime) -> None:
    await tx.execute("DELETE FROM wechat.inbox WHERE received_at < $1", before)
