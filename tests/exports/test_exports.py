"""Exports over HTTP, and the job that makes them: the rows of the list, for whom and as long as it may be."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest

from kanghu.kernel import audit, exports
from kanghu.kernel.exports import KINDS, MakeExport, make_export
from kanghu.kernel.security import all_routes
from tests.contracts.house import TOTP, House, Side
from tests.contracts.requests import routes_of

from .workbook import table

PATH = "/api/admin/exports"
LISTS = {
    "people.persons": "/api/admin/people/persons",
    "exams.bookings": "/api/admin/exams/bookings",
    "health.findings": "/api/admin/health/findings",
    "exchange.messages": "/api/admin/exchange/messages",
    "exchange.staged_results": "/api/admin/exchange/staged-results",
    "accounts.audit": "/api/admin/accounts/audit",
}


async def order(house: House, headers: dict[str, str], kind: str, **filters: Any) -> dict[str, Any]:
    found: dict[str, Any] = await house.call("POST", PATH, headers, {"kind": kind, "filters": filters})
    return found


async def make(house: House, export_id: str) -> None:
    """What the worker does."""
    await make_export(house.database, MakeExport(UUID(export_id)))


async def fetch(house: House, headers: dict[str, str], export_id: str) -> httpx.Response:
    return await house.client.get(f"{PATH}/{export_id}/file", headers=headers)


async def state(house: House, headers: dict[str, str], export_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await house.call("GET", f"{PATH}/{export_id}", headers)
    return found


async def audited(house: House, action: str, export_id: str) -> int:
    count: int = await house.one(
        """SELECT (SELECT count(*) FROM kernel.audit_inbox WHERE action = $1 AND subject = $2)
                + (SELECT count(*) FROM kernel.audit_log WHERE action = $1 AND subject = $2)""",
        action,
        f"kernel.exports/{export_id}",
    )
    return count


@pytest.fixture(autouse=True)
async def tidy(house: House) -> None:
    async with house.database.transaction() as tx:
        await tx.execute("DELETE FROM kernel.exports")


@pytest.mark.parametrize(
    ("kind", "role", "column"),
    [
        ("people.persons", "doctor", "人员编号"),
        ("exams.bookings", "doctor", "预约编号"),
        ("health.findings", "doctor", "编号"),
        ("exchange.messages", "it-staff", "报文编号"),
        ("exchange.staged_results", "it-staff", "报文编号"),
    ],
)
async def test_the_file_holds_what_the_list_shows(
    house: House, monkeypatch: pytest.MonkeyPatch, kind: str, role: str, column: str
) -> None:
    """Also over several pages; nothing of the other institution; names as the list masks them."""
    monkeypatch.setattr(exports, "BATCH", 2)
    headers = await house.sign_in(f"ours-{role}")
    made = await order(house, headers, kind)
    assert (made["state"], made["done"], made["total"]) == ("queued", 0, None)
    await make(house, made["id"])
    ended = await state(house, headers, made["id"])
    listed = (await house.call("GET", f"{LISTS[kind]}?limit=200", headers))["items"]
    assert (ended["state"], ended["done"], ended["total"]) == ("done", len(listed), len(listed))
    answer = await fetch(house, headers, made["id"])
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%")
    lines = table(answer.content)
    key = "message_id" if kind == "exchange.staged_results" else "id"
    assert [line[column] for line in lines] == [item[key] for item in listed]
    assert len(lines) >= 2
    assert not {mark for mark in house.sides["other"].marks() if mark in str(lines)}
    if kind == "people.persons":
        assert {line["证件号码"] for line in lines} == {item["id_number"] or "" for item in listed}
        assert house.sides["ours"].id_number not in str(lines)
    for action in ("main.export.order", "main.export.make", "main.export.fetch"):
        assert await audited(house, action, made["id"]) == 1


async def test_the_audit_log_can_be_taken_out(house: House) -> None:
    async with house.database.transaction() as tx:
        await audit.seal(tx)
    headers = await house.sign_in("ours-admin", pyotp.TOTP(TOTP).now())
    made = await order(house, headers, "accounts.audit", action="exchange.h3")
    await make(house, made["id"])
    assert (await state(house, headers, made["id"]))["state"] == "done"
    lines = table((await fetch(house, headers, made["id"])).content)
    assert lines
    assert {line["动作"] for line in lines} == {"exchange.h3.receive"}


async def test_filters_are_those_of_the_list(house: House) -> None:
    headers = await house.sign_in("ours-doctor")
    made = await order(
        house, headers, "health.findings", finding_class="A", overdue="false", state="unclosed"
    )
    await make(house, made["id"])
    listed = await house.call(
        "GET", f"{LISTS['health.findings']}?finding_class=A&state=unclosed&limit=200", headers
    )
    assert (await state(house, headers, made["id"]))["done"] == len(listed["items"])
    for filters in ({"finding_class": "C"}, {"colour": "red"}, {"limit": 5}, {"person_id": "x"}):
        answer = await house.client.post(
            PATH, headers=headers, json={"kind": "health.findings", "filters": filters}
        )
        assert answer.status_code == 422, filters
        assert list(answer.json()["fields"]) == [f"filters.{next(iter(filters))}"]


async def test_who_may_not_see_the_list_may_not_export_it(house: House) -> None:
    for login, kind in (("ours-finance", "people.persons"), ("customer-ours", "people.persons")):
        answer = await house.client.post(
            PATH, headers=await house.sign_in(login), json={"kind": kind, "filters": {}}
        )
        assert answer.status_code == 403


async def test_an_export_is_its_owners_alone(house: House) -> None:
    mine = await house.sign_in("ours-doctor")
    made = await order(house, mine, "health.findings")
    await make(house, made["id"])
    for login in ("ours-health-manager", "other-doctor", "customer-ours"):
        headers = await house.sign_in(login)
        assert await house.call("GET", PATH, headers) == []
        for method, path in (("GET", ""), ("GET", "/file"), ("DELETE", "")):
            answer = await house.client.request(method, f"{PATH}/{made['id']}{path}", headers=headers)
            assert answer.status_code == 404
    assert [one["id"] for one in await house.call("GET", PATH, mine)] == [made["id"]]


async def test_rights_are_looked_at_when_it_is_made_and_when_it_is_fetched(house: House) -> None:
    ours, headers = house.sides["ours"], await house.sign_in("ours-doctor")
    before, made = (
        await order(house, headers, "health.findings"),
        await order(house, headers, "health.findings"),
    )
    await make(house, made["id"])
    async with house.database.transaction() as tx:
        held = await tx.fetch(
            "DELETE FROM accounts.account_roles WHERE account_id = $1 RETURNING *", ours.ids["staff"]
        )
    try:
        await make(house, before["id"])
        refused = await state(house, headers, before["id"])
        assert refused["state"] == "failed"
        assert "没有查看这份列表的权限" in refused["error"]
        assert (await fetch(house, headers, before["id"])).status_code in (403, 409)
        assert (await fetch(house, headers, made["id"])).status_code == 403
    finally:
        async with house.database.transaction() as tx:
            for grant in held:
                await tx.execute(
                    """INSERT INTO accounts.account_roles
                       SELECT (jsonb_populate_record(NULL::accounts.account_roles, $1)).*""",
                    {name: str(value) if value is not None else None for name, value in grant.items()},
                )


async def test_the_scope_is_the_one_of_the_moment(house: House) -> None:
    """A doctor of everything who was narrowed to the own institution gets no more than that."""
    ours = house.sides["ours"]
    headers = await house.sign_in("ours-doctor")
    async with house.database.transaction() as tx:
        await tx.execute(
            "UPDATE accounts.account_roles SET scope = 'all' WHERE account_id = $1", ours.ids["staff"]
        )
    wide = await order(house, headers, "people.persons")
    await make(house, wide["id"])
    narrow = await order(house, headers, "people.persons")
    async with house.database.transaction() as tx:
        await tx.execute(
            "UPDATE accounts.account_roles SET scope = 'institution' WHERE account_id = $1", ours.ids["staff"]
        )
    await make(house, narrow["id"])
    other = str(house.sides["other"].person)
    assert other in str(table((await fetch(house, headers, wide["id"])).content))
    assert other not in str(table((await fetch(house, headers, narrow["id"])).content))


async def test_it_can_be_stopped_and_thrown_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH", 1)
    headers = await house.sign_in("ours-doctor")
    made = await order(house, headers, "people.persons")
    advance, pages = exports._advance, []

    async def after_somebody_pressed_cancel(tx: Any, export_id: UUID, done: int) -> Any:
        pages.append(done)
        if done:
            await house.call("DELETE", f"{PATH}/{made['id']}", headers)
        return await advance(tx, export_id, done)

    monkeypatch.setattr(exports, "_advance", after_somebody_pressed_cancel)
    await make(house, made["id"])
    assert pages == [0, 1]
    assert (await state(house, headers, made["id"]))["state"] == "cancelled"
    assert (await fetch(house, headers, made["id"])).status_code == 409
    await house.call("DELETE", f"{PATH}/{made['id']}", headers)
    assert (await house.client.get(f"{PATH}/{made['id']}", headers=headers)).status_code == 404


def _with(kind: Any, page: Any) -> Any:
    return exports.Kind(kind.code, kind.title, kind.permission, page, kind.filters, kind.columns)


async def test_made_twice_it_is_there_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was killed in the middle: the job is delivered again and begins anew."""
    monkeypatch.setattr(exports, "BATCH", 1)
    headers = await house.sign_in("ours-doctor")
    made = await order(house, headers, "people.persons")
    kind = KINDS["people.persons"]

    async def dies_at_the_second_page(**asked: Any) -> Any:
        if asked["cursor"] is not None:
            raise ConnectionError
        return await kind.page(**asked)

    monkeypatch.setitem(KINDS, kind.code, _with(kind, dies_at_the_second_page))
    with pytest.raises(ConnectionError):
        await make(house, made["id"])
    assert (await state(house, headers, made["id"]))["state"] == "running"
    monkeypatch.setitem(KINDS, kind.code, kind)
    await make(house, made["id"])
    first = (await fetch(house, headers, made["id"])).content
    await make(house, made["id"])
    assert (await fetch(house, headers, made["id"])).content == first
    assert await audited(house, "main.export.make", made["id"]) == 1


