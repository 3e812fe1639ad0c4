"""Staff make forms and read responses over HTTP; what was published never changes."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller, Scope
from kanghu.modules.forms import public
from kanghu.modules.forms.events import QuestionnaireCompleted
from kanghu.modules.forms.repository import definitions, responses
from kanghu.modules.forms.service import filling, shipping

from .answers import MAN
from .conftest import Enrol

FORMS = "/api/admin/forms"
EDITOR = ("forms.form.read", "forms.form.write", "forms.form.publish")


def pain(**more: Any) -> dict[str, Any]:
    scale = {
        "linkId": "pain",
        "type": "integer",
        "text": "疼痛 0–10 分",
        "minValue": 0,
        "maxValue": 10,
        "required": True,
    }
    return {
        "code": "pain",
        "title": "疼痛评分",
        "kind": "scale",
        "selfService": True,
        "item": [scale],
        **more,
    }


@pytest.fixture
def editor(sign_in: Any, staff: Any) -> dict[str, str]:
    return sign_in(staff(*EDITOR))  # type: ignore[no-any-return]


async def test_from_a_new_form_to_its_second_version(
    client: httpx.AsyncClient, editor: dict[str, str], sign_in: Any, man: UUID
) -> None:
    made = await client.post(FORMS, json={"code": "pain", "title": "疼痛", "kind": "scale"}, headers=editor)
    assert made.status_code == 201
    assert made.json()["problems"] == [{"link_id": "", "message": "至少要有一道题"}]
    taken = await client.post(FORMS, json={"code": "pain", "title": "疼痛", "kind": "scale"}, headers=editor)
    assert taken.json()["code"] == "forms.form_exists"

    version = f"{FORMS}/pain/versions/1"
    broken = pain(item=[{"linkId": "x", "type": "number", "text": "x"}])
    saved = await client.put(version, json={"revision": 1, "definition": broken}, headers=editor)
    assert saved.json()["problems"] == [{"link_id": "x", "message": "type：取值不在允许范围内"}]
    refused = await client.post(version + "/publish", json={"revision": 2}, headers=editor)
    assert (refused.status_code, refused.json()["fields"]) == (422, {"x": "type：取值不在允许范围内"})
    other = await client.put(version, json={"revision": 1, "definition": pain()}, headers=editor)
    assert (other.status_code, other.json()["fields"]) == (409, {"revision": "2"})
    renamed = await client.put(
        version, json={"revision": 2, "definition": pain(code="other")}, headers=editor
    )
    refused = await client.post(
        version + "/publish", json={"revision": renamed.json()["version"]["revision"]}, headers=editor
    )
    assert refused.json()["fields"] == {"form": "编码和种类应与表单一致：pain，scale"}
    saved = await client.put(version, json={"revision": 3, "definition": pain()}, headers=editor)
    assert saved.json()["problems"] == []
    tried = await client.post(version + "/evaluation", json={"answers": {"pain": 11}}, headers=editor)
    assert tried.json()["errors"] == {"pain": "不能大于10，请核对"}
    assert tried.json()["flags"] == []
    published = await client.post(version + "/publish", json={"revision": 4}, headers=editor)
    assert published.json()["status"] == "published"
    late = await client.put(version, json={"revision": 4, "definition": pain()}, headers=editor)
    assert late.json()["code"] == "forms.version_not_draft"

    # Somebody begins on version 1, version 2 is published meanwhile: what was begun can be finished.
    who = sign_in(Caller(kind="customer", account_id=new_id(), person_id=man))
    sheet = (await client.get("/api/patient/forms/pain", headers=who)).json()
    place = f"/api/patient/forms/pain/responses/{sheet['response_id']}"
    await client.put(place, json={"version": 1, "revision": 0, "answers": {"pain": 3}}, headers=who)
    await client.post(f"{FORMS}/pain/versions", json={"from_version": 1}, headers=editor)
    again = await client.post(f"{FORMS}/pain/versions", json={"from_version": 1}, headers=editor)
    assert again.json()["code"] == "forms.draft_exists"
    second = pain(title="疼痛评分（新）")
    await client.put(f"{FORMS}/pain/versions/2", json={"revision": 1, "definition": second}, headers=editor)
    await client.post(f"{FORMS}/pain/versions/2/publish", json={"revision": 2}, headers=editor)
    form = (await client.get(f"{FORMS}/pain", headers=editor)).json()
    assert form["form"] == {
        "code": "pain",
        "title": "疼痛评分（新）",
        "kind": "scale",
        "published": 2,
        "draft": None,
    }
    assert [(v["version"], v["status"]) for v in form["versions"]] == [(2, "published"), (1, "retired")]
    done = await client.post(place + "/completion", json={"revision": 1}, headers=who)
    assert (done.status_code, done.json()["form_version"]) == (200, 1)

    retired = await client.post(f"{FORMS}/pain/versions/2/retire", headers=editor)
    assert retired.json()["status"] == "retired"
    assert (await client.post(f"{FORMS}/pain/versions/2/retire", headers=editor)).json()[
        "code"
    ] == "forms.version_not_published"
    assert (await client.get("/api/patient/forms/pain", headers=who)).status_code == 404


async def test_only_one_of_many_editors_gets_through(
    client: httpx.AsyncClient, editor: dict[str, str]
) -> None:
    drafts = await asyncio.gather(
        *(client.post(f"{FORMS}/phq9/versions", json={"from_version": 1}, headers=editor) for _ in range(4))
    )
    assert sorted(a.status_code for a in drafts) == [201, 409, 409, 409]
    place = f"{FORMS}/phq9/versions/2"
    definition = next(a for a in drafts if a.status_code == 201).json()["definition"]
    saves = await asyncio.gather(
        *(
            client.put(
                place, json={"revision": 1, "definition": {**definition, "title": f"第{n}稿"}}, headers=editor
            )
            for n in range(4)
        )
    )
    assert sorted(a.status_code for a in saves) == [200, 409, 409, 409]
    published = await asyncio.gather(
        *(client.post(place + "/publish", json={"revision": 2}, headers=editor) for _ in range(4))
    )
    assert sorted(a.status_code for a in published) == [200, 409, 409, 409]


async def test_lists_and_what_is_not_there(client: httpx.AsyncClient, editor: dict[str, str]) -> None:
    first = (await client.get(f"{FORMS}?limit=2", headers=editor)).json()
    rest = (await client.get(f"{FORMS}?limit=2&cursor={first['next']}", headers=editor)).json()
    assert [f["code"] for f in first["items"] + rest["items"]] == ["gad7", "health_self_test", "phq9"]
    assert rest["next"] is None
    assert (await client.get(f"{FORMS}/none", headers=editor)).json()["code"] == "forms.form_not_found"
    assert (await client.get(f"{FORMS}/phq9/versions/9", headers=editor)).json()[
        "code"
    ] == "forms.version_not_found"
    assert (await client.get(f"{FORMS}/phq9/versions/1", headers=editor)).json()["problems"] == []


async def test_each_door_has_its_own_permission(client: httpx.AsyncClient, sign_in: Any, staff: Any) -> None:
    reader = sign_in(staff("forms.form.read"))
    assert (await client.get(FORMS, headers=reader)).status_code == 200
    version = f"{FORMS}/phq9/versions/1"
    for answer in (
        await client.post(FORMS, json={"code": "xx", "title": "x", "kind": "scale"}, headers=reader),
        await client.put(version, json={"revision": 1, "definition": {}}, headers=reader),
        await client.post(version + "/publish", json={"revision": 1}, headers=reader),
        await client.post(version + "/retire", headers=reader),
        await client.get(f"{FORMS}/persons/{new_id()}/responses", headers=reader),
        await client.get(f"{FORMS}/responses/{new_id()}", headers=reader),
    ):
        assert answer.status_code == 403


async def test_form_only_for_staff_is_closed_to_people(
    client: httpx.AsyncClient, editor: dict[str, str], sign_in: Any
) -> None:
    await client.post(FORMS, json={"code": "pain", "title": "疼痛", "kind": "scale"}, headers=editor)
    closed = pain(selfService=False)
    await client.put(f"{FORMS}/pain/versions/1", json={"revision": 1, "definition": closed}, headers=editor)
    await client.post(f"{FORMS}/pain/versions/1/publish", json={"revision": 2}, headers=editor)
    who = sign_in(Caller(kind="customer", account_id=new_id(), person_id=new_id()))
    assert (await client.get("/api/patient/forms/pain", headers=who)).status_code == 404
    codes = [f["code"] for f in (await client.get("/api/patient/forms", headers=who)).json()]
    assert "pain" not in codes


async def test_staff_read_only_within_their_scope(
    client: httpx.AsyncClient, sign_in: Any, staff: Any, database: Database, man: UUID
) -> None:
    async with database.transaction() as tx:
        response = await public.save_completed(tx, man, "health_self_test", MAN, SYSTEM)
        drafted = new_id()
        form = await definitions.published_version(tx, "phq9")
        assert form is not None
        await responses.insert_draft(tx, drafted, form.form_id, form.id, man, {}, 0, None)
    place = f"{FORMS}/persons/{man}/responses"
    inside = sign_in(staff("forms.response.read", scope=Scope(persons=(man,))))
    outside = sign_in(staff("forms.response.read", scope=Scope(persons=(new_id(),))))
    listed = (await client.get(place, headers=inside)).json()["items"]
    assert [r["id"] for r in listed] == [str(response.id)]
    assert (await client.get(place, headers=outside)).json()["items"] == []
    read = await client.get(f"{FORMS}/responses/{response.id}", headers=inside)
    assert read.json()["answers"]["diagnosed"] == ["hypertension"]
    assert (await client.get(f"{FORMS}/responses/{response.id}", headers=outside)).status_code == 404
    unfinished = await client.get(f"{FORMS}/responses/{drafted}", headers=inside)
    assert unfinished.status_code == 404
    async with database.transaction() as tx:
        reads = await tx.fetchval(
            "SELECT count(*) FROM kernel.audit_inbox WHERE action = 'forms.response.read' AND person_id = $1",
            man,
        )
    assert reads == 2


async def test_database_itself_refuses_to_change_what_is_final(tx: Tx, enrol: Enrol) -> None:
    response = await public.save_completed(tx, await enrol(tx, "1"), "health_self_test", MAN, SYSTEM)
    for statement in (
        "UPDATE forms.form_versions SET definition = '{}' WHERE status = 'published'",
        "UPDATE forms.form_versions SET status = 'draft', published_at = NULL WHERE status = 'published'",
        "UPDATE forms.form_versions SET version = 9 WHERE status = 'published'",
        "DELETE FROM forms.form_versions WHERE status = 'published'",
        f"UPDATE forms.responses SET answers = '{{}}' WHERE id = '{response.id}'",
        f"UPDATE forms.responses SET status = 'draft', completed_at = NULL WHERE id = '{response.id}'",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with tx.transaction():
                await tx.execute(statement)


async def test_saved_on_behalf_tells_the_house(tx: Tx, enrol: Enrol, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    async def hear(_tx: Tx, event: Any) -> None:
        told.append(event)

    monkeypatch.setattr(filling, "publish", hear)
    person = await enrol(tx, "0")
    older = await public.save_completed(tx, person, "phq9", {f"phq9_{n}": "1" for n in range(1, 10)}, SYSTEM)
    newer = await public.save_completed(tx, person, "phq9", {f"phq9_{n}": "0" for n in range(1, 10)}, SYSTEM)
    assert told[0] == QuestionnaireCompleted(person_id=person, form_code="phq9", response_id=older.id)
    assert {flag.code for flag in older.flags} == {"phq9_self_harm"}
    latest = await public.latest_response(tx, person, "phq9")
    assert latest is not None
    assert (latest.id, latest.scores["phq9_total"].band_display) == (newer.id, "无")
    assert not await public.has_completed(tx, person)  # a scale is no health questionnaire
    with pytest.raises(filling.AnswersIncomplete):
        await public.save_completed(tx, person, "phq9", {}, SYSTEM)


async def test_shipped_forms_are_loaded_once_and_renewed_when_they_change(
    tx: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def state() -> list[tuple[int, str]]:
        form = await definitions.get_form(tx, "phq9")
        assert form is not None
        return [(v.version, v.status) for v in await definitions.list_versions(tx, form.id)]

    assert await state() == [(1, "published")]
    await public.seed_forms(tx)
    assert await state() == [(1, "published")]

    real = shipping.shipped_definition
    monkeypatch.setattr(
        shipping, "shipped_definition", lambda code: {**real(code), "description": "新的说明"}
    )
    await public.seed_forms(tx)
    await public.seed_forms(tx)
    assert await state() == [(2, "published"), (1, "retired")]

    # The hospital goes its own way: the next shipped change waits as a draft.
    form = await definitions.get_form(tx, "phq9")
    assert form is not None
    own = new_id()
    await definitions.insert_draft(tx, own, form.id, real("phq9"), None)
    await definitions.retire_published(tx, form.id)
    await definitions.publish_draft(tx, own, None, "本院自编")
    monkeypatch.setattr(
        shipping, "shipped_definition", lambda code: {**real(code), "description": "再新的说明"}
    )
    await public.seed_forms(tx)
    assert await state() == [(4, "draft"), (3, "published"), (2, "retired"), (1, "retired")]
