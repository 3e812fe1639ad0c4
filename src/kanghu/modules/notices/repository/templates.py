"""Templates of notices, in versions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.notices.models import Template

_TEMPLATES = "SELECT id, code, version, title, body, placeholders, shipped, created_at FROM notices.templates"


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
