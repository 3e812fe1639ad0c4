"""What `main` may call: nobody stands above the exchange but statistics and alarms."""

from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller, Scope
from kanghu.kernel.waiting import Waiting
from kanghu.modules.exchange.repository import messages as _messages
from kanghu.modules.exchange.repository import sealing as _sealing
from kanghu.modules.exchange.repository import staging as _staging
from kanghu.modules.exchange.repository import vendors as _rows
from kanghu.modules.exchange.service.bind import AGREEMENT, Binding
from kanghu.modules.exchange.service.bind import bind as bind_account
from kanghu.modules.exchange.service.vendors import create_vendor, update_vendor

__all__ = [
    "AGREEMENT",
    "Binding",
    "bind_account",
    "ensure_vendor",
    "reseal",
    "vendor_faults",
    "waiting_results",
]


async def reseal(tx: Tx, limit: int) -> int:
    """Seals up to `limit` messages and vendors' secrets again under the current key; how many. Call it until it says 0."""
    return await _sealing.reseal(tx, limit)


async def ensure_vendor(
    tx: Tx,
    *,
    vendor_id: UUID,
    name: str,
    institution_id: UUID,
    base_url: str,
    url_hosts: list[str],
    call_app_id: str,
    call_secret: str,
) -> None:
    """The vendor with this id, made when it is not there; for seeding. One on this machine follows `base_url` to another port."""
    seeding = Caller(kind="system", grants={"exchange.vendor.write": Scope(everything=True)})
    known = await _rows.get(tx, vendor_id)
    if known is not None:
        if known.base_url != base_url and known.base_url.startswith("http://127.0.0.1:"):
            await update_vendor(tx, seeding, vendor_id, known.version, None, base_url=base_url)
        return
    await create_vendor(
        tx,
        seeding,
        name=name,
        institution_id=institution_id,
        base_url=base_url,
        url_hosts=url_hosts,
        call_app_id=call_app_id,
        call_secret=call_secret,
        sign_type="HMAC-SHA256",
        exam_no_optional=False,
        vendor_id=vendor_id,
    )


async def waiting_results(tx: Tx, scope: Scope) -> Waiting:
    """Results that wait for a mapping or for their exam."""
    return await _staging.count_waiting(tx, scope)


async def vendor_faults(tx: Tx, scope: Scope) -> Waiting:
    """Messages of the last 24 hours that could not be stored, or not be sent."""
    return await _messages.count_faults(tx, scope)
