"""What the catalogue tells those above it."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ItemsMapped(Event):
    """Mappings of these vendor items were confirmed: results that waited for them can be processed again."""

    vendor_id: UUID
    vendor_item_codes: tuple[str, ...]