async def test_too_many_rows_are_refused_in_words(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 1)
    headers = await house.sign_in("ours-doctor")
    made = await order(house, headers, "people.persons")
    await make(house, made["id"])
    ended = await state(house, headers, made["id"])
    assert ended["state"] == "failed"
    assert "请缩小筛选范围" in ended["error"]


async def test_an_account_has_so_many_under_way(house: House) -> None:
    headers = await house.sign_in("ours-doctor")
    body = {"kind": "health.findings", "filters": {}}
    answers = await asyncio.gather(*(house.client.post(PATH, headers=headers, json=body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [429] * 3


async def test_files_expire_and_what_is_forsaken_is_told(house: House) -> None:
    headers = await house.sign_in("ours-doctor")
    old, stuck = (
        await order(house, headers, "health.findings"),
        await order(house, headers, "health.findings"),
    )
    await make(house, old["id"])
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE kernel.exports SET expires_at = now() WHERE id = $1", UUID(old["id"]))
        await tx.execute(
            "UPDATE kernel.exports SET state = 'running', touched_at = now() - interval '1 hour' WHERE id = $1",
            UUID(stuck["id"]),
        )
        await exports.tidy_exports(tx)
    (left,) = await house.call("GET", PATH, headers)
    assert (left["id"], left["state"]) == (stuck["id"], "failed")
    assert "中断" in left["error"]


async def test_the_owner_hears_of_it(house: House) -> None:
    headers = await house.sign_in("ours-doctor")
    made = await order(house, headers, "health.findings")
    before = await house.one("SELECT coalesce(max(id), 0) FROM kernel.live_inbox")
    await make(house, made["id"])
    told = await house.one(
        """SELECT count(*) FROM kernel.live_inbox
            WHERE id > $1 AND topic = 'exports.exports' AND account_id = $2 AND institution_id IS NULL""",
        before,
        _staff(house.sides["ours"]),
    )
    assert told >= 2


def _staff(side: Side) -> UUID:
    return UUID(str(side.ids["staff"]))


async def test_the_content_is_sealed(house: House) -> None:
    headers = await house.sign_in("ours-doctor")
    made = await order(house, headers, "people.persons")
    await make(house, made["id"])
    kept = await house.one("SELECT content FROM kernel.exports WHERE id = $1", UUID(made["id"]))
    assert not kept.startswith(b"PK")
    assert (await fetch(house, headers, made["id"])).content.startswith(b"PK")


def test_kinds_ask_for_the_permission_of_their_list(house: House) -> None:
    by_path = {route.path: route.access.permission for route in routes_of(house.app) if route.method == "GET"}
    assert {kind: by_path[path] for kind, path in LISTS.items()} == {
        code: kind.permission for code, kind in KINDS.items()
    }
    served = {getattr(route, "path", "") for route in all_routes(house.app.routes)}
    assert set(LISTS.values()) <= served
