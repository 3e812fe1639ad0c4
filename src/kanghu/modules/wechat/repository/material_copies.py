"""What WeChat holds of the library's entries: uploaded by one process at a time, read by everybody."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.wechat.models import CopyForm, MaterialCopy

_COPY = """SELECT material_id, form, media_id, expires_at, failure, failed_at, ended, taken_until FROM wechat.material_copies"""


async def of_materials(tx: Tx, material_ids: list[UUID]) -> list[MaterialCopy]:
    found = await tx.fetch(
        _COPY + " WHERE material_id = ANY ($1::uuid[]) ORDER BY material_id, form", material_ids
    )
    return rows(MaterialCopy, found)


async def read(tx: Tx, material_id: UUID, form: CopyForm) -> MaterialCopy | None:
    """The row, made when it is not there; None: the entry is gone."""
    await tx.execute(
        """INSERT INTO wechat.material_copies (material_id, form)
           SELECT id, $2 FROM wechat.materials WHERE id = $1 FOR KEY SHARE ON CONFLICT DO NOTHING""",
        material_id,
        form,
    )
    return row(
        MaterialCopy,
        await tx.fetchrow(_COPY + " WHERE material_id = $1 AND form = $2", material_id, form),
    )


async def take(tx: Tx, seen: MaterialCopy, turn: UUID, now: datetime, until: datetime) -> bool:
    """Whether `turn` may upload it: nobody does so now, and nobody has done so since `seen` was read."""
    done = await tx.fetchval(
        """UPDATE wechat.material_copies SET taken_by = $4, taken_until = $6
            WHERE material_id = $1 AND form = $2 AND ended = $3 AND (taken_until IS NULL OR taken_until <= $5)
           RETURNING true""",
        seen.material_id,
        seen.form,
        seen.ended,
        turn,
        now,
        until,
    )
    return bool(done)


async def keep(tx: Tx, seen: MaterialCopy, turn: UUID, media_id: str, expires_at: datetime | None) -> bool:
    """The turn ends well; False when it lasted too long and was taken over, or the entry is gone: the upload is nobody's."""
    done = await tx.fetchval(
        """UPDATE wechat.material_copies
              SET media_id = $4, expires_at = $5, failure = '', failed_at = NULL, ended = ended + 1, taken_by = NULL,
                  taken_until = NULL
            WHERE material_id = $1 AND form = $2 AND taken_by = $3 RETURNING true""",
        seen.material_id,
        seen.form,
        turn,
        media_id,
        expires_at,
    )
    return bool(done)


async def give_up(tx: Tx, seen: MaterialCopy, turn: UUID, failure: str, now: datetime) -> None:
    """The turn ends without a copy; what was there stays."""
    await tx.execute(
        """UPDATE wechat.material_copies
              SET failure = $4, failed_at = $5, ended = ended + 1, taken_by = NULL, taken_until = NULL
            WHERE material_id = $1 AND form = $2 AND taken_by = $3""",
        seen.material_id,
        seen.form,
        turn,
        failure,
        now,
    )


async def permanent_ids(tx: Tx, material_id: UUID) -> list[str]:
    found = await tx.fetch(
        """SELECT media_id FROM wechat.material_copies
            WHERE material_id = $1 AND form = 'permanent' AND media_id IS NOT NULL""",
        material_id,
    )
    return [record["media_id"] for record in found]


async def due(tx: Tx, now: datetime, soon: datetime, not_failed_since: datetime, limit: int) -> list[UUID]:
    """Entries that a rule in use answers with and WeChat does not hold, or not beyond `soon`; those that failed lately wait."""
    found = await tx.fetch(
        """SELECT DISTINCT u.material_id
             FROM wechat.material_uses AS u
             JOIN wechat.reply_rules AS r ON r.id = u.rule_id AND r.enabled
             JOIN wechat.accounts AS a ON a.id = u.account_id AND a.active
             JOIN wechat.materials AS m ON m.id = u.material_id
            CROSS JOIN LATERAL unnest(
                CASE WHEN m.kind = 'video' THEN ARRAY['temporary', 'thumb'] ELSE ARRAY['temporary'] END) AS needed (form)
             LEFT JOIN wechat.material_copies AS c ON c.material_id = u.material_id AND c.form = needed.form
            WHERE (c.media_id IS NULL OR c.expires_at <= $2) AND (c.failed_at IS NULL OR c.failed_at <= $3)
              AND (c.taken_until IS NULL OR c.taken_until <= $1)
            ORDER BY u.material_id LIMIT $4""",
        now,
        soon,
        not_failed_since,
        limit,
    )
    return [record["material_id"] for record in found]
