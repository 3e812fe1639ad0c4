"""SQL of the item trees (语义扩展)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.waiting import Waiting
from kanghu.modules.catalog.models import ItemTree, ItemTreeHead
from kanghu.modules.catalog.repository.text_search import matching

COLUMNS: Final = """id, item_code, version, status, nodes, change_note, author_id, author_name, created_at, submitted_at,
    decided_by, decided_by_name, decided_at, decision_note, revision"""


async def get(tx: Tx, tree_id: UUID, *, lock: bool = False) -> ItemTree | None:
    suffix = " FOR UPDATE" if lock else ""
    return row(
        ItemTree,
        await tx.fetchrow(f"SELECT {COLUMNS} FROM catalog.item_trees WHERE id = $1{suffix}", tree_id),
    )


async def approved(tx: Tx, item_codes: Sequence[str]) -> list[ItemTree]:
    return rows(
        ItemTree,
        await tx.fetch(
            f"SELECT {COLUMNS} FROM catalog.item_trees WHERE item_code = ANY($1) AND status = 'approved'",
            list(item_codes),
        ),
    )


async def versions(tx: Tx, item_code: str) -> list[ItemTree]:
    """Newest first."""
    return rows(
        ItemTree,
        await tx.fetch(
            f"SELECT {COLUMNS} FROM catalog.item_trees WHERE item_code = $1 ORDER BY version DESC",
            item_code,
        ),
    )


async def heads(
    tx: Tx, term: str, status: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[ItemTreeHead]:
    """Versions by the item's name or code, and by status; the longest waiting first."""
    at, tree_id = after or (None, None)
    return rows(
        ItemTreeHead,
        await tx.fetch(
            f"""SELECT t.id, t.item_code, i.name AS item_name, t.version, t.status, jsonb_array_length(t.nodes) AS elements,
                       t.change_note, t.author_id, t.author_name, t.created_at, t.submitted_at, t.decided_by_name, t.decided_at
                  FROM catalog.item_trees t JOIN catalog.items i ON i.code = t.item_code
                 WHERE {matching("i.search", 1, term)} AND ($2::text IS NULL OR t.status = $2)
                   AND ($3::timestamptz IS NULL OR (coalesce(t.submitted_at, t.created_at), t.id) > ($3, $4))
                 ORDER BY coalesce(t.submitted_at, t.created_at), t.id LIMIT $5""",
            term,
            status,
            at,
            tree_id,
            limit,
        ),
    )


async def count_submitted(tx: Tx, but_of: UUID | None) -> Waiting:
    """Versions that wait for approval; nobody approves their own."""
    found = await tx.fetchrow(
        """SELECT count(*) AS count, min(submitted_at) AS oldest_at FROM catalog.item_trees
            WHERE status = 'submitted' AND author_id IS DISTINCT FROM $1""",
        but_of,
    )
    return Waiting.counted(found)


async def insert(
    tx: Tx, tree_id: UUID, item_code: str, nodes: list[Any], author: UUID, author_name: str, now: datetime
) -> bool:
    """A new draft after the last version; False when a draft or submitted version is open already."""
    return bool(
        await tx.fetchval(
            """INSERT INTO catalog.item_trees (id, item_code, version, status, nodes, author_id, author_name, created_at)
               SELECT $1, $2, coalesce(max(version), 0) + 1, 'draft', $3, $4, $5, $6
                 FROM catalog.item_trees WHERE item_code = $2
               ON CONFLICT DO NOTHING RETURNING true""",
            tree_id,
            item_code,
            nodes,
            author,
            author_name,
            now,
        )
    )


async def save_draft(tx: Tx, tree_id: UUID, nodes: list[Any], note: str, revision: int) -> bool:
    """False when the draft was saved by someone else since `revision`, or is no draft any more."""
    status = await tx.execute(
        """UPDATE catalog.item_trees SET nodes = $2, change_note = $3, revision = revision + 1
            WHERE id = $1 AND revision = $4 AND status = 'draft'""",
        tree_id,
        nodes,
        note,
        revision,
    )
    return status == "UPDATE 1"


async def delete_draft(tx: Tx, tree_id: UUID) -> None:
    await tx.execute("DELETE FROM catalog.item_trees WHERE id = $1 AND status = 'draft'", tree_id)


async def submit(tx: Tx, tree_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE catalog.item_trees SET status = 'submitted', submitted_at = $2 WHERE id = $1", tree_id, now
    )


async def decide(
    tx: Tx, tree: ItemTree, status: str, decided_by: UUID, decided_by_name: str, note: str, now: datetime
) -> None:
    """Approves or rejects; an approved version takes the place of the one before it."""
    if status == "approved":
        await tx.execute(
            "UPDATE catalog.item_trees SET status = 'superseded' WHERE item_code = $1 AND status = 'approved'",
            tree.item_code,
        )
    await tx.execute(
        """UPDATE catalog.item_trees
              SET status = $2, decided_by = $3, decided_by_name = $4, decision_note = $5, decided_at = $6
            WHERE id = $1""",
        tree.id,
        status,
        decided_by,
        decided_by_name,
        note,
        now,
    )


async def known_references(
    tx: Tx, value_domains: Sequence[str], data_elements: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Which of the given value domains and data elements the catalogue has."""
    record = await tx.fetchrow(
        """SELECT ARRAY(SELECT DISTINCT table_id FROM catalog.value_domains WHERE table_id = ANY($1)) AS domains,
                  ARRAY(SELECT DISTINCT identifier FROM catalog.data_elements WHERE identifier = ANY($2)) AS elements""",
        list(value_domains),
        list(data_elements),
    )
    assert record is not None
    return record["domains"], record["elements"]
