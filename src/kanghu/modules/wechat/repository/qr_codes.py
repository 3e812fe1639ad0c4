"""QR codes with scenes, as WeChat made them."""

from uuid import UUID

from kanghu.kernel.db import Tx, rows
from kanghu.modules.wechat.models import QrCode


async def list_codes(tx: Tx, account_id: UUID) -> list[QrCode]:
    """Newest first, the last five hundred."""
    found = await tx.fetch(
        """SELECT id, account_id, name, scene, ticket, url, expires_at, created_at, follows, scans FROM wechat.qr_codes
            WHERE account_id = $1 ORDER BY id DESC LIMIT 500""",
        account_id,
    )
    return rows(QrCode, found)


async def insert(tx: Tx, made: QrCode, by: UUID | None) -> None:
    await tx.execute(
        """INSERT INTO wechat.qr_codes (id, account_id, name, scene, ticket, url, expires_at, created_at, made_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        made.id,
        made.account_id,
        made.name,
        made.scene,
        made.ticket,
        made.url,
        made.expires_at,
        made.created_at,
        by,
    )


async def count(tx: Tx, account_id: UUID, scene: str, *, follows: int = 0, scans: int = 0) -> None:
    """One scan more. WeChat tells the scene; of several codes with the same, the newest is the one in use."""
    await tx.execute(
        """UPDATE wechat.qr_codes SET follows = follows + $3, scans = scans + $4
            WHERE id = (SELECT id FROM wechat.qr_codes WHERE account_id = $1 AND scene = $2
                         ORDER BY id DESC LIMIT 1)""",
        account_id,
        scene,
        follows,
        scans,
    )
