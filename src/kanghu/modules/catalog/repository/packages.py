"""SQL of the item packages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.catalog.models import Package, StandardItem
from kanghu.modules.catalog.repository.items import COLUMNS as ITEM_COLUMNS

COLUMNS: Final = """p.id, p.institution_id, p.code, p.name, p.description, p.sex_limit, p.age_min, p.age_max, p.package_1x,
    p.x_risk, p.basis, p.source, p.confidence, p.revision, p.updated_at, p.retired_at,
    ARRAY(SELECT m.item_code FROM catalog.package_items m WHERE m.package_id = p.id ORDER BY m.position) AS item_codes"""


async def list_for(tx: Tx, institutions: Sequence[UUID], everything: bool, retired: bool) -> list[Package]:
    """The templates and the packages of the given institutions (or of all)."""
    return rows(
        Package,
        await tx.fetch(
            f"""SELECT {COLUMNS} FROM catalog.packages p
                 WHERE ($2 OR p.institution_id IS NULL OR p.institution_id = ANY($1))
                   AND ($3 OR p.retired_at IS NULL)
                 ORDER BY p.institution_id NULLS FIRST, p.code, p.id""",
            list(institutions),
            everything,
            retired,
        ),
    )


async def get(tx: Tx, package_id: UUID) -> Package | None:
    return row(
        Package,
        await tx.fetchrow(f"SELECT {COLUMNS} FROM catalog.packages p WHERE p.id = $1", package_id),
    )


async def insert(tx: Tx, package: dict[str, Any]) -> bool:
    """False when the institution has a package of this code."""
    return bool(
        await tx.fetchval(
            """INSERT INTO catalog.packages (id, institution_id, code, name, description, sex_limit, age_min, age_max,
                                             package_1x, x_risk, basis, updated_at)
               SELECT id, institution_id, code, name, description, sex_limit, age_min, age_max, package_1x, x_risk, basis,
                      updated_at
                 FROM jsonb_populate_record(NULL::catalog.packages, $1)
               ON CONFLICT (institution_id, code) WHERE retired_at IS NULL DO NOTHING RETURNING true""",
            package,
        )
    )


async def update(tx: Tx, package: dict[str, Any], revision: int) -> bool:
    """False when somebody else changed it since `revision`, or it is retired."""
    status = await tx.execute(
        """UPDATE catalog.packages p
              SET name = g.name, description = g.description, sex_limit = g.sex_limit, age_min = g.age_min,
                  age_max = g.age_max, package_1x = g.package_1x, x_risk = g.x_risk, basis = g.basis,
                  updated_at = g.updated_at, revision = p.revision + 1
             FROM jsonb_populate_record(NULL::catalog.packages, $1) g
            WHERE p.id = g.id AND p.revision = $2 AND p.retired_at IS NULL""",
        package,
        revision,
    )
    return status == "UPDATE 1"


async def replace_items(tx: Tx, package_id: UUID, item_codes: Sequence[str]) -> None:
    await tx.execute("DELETE FROM catalog.package_items WHERE package_id = $1", package_id)
    await tx.execute(
        """INSERT INTO catalog.package_items (package_id, item_code, position)
           SELECT $1, code, place FROM unnest($2::text[]) WITH ORDINALITY AS given (code, place)""",
        package_id,
        list(item_codes),
    )


async def retire(tx: Tx, package_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE catalog.packages SET retired_at = $2, updated_at = $2, revision = revision + 1 WHERE id = $1",
        package_id,
        now,
    )


async def items_of(tx: Tx, institution_id: UUID | None, code: str) -> list[StandardItem]:
    """The items in use of the institution's own package of this code, or else of the template."""
    return rows(
        StandardItem,
        await tx.fetch(
            f"""WITH chosen AS (
                    SELECT id FROM catalog.packages
                     WHERE code = $2 AND retired_at IS NULL AND (institution_id = $1 OR institution_id IS NULL)
                     ORDER BY institution_id NULLS LAST LIMIT 1)
                SELECT {", ".join("i." + name.strip() for name in ITEM_COLUMNS.split(","))}
                  FROM chosen c JOIN catalog.package_items m ON m.package_id = c.id
                  JOIN catalog.items i ON i.code = m.item_code
                 WHERE i.retired_at IS NULL ORDER BY m.position""",
            institution_id,
            code,
        ),
    )
