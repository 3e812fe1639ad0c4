"""Vendors as the hospital's IT staff keep them."""

from dataclasses import replace
from uuid import UUID

from kanghu.kernel import audit, live
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Forbidden
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.catalog import public as catalog
from kanghu.modules.exchange.errors import StaleVendor, VendorNotFound
from kanghu.modules.exchange.models import Vendor
from kanghu.modules.exchange.repository import vendors
from kanghu.modules.exchange.service.vendor_client import SECRET


async def get_vendor(tx: Tx, scope: Scope, vendor_id: UUID) -> Vendor:
    """Raises `VendorNotFound`, also outside the scope."""
    found = await vendors.get(tx, vendor_id)
    if found is None or not (scope.everything or found.institution_id in scope.institutions):
        raise VendorNotFound
    return found


async def create_vendor(
    tx: Tx,
    caller: Caller,
    *,
    name: str,
    institution_id: UUID,
    base_url: str,
    url_hosts: list[str],
    call_app_id: str,
    call_secret: str,
    sign_type: str,
    exam_no_optional: bool,
    vendor_id: UUID | None = None,
) -> UUID:
    """`call_app_id` and `call_secret` are what the vendor gave us to sign our calls with."""
    scope = caller.scope("exchange.vendor.write")
    if not (scope.everything or institution_id in scope.institutions):
        raise Forbidden
    made = vendor_id or new_id()
    await vendors.insert(
        tx,
        Vendor(
            made,
            name,
            institution_id,
            base_url.rstrip("/"),
            url_hosts,
            call_app_id,
            vault.seal(call_secret, SECRET, made),
            sign_type,
            exam_no_optional,
            True,
            1,
        ),
    )
    await catalog.register_vendor(tx, made, institution_id, name)
    await live.tell(tx, "exchange.vendors", institution_id=institution_id)
    await audit.record(
        tx,
        caller,
        "exchange.vendor.create",
        subject=f"exchange.vendors/{made}",
        institution_id=institution_id,
    )
    return made


async def update_vendor(
    tx: Tx, caller: Caller, vendor_id: UUID, version: int, call_secret: str | None, **changes: object
) -> None:
    """`call_secret` None keeps the one that is there. Raises `VendorNotFound`, `StaleVendor`."""
    known = await get_vendor(tx, caller.scope("exchange.vendor.write"), vendor_id)
    sealed = known.call_secret if call_secret is None else vault.seal(call_secret, SECRET, vendor_id)
    changed = replace(known, version=version, call_secret=sealed, **changes)  # type: ignore[arg-type]
    if not await vendors.update(tx, changed):
        raise StaleVendor
    await live.tell(tx, "exchange.vendors", institution_id=known.institution_id)
    detail = {"changed": sorted([*changes, *(["call_secret"] if call_secret else [])])}
    await audit.record(
        tx, caller, "exchange.vendor.update", subject=f"exchange.vendors/{vendor_id}", detail=detail
    )
