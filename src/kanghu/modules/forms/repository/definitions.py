"""Forms and their versions."""

from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.forms.models import FormRow, VersionRow

_FORMS = """
    SELECT f.id, f.code, f.title, f.kind,
           max(v.version) FILTER (WHERE v.status = 'published') AS published,
           max(v.version) FILTER (WHERE v.status = 'draft') AS draft
      FROM forms.forms f LEFT JOIN forms.form_versions v ON v.form_id = f.id
"""
_VERSIONS = """
    SELECT v.id, v.form_id, f.code, v.version, v.status, v.shipped, v.revision, v.updated_at, v.published_at, v.retired_at
      FROM forms.form_versions v JOIN forms.forms f ON f.id = v.form_id
"""


async def list_forms(tx: Tx, after: str, limit: int) -> list[FormRow]:
    return rows(
        FormRow,
        await tx.fetch(_FORMS + "WHERE f.code > $1 GROUP BY f.id ORDER BY f.code LIMIT $2", after, limit),
    )


async def get_form(tx: Tx, code: str) -> FormRow | None:
    return row(FormRow, await tx.fetchrow(_FORMS + "WHERE f.code = $1 GROUP BY f.id", code))


async def insert_form(tx: Tx, form_id: UUID, code: str, title: str, kind: str) -> bool:
    """Whether it was inserted; False when the code is taken."""
    done = await tx.fetchval(
        """INSERT INTO forms.forms (id, code, title, kind) VALUES ($1, $2, $3, $4)
           ON CONFLICT (code) DO NOTHING RETURNING true""",
        form_id,
        code,
        title,
        kind,
    )
    return bool(done)


async def lock_form(tx: Tx, form_id: UUID) -> None:
    """Versions of one form are numbered, published and retired one after the other."""
    await tx.execute("SELECT 1 FROM forms.forms WHERE id = $1 FOR UPDATE", form_id)


async def list_versions(tx: Tx, form_id: UUID) -> list[VersionRow]:
    return rows(
        VersionRow, await tx.fetch(_VERSIONS + "WHERE v.form_id = $1 ORDER BY v.version DESC", form_id)
    )


async def get_version(tx: Tx, code: str, version: int) -> VersionRow | None:
    return row(
        VersionRow, await tx.fetchrow(_VERSIONS + "WHERE f.code = $1 AND v.version = $2", code, version)
    )


async def published_version(tx: Tx, code: str) -> VersionRow | None:
    return row(
        VersionRow, await tx.fetchrow(_VERSIONS + "WHERE f.code = $1 AND v.status = 'published'", code)
    )


async def newest_shipped(tx: Tx, form_id: UUID) -> Any:
    """The definition that the product shipped last, None when there is none."""
    return await tx.fetchval(
        """SELECT definition FROM forms.form_versions
            WHERE form_id = $1 AND shipped ORDER BY version DESC LIMIT 1""",
        form_id,
    )


async def get_definition(tx: Tx, version_id: UUID) -> Any:
    """The definition as it was saved; in a draft it may be anything."""
    return await tx.fetchval("SELECT definition FROM forms.form_versions WHERE id = $1", version_id)


async def insert_draft(
    tx: Tx, version_id: UUID, form_id: UUID, definition: Any, author: UUID | None, *, shipped: bool = False
) -> int | None:
    """The number of the new draft, None when the form has a draft already. Call `lock_form` first."""
    number: int | None = await tx.fetchval(
        """INSERT INTO forms.form_versions (id, form_id, version, definition, created_by, shipped)
           SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5 FROM forms.form_versions WHERE form_id = $2
           ON CONFLICT (form_id) WHERE status = 'draft' DO NOTHING RETURNING version""",
        version_id,
        form_id,
        definition,
        author,
        shipped,
    )
    return number


async def save_draft(tx: Tx, version_id: UUID, revision: int, definition: Any) -> int | None:
    """The new revision, None when somebody else saved since `revision`."""
    saved: int | None = await tx.fetchval(
        """UPDATE forms.form_versions SET definition = $3, revision = revision + 1, updated_at = now()
            WHERE id = $1 AND revision = $2 AND status = 'draft' RETURNING revision""",
        version_id,
        revision,
        definition,
    )
    return saved


async def retire_published(tx: Tx, form_id: UUID) -> None:
    await tx.execute(
        """UPDATE forms.form_versions SET status = 'retired', retired_at = now(), updated_at = now()
            WHERE form_id = $1 AND status = 'published'""",
        form_id,
    )


async def publish_draft(tx: Tx, version_id: UUID, by: UUID | None, title: str) -> None:
    await tx.execute(
        """WITH published AS (
               UPDATE forms.form_versions
                  SET status = 'published', published_at = now(), published_by = $2, updated_at = now()
                WHERE id = $1 RETURNING form_id)
           UPDATE forms.forms SET title = $3 WHERE id = (SELECT form_id FROM published)""",
        version_id,
        by,
        title,
    )
