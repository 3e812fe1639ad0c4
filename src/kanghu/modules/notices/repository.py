"""All SQL of the module."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import Record

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.notices.models import Notice, Recipient, Template

_TEMPLATES = "SELECT id, code, version, title, body, placeholders, shipped, created_at FROM notices.templates"
_COLUMNS = "id, template_code, person_id, account_id, title, body, data, subject, created_at, read_at"
TITLE, BODY = "notices.notices.title", "notices.notices.body"


async def list_templates(tx: Tx) -> list[Template]:
    """The template in force of each code."""
    found = await tx.fetch(
        """SELECT DISTINCT ON (code) id, code, version, title, body, placeholders, shipped, created_at
             FROM notices.templates ORDER BY code, version DESC"""
    )
    return rows(Template, found)


async def current_template(tx: Tx, code: str) -> Template | None:
    return row(
        Template, await tx.fetchrow(_TEMPLATES + " WHERE code = $1 ORDER BY version DESC LIMIT 1", code)
    )


async def newest_shipped(tx: Tx, code: str) -> Template | None:
    return row(
        Template,
        await tx.fetchrow(_TEMPLATES + " WHERE code = $1 AND shipped ORDER BY version DESC LIMIT 1", code),
    )


async def list_versions(tx: Tx, code: str) -> list[Template]:
    return rows(Template, await tx.fetch(_TEMPLATES + " WHERE code = $1 ORDER BY version DESC", code))


async def insert_template(
    tx: Tx,
    template_id: UUID,
    code: str,
    version: int,
    title: str,
    body: str,
    placeholders: Mapping[str, Any],
    *,
    shipped: bool,
    author: UUID | None,
) -> bool:
    """Whether it was inserted; False when somebody else made this version first."""
    done = await tx.fetchval(
        """INSERT INTO notices.templates (id, code, version, title, body, placeholders, shipped, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (code, version) DO NOTHING RETURNING true""",
        template_id,
        code,
        version,
        title,
        body,
        placeholders,
        shipped,
        author,
    )
    return bool(done)


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


async def insert_delivery(tx: Tx, delivery_id: UUID, notice_id: UUID, channel: str, state: str) -> None:
    await tx.execute(
        "INSERT INTO notices.deliveries (id, notice_id, channel, state) VALUES ($1, $2, $3, $4)",
        delivery_id,
        notice_id,
        channel,
        state,
    )


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


async def reseal(tx: Tx, limit: int) -> int:
    """Seals up to `limit` notices again under the current key; how many."""
    found = await tx.fetch(
        """SELECT id, title, body FROM notices.notices
            WHERE substring(title FOR 4) <> $1 OR substring(body FOR 4) <> $1 LIMIT $2 FOR UPDATE SKIP LOCKED""",
        vault.current_header(),
        limit,
    )
    await tx.executemany(
        "UPDATE notices.notices SET title = $2, body = $3 WHERE id = $1",
        [
            (
                record["id"],
                vault.reseal(record["title"], TITLE, record["id"]),
                vault.reseal(record["body"], BODY, record["id"]),
            )
            for record in found
        ],
    )
    return len(found)
