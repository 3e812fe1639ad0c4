"""Who hears what."""

from uuid import UUID

import pytest

from kanghu.kernel.ids import new_id
from kanghu.kernel.live import Change
from kanghu.kernel.security import PERMISSIONS, Caller, Scope
from kanghu.main import modules
from kanghu.main.live.audience import TOPICS, Audience, Heard, News

OURS, OTHER, ME, CHILD, STRANGER, ACCOUNT = (new_id() for _ in range(6))
RESULTS = "exams.result.read"


def customer() -> Audience:
    caller = Caller(kind="customer", account_id=ACCOUNT, person_id=ME, institution_id=OURS)
    return Audience(caller, frozenset({ME, CHILD}))


def staff(permission: str, scope: Scope) -> Audience:
    caller = Caller(kind="staff", account_id=ACCOUNT, institution_id=OURS, grants={permission: scope})
    return Audience(caller, frozenset())


def heard(who: Audience, **whom: UUID) -> list[Heard]:
    change = Change(
        7, "exams.results", whom.get("person_id"), whom.get("institution_id"), whom.get("account_id")
    )
    return list(who.hears(News([change])))


def test_customers_hear_of_themselves_and_their_family_by_name() -> None:
    for person in (ME, CHILD):
        assert heard(customer(), person_id=person, institution_id=OURS) == [Heard(7, "exams.results", person)]
    assert heard(customer(), person_id=STRANGER, institution_id=OURS) == []
    assert heard(customer(), institution_id=OURS) == []


EVERYTHING = Scope(everything=True)


@pytest.mark.parametrize(
    ("permission", "scope", "institution", "hears"),
    [
        (RESULTS, EVERYTHING, OTHER, True),
        (RESULTS, Scope(institutions=(OURS,)), OURS, True),
        (RESULTS, Scope(institutions=(OURS,)), OTHER, False),
        (RESULTS, Scope(departments=(new_id(),)), OURS, True),
        (RESULTS, Scope(departments=(new_id(),)), OTHER, False),
        (RESULTS, Scope(account=ACCOUNT), OURS, True),
        (RESULTS, Scope(), OURS, False),
        ("exams.booking.read", EVERYTHING, OURS, False),
    ],
)
def test_staff_hear_of_their_institution_and_never_of_whom(
    permission: str, scope: Scope, institution: UUID, hears: bool
) -> None:
    found = heard(staff(permission, scope), person_id=STRANGER, institution_id=institution)
    assert found == ([Heard(7, "exams.results", None)] if hears else [])


def test_what_is_for_an_account_is_for_nobody_else() -> None:
    assert heard(customer(), account_id=ACCOUNT) == [Heard(7, "exams.results", None)]
    assert heard(customer(), account_id=STRANGER) == []
    assert heard(staff(RESULTS, EVERYTHING), account_id=STRANGER) == []


def test_topics_are_seen_with_permissions_that_exist() -> None:
    modules.load()
    assert {permission for permission in TOPICS.values() if permission} <= set(PERMISSIONS)
