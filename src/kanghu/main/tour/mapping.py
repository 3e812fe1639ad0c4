"""What the demo's IT staff do once: get the vendor's dictionary and confirm the mappings that are beyond doubt."""

from typing import Any

from kanghu.main.tour.client import Http

SURE = 0.8
ADDED_ITEM = "TBIL-X"
"""Mapped only in the tour, so that a newcomer sees a result wait and be released."""


async def map_what_is_sure(sandbox: Http, it_staff: Http, vendor_id: str) -> tuple[int, int]:
    """US-H5 from the exam centre, then the best suggestion of each item with a score of at least `SURE`.

    Returns (confirmed, left open). Items with a mapping are left alone.
    """
    await sandbox.post("/control/catalogue/push", {})
    items = await it_staff.pages(f"/api/admin/catalog/vendors/{vendor_id}/items", status="unmapped")
    wanted = [item for item in items if item["code"] != ADDED_ITEM]
    choices = await suggested(it_staff, vendor_id, wanted, SURE)
    if choices:
        await it_staff.post(f"/api/admin/catalog/vendors/{vendor_id}/mappings/confirm", {"mappings": choices})
    return len(choices), len(items) - len(choices)


async def suggested(it_staff: Http, vendor_id: str, items: list[Any], least: float) -> list[dict[str, Any]]:
    """The best suggestion of each item as a choice to confirm, if it scores at least `least`."""
    if not items:
        return []
    seen = {item["code"]: item["changed_at"] for item in items}
    found = await it_staff.post(
        f"/api/admin/catalog/vendors/{vendor_id}/suggestions", {"vendor_item_codes": list(seen)}
    )
    return [
        {
            "vendor_item_code": item["vendor_item_code"],
            "item_code": item["suggestions"][0]["item_code"],
            "seen": seen[item["vendor_item_code"]],
        }
        for item in found
        if item["suggestions"] and item["suggestions"][0]["score"] >= least
    ]


async def prepare(info: dict[str, Any]) -> tuple[int, int]:
    """`map_what_is_sure` with the accounts of `kanghu demo info`."""
    sandbox, it_staff = Http(info["sandbox_url"]), Http(info["platform_url"])
    try:
        await it_staff.sign_in(next(found for found in info["accounts"] if found["role"] == "it_staff"))
        return await map_what_is_sure(sandbox, it_staff, info["vendor"]["vendor_id"])
    finally:
        await sandbox.close()
        await it_staff.close()
