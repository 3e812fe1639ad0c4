"""Vendors."""

from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.modules.exchange.models import Vendor

_VENDOR = """id, name, institution_id, base_url, url_hosts, call_app_id, call_secret, sign_type, exam_no_optional,
             active, version"""


async def get(tx: Tx, vendor_id: UUID) -> Vendor | None:
    return row(Vendor, await tx.fetchrow(f"SELECT {_VENDOR} FROM exchange.vendors WHERE id = $1", vendor_id))


async def list_vendors(tx: Tx, scope: Scope, *, active_only: bool = False) -> list[Vendor]:
    return rows(
        Vendor,
        await tx.fetch(
            f"""SELECT {_VENDOR} FROM exchange.vendors
                 WHERE (($1::kernel.scope).everything OR institution_id = ANY (($1::kernel.scope).institutions))
                   AND (active OR NOT $2) ORDER BY name, id LIMIT 500""",
            scope.sql(),
            active_only,
        ),
    )


async def insert(tx: Tx, vendor: Vendor) -> None:
    await tx.execute(
        """INSERT INTO exchange.vendors (id, name, institution_id, base_url, url_hosts, call_app_id, call_secret,
                                         sign_type, exam_no_optional, active)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        vendor.id,
        vendor.name,
        vendor.institution_id,
        vendor.base_url,
        vendor.url_hosts,
        vendor.call_app_id,
        vendor.call_secret,
        vendor.sign_type,
        vendor.exam_no_optional,
        vendor.active,
    )


async def update(tx: Tx, vendor: Vendor) -> bool:
    """False when somebody else changed it since `vendor.version`."""
    return bool(
        await tx.fetchval(
            """UPDATE exchange.vendors
                  SET name = $3, base_url = $4, url_hosts = $5, call_app_id = $6, call_secret = $7, sign_type = $8,
                      exam_no_optional = $9, active = $10, version = version + 1, updated_at = now()
                WHERE id = $1 AND version = $2 RETURNING true""",
            vendor.id,
            vendor.version,
            vendor.name,
            vendor.base_url,
            vendor.url_hosts,
            vendor.call_app_id,
            vendor.call_secret,
            vendor.sign_type,
            vendor.exam_no_optional,
            vendor.active,
        )
    )
