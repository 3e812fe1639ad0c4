"""What would come of confirming mappings, told before it is done."""

from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller
from kanghu.modules.catalog import repository
from kanghu.modules.catalog.schemas import MappingCheck, MappingChoice
from kanghu.modules.catalog.service import mappings


async def check(tx: Tx, caller: Caller, vendor_id: UUID, choices: list[MappingChoice]) -> list[MappingCheck]:
    """One line a vendor item, in the order given. Raises `VendorNotFound`."""
    await mappings.reach(tx, caller, vendor_id, mappings.READ)
    latest, _, problems = await mappings.examine(tx, vendor_id, choices)
    mapped = await repository.mappings.mapped_to(
        tx, vendor_id, [choice.item_code for choice in latest.values()]
    )
    return [
        MappingCheck(
            vendor_item_code=code,
            problem=problems.get(code, ""),
            also_mapped=[
                f"{other_code} {name}"
                for item_code, other_code, name in mapped
                if item_code == choice.item_code and other_code not in latest
            ],
        )
        for code, choice in latest.items()
    ]
