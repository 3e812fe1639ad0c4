"""The workbench counts what waits for the one who looks: within the scope, and only what they may do something about."""

from typing import Any

import pytest

from kanghu.kernel.security import PERMISSIONS, Caller, Scope

from .house import House, Side

PATH = "/api/admin/workbench"


def staff(side: Side, *permissions: str, everything: bool = False) -> Caller:
    scope = Scope(everything=True) if everything else Scope(institutions=(side.institution,))
    return Caller(
        kind="staff",
        account_id=side.ids["staff"],
        institution_id=side.institution,
        grants=dict.fromkeys(permissions or PERMISSIONS, scope),
    )


async def counts(house: House, caller: Caller) -> dict[str, int]:
    found: list[dict[str, Any]] = await house.call("GET", PATH, house.stand_in(caller))
    for waiting in found:
        assert (waiting["oldest_at"] is None) == (waiting["count"] == 0), waiting
    return {waiting["kind"]: waiting["count"] for waiting in found}


async def test_counts_are_those_of_the_lists(house: House) -> None:
    ours = house.sides["ours"]
    headers = house.stand_in(staff(ours))
    found = await counts(house, staff(ours))
    lists = {
        "checklists": "/api/admin/health/checklists?state=draft",
        "findings_a": "/api/admin/health/findings?finding_class=A&state=unclosed",
        "findings_b": "/api/admin/health/findings?finding_class=B&state=unclosed",
        "findings_overdue": "/api/admin/health/findings?overdue=true",
        "customers_waiting": "/api/admin/messaging/queue",
        "staged_results": "/api/admin/exchange/staged-results?limit=200",
        "dead_letters": "/api/admin/operations/dead-letters",
    }
    for kind, path in lists.items():
        listed = await house.call("GET", path, headers)
        assert found[kind] == len(listed["items"]), kind
    vendors = await house.call("GET", "/api/admin/catalog/vendors", headers)
    assert found["unmapped_items"] == sum(one["unmapped"] + one["needs_review"] for one in vendors)
    assert found["checklists"] >= 2
    assert found["findings_a"] >= 2
    assert found["customers_waiting"] >= 2
    assert found["staged_results"] >= 2
    assert found["unmapped_items"] >= 1


async def test_another_institution_is_not_counted(house: House) -> None:
    ours, other = house.sides["ours"], house.sides["other"]
    alone = await counts(house, staff(ours))
    theirs = await counts(house, staff(other))
    both = await counts(house, staff(ours, everything=True))
    for kind in ("checklists", "findings_a", "customers_waiting", "staged_results", "unmapped_items"):
        assert 0 < alone[kind] < both[kind], kind
        assert alone[kind] + theirs[kind] == both[kind], kind


@pytest.mark.parametrize(
    ("permissions", "kinds"),
    [
        (("health.checklist.confirm",), {"checklists"}),
        (("health.checklist.read", "health.finding.read"), set()),
        (("health.finding.handle",), {"findings_a", "findings_b", "findings_overdue"}),
        (("exchange.staged.write", "exchange.vendor.read"), {"staged_results", "vendor_faults"}),
        (("catalog.mapping.write", "catalog.tree.approve"), {"unmapped_items", "waiting_trees"}),
        (("main.job.retry",), {"dead_letters"}),
        (("messaging.queue.claim",), {"customers_waiting"}),
        (("messaging.conversation.read", "messaging.queue.supervise"), set()),
    ],
)
async def test_only_what_one_may_do_something_about(
    house: House, permissions: tuple[str, ...], kinds: set[str]
) -> None:
    assert set(await counts(house, staff(house.sides["ours"], *permissions))) == kinds


async def test_customers_have_no_work_here(house: House) -> None:
    assert await house.call("GET", PATH, await house.sign_in("customer-ours")) == []
