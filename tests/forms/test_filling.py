"""People fill forms over HTTP, on one device and on two."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.forms import public

from .answers import MAN, WOMAN

FORM = "/api/patient/forms/health_self_test"


@pytest.fixture
def as_person(sign_in: Any, man: UUID) -> dict[str, str]:
    return sign_in(Caller(kind="customer", account_id=new_id(), person_id=man))  # type: ignore[no-any-return]


async def opened(client: httpx.AsyncClient, who: dict[str, str]) -> dict[str, Any]:
    answer = await client.get(FORM, headers=who)
    assert answer.status_code == 200, answer.text
    sheet: dict[str, Any] = answer.json()
    return sheet


async def save(
    client: httpx.AsyncClient,
    who: dict[str, str],
    sheet: dict[str, Any],
    answers: dict[str, Any],
    revision: int,
) -> httpx.Response:
    body = {"version": sheet["version"], "revision": revision, "answers": answers}
    return await client.put(f"{FORM}/responses/{sheet['response_id']}", json=body, headers=who)


async def complete(
    client: httpx.AsyncClient, who: dict[str, str], sheet: dict[str, Any], revision: int
) -> httpx.Response:
    return await client.post(
        f"{FORM}/responses/{sheet['response_id']}/completion", json={"revision": revision}, headers=who
    )


async def test_from_the_list_to_the_completed_response(
    client: httpx.AsyncClient, as_person: dict[str, str], man: UUID, database: Database
) -> None:
    listed = (await client.get("/api/patient/forms", headers=as_person)).json()
    assert [form["code"] for form in listed] == ["health_self_test", "gad7", "phq9"]
    assert listed[0]["draft_completeness"] is None

    sheet = await opened(client, as_person)
    assert sheet["revision"] == 0
    assert sheet["definition"]["item"][0]["linkId"] == "section_a"
    assert set(sheet["context"]) == {"%sex", "%age", "%today"}
    assert sheet["evaluation"]["completeness"] == 0
    assert "section_d" not in sheet["evaluation"]["enabled"]

    half = {"residence_north": True, "height_cm": "一米七", "pregnant": "yes", "sbp": 150}
    state = (await save(client, as_person, sheet, half, 0)).json()
    assert state["revision"] == 1
    assert state["evaluation"]["errors"] == {"height_cm": "请填写数字"}
    assert "dbp" in state["evaluation"]["enabled"]
    # What is wrong or hidden is kept in the draft, so that nothing typed is lost.
    assert (await opened(client, as_person))["answers"] == half
    refused = await complete(client, as_person, sheet, 1)
    assert refused.status_code == 422
    assert refused.json()["code"] == "forms.answers_incomplete"
    assert refused.json()["fields"]["height_cm"] == "请填写数字"
    assert refused.json()["fields"]["smoking_status"] == "请填写此项"
    listed = (await client.get("/api/patient/forms", headers=as_person)).json()
    assert listed[0]["draft_completeness"] == 14  # one of seven

    assert (await save(client, as_person, sheet, {**MAN, "pregnant": "yes"}, 1)).json()["revision"] == 2
    done = await complete(client, as_person, sheet, 2)
    assert done.status_code == 200
    assert done.json()["answers"] == MAN  # without the hidden answer
    assert {s["code"]: s["value"] for s in done.json()["scores"]}["pack_years"] == 35
    again = await complete(client, as_person, sheet, 2)
    assert (again.status_code, again.json()) == (200, done.json())
    late = await save(client, as_person, sheet, MAN, 2)
    assert (late.status_code, late.json()["code"]) == (409, "forms.response_completed")

    own = (await client.get("/api/patient/forms/responses", headers=as_person)).json()["items"]
    assert [(r["id"], r["status"]) for r in own] == [(sheet["response_id"], "completed")]
    read = await client.get(f"/api/patient/forms/responses/{sheet['response_id']}", headers=as_person)
    assert read.json()["definition"]["code"] == "health_self_test"
    fresh = await opened(client, as_person)
    assert (fresh["revision"], fresh["answers"]) == (0, {})

    async with database.transaction() as tx:
        response = await public.latest_response(tx, man, "health_self_test")
        assert response is not None
        assert response.answers == MAN
        assert response.scores["bmi"].value == pytest.approx(24)
        assert response.completed_at is not None
        assert await public.has_completed(tx, man)
        assert not await public.has_completed(tx, new_id())
        audited = await tx.fetch(
            "SELECT action FROM kernel.audit_inbox WHERE person_id = $1 AND action LIKE 'forms.%' ORDER BY id",
            man,
        )
    assert [record["action"] for record in audited] == [
        "forms.response.write",
        "forms.response.read",
        "forms.response.write",
        "forms.response.complete",
        "forms.response.read",
        "forms.response.read",
    ]


async def test_two_devices_never_overwrite_each_other(
    client: httpx.AsyncClient, as_person: dict[str, str]
) -> None:
    phone, tablet = await opened(client, as_person), await opened(client, as_person)
    assert phone["response_id"] != tablet["response_id"]
    assert (await save(client, as_person, phone, {"residence_north": True}, 0)).status_code == 200
    blocked = await save(client, as_person, tablet, {"residence_north": False}, 0)
    assert (blocked.status_code, blocked.json()["code"]) == (409, "forms.answers_changed")
    assert blocked.json()["fields"] == {"response_id": phone["response_id"], "revision": "1"}

    tablet = await opened(client, as_person)
    assert (tablet["response_id"], tablet["revision"]) == (phone["response_id"], 1)
    more = {"residence_north": True, "alcohol": "never"}
    assert (await save(client, as_person, tablet, more, 1)).json()["revision"] == 2
    blocked = await save(client, as_person, phone, {"residence_north": False}, 1)
    assert (blocked.status_code, blocked.json()["fields"]["revision"]) == (409, "2")
    assert (await complete(client, as_person, phone, 1)).status_code == 409
    # The same answers again are no conflict: a repeated request whose first answer was lost.
    repeated = await save(client, as_person, tablet, more, 1)
    assert (repeated.status_code, repeated.json()["revision"]) == (200, 2)


async def test_first_saves_and_completions_in_parallel(
    client: httpx.AsyncClient, as_person: dict[str, str], man: UUID, database: Database
) -> None:
    sheets = [await opened(client, as_person) for _ in range(4)]
    answers = await asyncio.gather(
        *(save(client, as_person, sheet, {**MAN, "sbp": 120 + n}, 0) for n, sheet in enumerate(sheets))
    )
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
    winner = sheets[[a.status_code for a in answers].index(200)]
    saves = await asyncio.gather(
        *(save(client, as_person, winner, {**MAN, "sbp": 140 + n}, 1) for n in range(4))
    )
    assert sorted(a.status_code for a in saves) == [200, 409, 409, 409]
    done = await asyncio.gather(*(complete(client, as_person, winner, 2) for _ in range(4)))
    assert {a.status_code for a in done} == {200}
    async with database.transaction() as tx:
        completions = await tx.fetchval(
            "SELECT count(*) FROM kernel.audit_inbox WHERE action = 'forms.response.complete' AND person_id = $1",
            man,
        )
    assert completions == 1


async def test_women_are_asked_and_nobody_else_s_response_is_reachable(
    client: httpx.AsyncClient,
    as_person: dict[str, str],
    sign_in: Any,
    woman: UUID,
    database: Database,
) -> None:
    as_woman = sign_in(Caller(kind="customer", account_id=new_id(), person_id=woman))
    sheet = await opened(client, as_woman)
    assert "pregnant" in sheet["evaluation"]["missing"]
    await save(client, as_woman, sheet, WOMAN, 0)
    for attempt in (
        await save(client, as_person, sheet, MAN, 1),
        await save(client, as_person, sheet, MAN, 0),
        await complete(client, as_person, sheet, 1),
        await client.get(f"/api/patient/forms/responses/{sheet['response_id']}", headers=as_person),
    ):
        assert (attempt.status_code, attempt.json()["code"]) == (404, "forms.response_not_found")
    done = await complete(client, as_woman, sheet, 1)
    assert done.status_code == 200
    # What staff must look at is told to staff, not to her.
    async with database.transaction() as tx:
        response = await public.latest_response(tx, woman, "health_self_test")
    assert response is not None
    assert [flag.code for flag in response.flags] == ["possible_pregnancy"]
    assert "flags" not in done.json()
    assert sheet["definition"]["flag"] == []


@pytest.mark.parametrize(
    "answers",
    [
        '{"wishes": "\\u0000"}',
        '{"wishes": "\\ud800"}',
        '{"wishes": "' + "a" * 300_000 + '"}',
    ],
)
async def test_what_cannot_be_kept_is_refused_in_words(
    client: httpx.AsyncClient, as_person: dict[str, str], answers: str
) -> None:
    sheet = await opened(client, as_person)
    body = '{"version": 1, "revision": 0, "answers": ' + answers + "}"
    answer = await client.put(
        f"{FORM}/responses/{sheet['response_id']}",
        content=body,
        headers={**as_person, "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "forms.answers_not_storable")


async def test_a_slip_of_the_finger_is_kept_and_named(
    client: httpx.AsyncClient, as_person: dict[str, str]
) -> None:
    sheet = await opened(client, as_person)
    state = await save(client, as_person, sheet, {"sbp": 10**400, "nobody": 1}, 0)
    assert state.json()["evaluation"]["errors"] == {"sbp": "请填写数字", "nobody": "问卷里没有这一项"}
    assert (await opened(client, as_person))["answers"] == {"sbp": 10**400, "nobody": 1}


async def test_without_a_person_or_a_published_form(
    client: httpx.AsyncClient, as_person: dict[str, str], sign_in: Any
) -> None:
    nobody = sign_in(Caller(kind="customer", account_id=new_id()))
    assert (await client.get(FORM, headers=nobody)).json()["code"] == "forms.no_person"
    assert (await client.get(FORM)).status_code == 401
    assert (await client.get("/api/patient/forms/braden", headers=as_person)).json()[
        "code"
    ] == "forms.form_not_found"
    sheet = await opened(client, as_person)
    stale = await save(client, as_person, {**sheet, "version": 7}, {}, 0)
    assert stale.json()["code"] == "forms.form_renewed"
    unknown = await save(client, as_person, sheet, {}, 3)
    assert unknown.json()["code"] == "forms.response_not_found"
