"""Menus: at most one draft of an account, and what was published."""

from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat.models import MenuRow

_MENU = (
    """SELECT id, account_id, number, content, revision, state, changed_at, published_at FROM wechat.menus"""
)


async def list_menus(tx: Tx, account_id: UUID) -> list[MenuRow]:
    """Newest first, the last fifty."""
    return rows(
        MenuRow, await tx.fetch(_MENU + " WHERE account_id = $1 ORDER BY number DESC LIMIT 50", account_id)
    )


async def draft(tx: Tx, account_id: UUID) -> MenuRow | None:
    return row(MenuRow, await tx.fetchrow(_MENU + " WHERE account_id = $1 AND state = 'draft'", account_id))


async def in_force(tx: Tx, account_id: UUID) -> MenuRow | None:
    """The one that was published last."""
    return row(
        MenuRow,
        await tx.fetchrow(
            _MENU + " WHERE account_id = $1 AND state = 'published' ORDER BY number DESC LIMIT 1", account_id
        ),
    )


async def published(tx: Tx, account_id: UUID, number: int) -> MenuRow | None:
    """A version that was published at some time."""
    return row(
        MenuRow,
        await tx.fetchrow(
            _MENU + " WHERE account_id = $1 AND number = $2 AND state = 'published'", account_id, number
        ),
    )


async def add_draft(tx: Tx, account_id: UUID, content: object, author: UUID | None) -> bool:
    """False when somebody else began one first."""
    done = await tx.fetchval(
        """INSERT INTO wechat.menus (id, account_id, number, content, changed_by)
           VALUES ($1, $2, (SELECT coalesce(max(number), 0) + 1 FROM wechat.menus WHERE account_id = $2), $3, $4)
           ON CONFLICT DO NOTHING RETURNING true""",
        new_id(),
        account_id,
        content,
        author,
    )
    return bool(done)


async def change_draft(tx: Tx, account_id: UUID, revision: int, content: object, author: UUID | None) -> bool:
    """False when somebody else changed or published it since `revision`."""
    done = await tx.fetchval(
        """UPDATE wechat.menus SET content = $3, revision = revision + 1, changed_by = $4, changed_at = now()
            WHERE account_id = $1 AND state = 'draft' AND revision = $2 RETURNING true""",
        account_id,
        revision,
        content,
        author,
    )
    return bool(done)


async def mark_published(tx: Tx, menu_id: UUID, revision: int, content: object, by: UUID | None) -> bool:
    """`content`: as WeChat was told. False when it was changed meanwhile."""
    done = await tx.fetchval(
        """UPDATE wechat.menus SET state = 'published', content = $3, published_by = $4, published_at = now()
            WHERE id = $1 AND revision = $2 AND state = 'draft' RETURNING true""",
        menu_id,
        revision,
        content,
        by,
    )
    return bool(done)
