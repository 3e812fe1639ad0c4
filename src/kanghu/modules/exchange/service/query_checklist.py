"""US-H1: the personalised list of a customer who answered at least one questionnaire, in the vendor's own codes."""

from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.modules.catalog import public as catalog
from kanghu.modules.exchange.service.receive import Context, Outcome
from kanghu.modules.exchange.wire.datasets import ChecklistQuery, ListItem
from kanghu.modules.exchange.wire.envelope import no_record
from kanghu.modules.forms import public as forms
from kanghu.modules.health import public as health
from kanghu.modules.people import public as people


async def query_checklist(tx: Tx, context: Context, query: ChecklistQuery) -> Outcome:
    opening = context.opening
    if opening.person_id is None or opening.institution_id is None:
        return Outcome("refused", [no_record(query.exam_account, "account_unknown")])
    if not await forms.has_completed(tx, opening.person_id):
        return Outcome("refused", [no_record(query.exam_account, "questionnaire_missing")])
    lines = await health.confirmed_or_draft_list(tx, opening.person_id, opening.institution_id)
    person = await people.wire_person(tx, opening.person_id)
    items = await in_vendor_codes(tx, context.vendor_id, lines, person["sex"])
    return Outcome("done", data={"person": person, "items": items})


async def in_vendor_codes(tx: Tx, vendor_id: UUID, lines: list[health.ListItem], sex: str) -> list[ListItem]:
    """The lines of a list as the vendor knows them; an item without a mapping keeps its standard code only.

    One standard item may be several of the vendor's (left and right arm): then each of them is a line.
    """
    codes = await catalog.vendor_items_for(tx, vendor_id, [line.item_code for line in lines], sex)
    return [
        ListItem(
            item_code=vendor_code,
            name=line.name,
            category=line.category,
            optional=line.optional,
            standard_code=line.item_code,
            reason="；".join(line.reasons)[:2000] or None,
        )
        for line in lines
        for vendor_code in codes.get(line.item_code, ("",))
    ]
