"""SQL of loading shipped data. Table and column names come from our own code, values always as parameters."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from kanghu.kernel.db import Tx

_LOCK: Final = 0x6B61_6E67_0201  # advisory lock: one loader at a time


async def lock(tx: Tx) -> None:
    """Waits for another loader; released with the transaction."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def is_loaded(tx: Tx, version: str, content_hash: str) -> bool:
    """Whether this very content is what was loaded last."""
    last = await tx.fetchrow(
        "SELECT version, content_hash FROM catalog.data_loads ORDER BY loaded_at DESC LIMIT 1"
    )
    return last is not None and (last["version"], last["content_hash"]) == (version, content_hash)


async def record_load(tx: Tx, version: str, content_hash: str) -> None:
    await tx.execute(
        """INSERT INTO catalog.data_loads (version, content_hash) VALUES ($1, $2)
           ON CONFLICT (version, content_hash) DO UPDATE SET loaded_at = clock_timestamp()""",
        version,
        content_hash,
    )


async def upsert(tx: Tx, table: str, keys: Sequence[str], rows: Sequence[dict[str, Any]]) -> int:
    """One statement for the whole table; returns how many rows were inserted or really changed."""
    columns = list(rows[0])
    names = ", ".join(columns)
    values = [name for name in columns if name not in keys]
    assignments = ", ".join(f"{name} = excluded.{name}" for name in values)
    old, new = ", ".join(f"t.{name}" for name in values), ", ".join(f"excluded.{name}" for name in values)
    status = await tx.execute(
        f"""INSERT INTO catalog.{table} AS t ({names})
            SELECT {names} FROM jsonb_populate_recordset(NULL::catalog.{table}, $1)
            ON CONFLICT ({", ".join(keys)}) DO UPDATE SET {assignments}
            WHERE ({old}) IS DISTINCT FROM ({new})""",
        rows,
    )
    return affected(status)


async def insert_trees(
    tx: Tx, ids: list[UUID], item_codes: list[str], nodes: list[Any], now: datetime
) -> int:
    status = await tx.execute(
        """INSERT INTO catalog.item_trees
               (id, item_code, version, status, nodes, change_note, author_name, created_at, submitted_at)
           SELECT id, item_code, 1, 'submitted', nodes::jsonb, '随产品发布的初稿，须由院方专家审批', '康护', $4, $4
             FROM unnest($1::uuid[], $2::text[], $3::text[]) AS given (id, item_code, nodes)
            WHERE NOT EXISTS (SELECT FROM catalog.item_trees t WHERE t.item_code = given.item_code)""",
        ids,
        item_codes,
        [msgspec.json.encode(tree).decode() for tree in nodes],
        now,
    )
    return affected(status)


async def upsert_templates(
    tx: Tx, templates: Sequence[dict[str, Any]], members: Sequence[tuple[str, str, int]]
) -> int:
    """The package templates and their members; a template that is equal already is not touched."""
    status = await tx.execute(
        """INSERT INTO catalog.packages AS t
               (id, code, name, sex_limit, package_1x, x_risk, basis, source, confidence, updated_at)
           SELECT id, code, name, sex_limit, package_1x, x_risk, basis, source, confidence, updated_at
             FROM jsonb_populate_recordset(NULL::catalog.packages, $1)
           ON CONFLICT (institution_id, code) WHERE retired_at IS NULL DO UPDATE
              SET name = excluded.name, sex_limit = excluded.sex_limit, package_1x = excluded.package_1x,
                  x_risk = excluded.x_risk, basis = excluded.basis, source = excluded.source,
                  confidence = excluded.confidence, updated_at = excluded.updated_at, revision = t.revision + 1
            WHERE (t.name, t.sex_limit, t.package_1x, t.x_risk, t.basis, t.source, t.confidence)
                  IS DISTINCT FROM (excluded.name, excluded.sex_limit, excluded.package_1x, excluded.x_risk,
                                    excluded.basis, excluded.source, excluded.confidence)""",
        list(templates),
    )
    packages, codes, positions = ([one[at] for one in members] for at in range(3))
    parameters = (packages, codes, positions)
    removed = await tx.execute(
        """DELETE FROM catalog.package_items m USING catalog.packages p
            WHERE p.id = m.package_id AND p.institution_id IS NULL
              AND NOT EXISTS (SELECT FROM unnest($1::text[], $2::text[]) AS given (package, item)
                               WHERE given.package = p.code AND given.item = m.item_code)""",
        packages,
        codes,
    )
    added = await tx.execute(
        """INSERT INTO catalog.package_items AS t (package_id, item_code, position)
           SELECT p.id, given.item, given.position
             FROM unnest($1::text[], $2::text[], $3::int[]) AS given (package, item, position)
             JOIN catalog.packages p ON p.code = given.package AND p.institution_id IS NULL AND p.retired_at IS NULL
           ON CONFLICT (package_id, item_code) DO UPDATE SET position = excluded.position
            WHERE t.position <> excluded.position""",
        *parameters,
    )
    return affected(status) + affected(removed) + affected(added)


async def renew_all_mapping_versions(tx: Tx) -> None:
    await tx.execute("UPDATE catalog.vendors SET mapping_version = nextval('catalog.mapping_version_seq')")


def affected(status: str) -> int:
    """The row count in PostgreSQL's command tag (`INSERT 0 5`, `UPDATE 3`)."""
    return int(status.rsplit(" ", 1)[-1])
