"""Notices, and the inboxes that they make."""

from uuid import UUID

from asyncpg import Record

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.modules.notices.models import Notice, Recipient

_COLUMNS = "id, template_code, person_id, account_id, title, body, data, subject, created_at, read_at"
TITLE, BODY = "notices.notices.title", "notices.notices.body"


async def insert_notice(tx: Tx, notice: Notice, template_id: UUID, once_key: str | None) -> bool:
    """Whether it was inserted; False when a notice with this `once_key` is there already."""
    done = await tx.fetchval(
        """INSERT INTO notices.notices (id, template_id, template_code, person_id, account_id, title, body, data, subject,
                                        once_key, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (once_key) DO NOTHING RETURNING true""",
        notice.id,
        template_id,
        notice.template_code,
        notice.person_id,
        notice.account_id,
        vault.seal(notice.title, TITLE, notice.id),
        vault.seal(notice.body, BODY, notice.id),
        notice.data,
        notice.subject,
        once_key,
        notice.created_at,
    )
    return bool(done)


def _notice(record: Record) -> Notice:
    opened = {
        "title": vault.open(record["title"], TITLE, record["id"]),
        "body": vault.open(record["body"], BODY, record["id"]),
    }
    return Notice(**{**record, **opened})


async def by_once_key(tx: Tx, once_key: str) -> Notice | None:
    record = await tx.fetchrow(f"SELECT {_COLUMNS} FROM notices.notices WHERE once_key = $1", once_key)
    return None if record is None else _notice(record)


async def list_notices(
    tx: Tx, recipient: Recipient, unread_only: bool, before: UUID | None, limit: int
) -> list[Notice]:
    """A page, newest first. Two inboxes, each along its own index: an OR would walk the whole table backwards."""
    found = await tx.fetch(
        f"""(SELECT {_COLUMNS} FROM notices.notices
              WHERE person_id = $1 AND (NOT $3 OR read_at IS NULL) AND ($4::uuid IS NULL OR id < $4)
              ORDER BY id DESC LIMIT $5)
            UNION ALL
            (SELECT {_COLUMNS} FROM notices.notices
              WHERE account_id = $2 AND (NOT $3 OR read_at IS NULL) AND ($4::uuid IS NULL OR id < $4)
              ORDER BY id DESC LIMIT $5)
            ORDER BY id DESC LIMIT $5""",
        recipient.person_id,
        recipient.account_id,
        unread_only,
        before,
        limit,
    )
    return [_notice(record) for record in found]


async def count_unread(tx: Tx, recipient: Recipient) -> int:
    count: int = await tx.fetchval(
        """SELECT (SELECT count(*) FROM notices.notices WHERE person_id = $1 AND read_at IS NULL)
                + (SELECT count(*) FROM notices.notices WHERE account_id = $2 AND read_at IS NULL)""",
        recipient.person_id,
        recipient.account_id,
    )
    return count


async def mark_read(tx: Tx, recipient: Recipient, notice_id: UUID) -> bool:
    """Whether it is one of theirs; the first reading counts."""
    done = await tx.fetchval(
        """UPDATE notices.notices SET read_at = coalesce(read_at, now())
            WHERE id = $3 AND (person_id = $1 OR account_id = $2) RETURNING true""",
        recipient.person_id,
        recipient.account_id,
        notice_id,
    )
    return bool(done)


async def mark_read_up_to(tx: Tx, recipient: Recipient, newest: UUID) -> None:
    """All unread ones that are not newer than `newest`: what came after the list was drawn stays unread."""
    await tx.execute(
        """UPDATE notices.notices SET read_at = now()
            WHERE (person_id = $1 OR account_id = $2) AND read_at IS NULL AND id <= $3""",
        recipient.person_id,
        recipient.account_id,
        newest,
    )


async def hold(tx: Tx, notice_id: UUID) -> Notice | None:
    """The notice, locked until the transaction ends: who decides about its ways out does so alone."""
    record = await tx.fetchrow(f"SELECT {_COLUMNS} FROM notices.notices WHERE id = $1 FOR UPDATE", notice_id)
    return None if record is None else _notice(record)
