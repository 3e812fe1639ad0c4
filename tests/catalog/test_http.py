"""The catalogue over HTTP: searching, item trees and their approval, packages, mapping; and who may do what."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.catalog import public
from kanghu.modules.catalog.policy import PERMISSIONS
from kanghu.modules.catalog.public import VendorItem

BASE = "/api/admin/catalog"
Staff = Callable[..., Caller]
SignIn = Callable[[Caller], dict[str, str]]


@pytest.fixture
def everything(staff: Staff, sign_in: SignIn) -> dict[str, str]:
    return sign_in(staff(*PERMISSIONS))


async def get(client: httpx.AsyncClient, headers: dict[str, str], path: str, **params: Any) -> Any:
    answer = await client.get(BASE + path, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(
    client: httpx.AsyncClient, headers: dict[str, str], path: str, body: Any = None, expect: int = 200
) -> Any:
    answer = await client.post(BASE + path, headers=headers, json=body)
    assert answer.status_code == expect, answer.text
    return answer.json() if answer.content else None


# --- access ------------------------------------------------------------------------------------------------------

ROUTES = [
    ("GET", "/standards", "catalog.standard.read"),
    ("GET", "/data-flows", "catalog.standard.read"),
    ("GET", "/data-elements", "catalog.standard.read"),
    ("GET", "/data-elements/DE04.10.167.00", "catalog.standard.read"),
    ("GET", "/value-domains", "catalog.standard.read"),
    ("GET", "/value-tables", "catalog.standard.read"),
    ("GET", "/checkup-document", "catalog.standard.read"),
    ("GET", "/imaging-elements", "catalog.standard.read"),
    ("GET", "/data-version", "catalog.standard.read"),
    ("GET", "/items", "catalog.item.read"),
    ("GET", "/items/LAB.ALT", "catalog.item.read"),
    ("GET", "/item-categories", "catalog.item.read"),
    ("POST", "/items/LAB.ALT/retire", "catalog.item.write"),
    ("POST", "/items/LAB.ALT/restore", "catalog.item.write"),
    ("GET", "/items/EXAM.LUNG/trees", "catalog.tree.read"),
    ("GET", "/trees", "catalog.tree.read"),
    ("GET", "/packages", "catalog.package.read"),
    ("GET", "/vendors", "catalog.mapping.read"),
]


@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
async def test_only_the_permission_opens_a_route(
    client: httpx.AsyncClient, staff: Staff, sign_in: SignIn, method: str, path: str, permission: str
) -> None:
    assert (await client.request(method, BASE + path)).status_code == 401
    others = sign_in(staff(*(name for name in PERMISSIONS if name != permission)))
    assert (await client.request(method, BASE + path, headers=others)).status_code == 403
    assert (await client.request(method, BASE + path, headers=sign_in(staff(permission)))).status_code == 200


# --- looking things up -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "term", "field", "expected"),
    [
        ("/data-elements", "身高", "identifier", "DE04.10.167.00"),
        ("/data-elements", "de04.10.167", "identifier", "DE04.10.167.00"),
        ("/data-elements", "高", "identifier", "DE04.10.167.00"),
        ("/value-domains", "女性", "code", "2"),
        ("/items", "肌酐", "code", "LAB.CREA"),
        ("/items", "谷丙", "code", "LAB.ALT"),  # a synonym
        ("/items", "tbil", "code", "LAB.TBIL"),
        ("/items", "腹部 超声", "code", "EXAM.ABDOMEN_US"),
        ("/items", "zdhs", "code", "LAB.TBIL"),  # the initials of 总胆红素
        ("/items", "JiGan", "code", "LAB.CREA"),  # pinyin of 肌酐
        ("/items", "gubing", "code", "LAB.ALT"),  # pinyin of a synonym
    ],
)
async def test_search_finds(
    client: httpx.AsyncClient, everything: dict[str, str], path: str, term: str, field: str, expected: str
) -> None:
    page = await get(client, everything, path, q=term, limit=200)
    assert expected in {one[field] for one in page["items"]}
    assert (await get(client, everything, path, q="没有这样的东西"))["items"] == []


@pytest.mark.parametrize("term", ["%", "_", "'", "\\", "*", "((", "x" * 50])
async def test_search_takes_any_text_literally(
    client: httpx.AsyncClient, everything: dict[str, str], term: str
) -> None:
    for path in ("/data-elements", "/items", "/value-domains"):
        found = (await get(client, everything, path, q=term))["items"]
        assert all(term in str(one) for one in found)


@pytest.mark.parametrize(
    ("path", "key", "count"), [("/data-elements", "identifier", 540), ("/items", "code", 294)]
)
async def test_pages_cover_everything_once(
    client: httpx.AsyncClient, everything: dict[str, str], path: str, key: str, count: int
) -> None:
    seen, cursor = [], None
    while True:
        page = await get(client, everything, path, limit=97, **({"cursor": cursor} if cursor else {}))
        seen += [one[key] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == count
    assert (await client.get(f"{BASE}{path}?cursor=xx", headers=everything)).status_code == 422


@pytest.mark.parametrize(
    ("table", "column", "index"),
    [
        ("data_elements", "search", "data_elements_search_idx"),
        ("value_domains", "search", "value_domains_search_idx"),
        ("items", "search", "items_search_idx"),
        ("item_synonyms", "synonym", "item_synonyms_search_idx"),
        ("vendor_items", "search", "vendor_items_search_idx"),
    ],
)
async def test_two_chinese_characters_use_the_index(tx: Tx, table: str, column: str, index: str) -> None:
    from kanghu.modules.catalog.repository.text_search import matching

    await tx.execute("SET LOCAL enable_seqscan = off")
    plan = await tx.fetch(
        f"EXPLAIN SELECT 1 FROM catalog.{table} WHERE {matching(column, 1, '肌酐')}", "肌酐"
    )
    assert any(index in line[0] for line in plan), plan


async def test_flows_and_standards(client: httpx.AsyncClient, everything: dict[str, str]) -> None:
    flows = await get(client, everything, "/data-flows")
    named = {(flow["name"], flow["standard_family"]): flow["editions"] for flow in flows}
    assert named[("个人信息", "WS 363.3")] == ["WS 363.3-2011", "WS/T 363.3-2023"]
    assert ("临床辅助检查", "WS 538") in named
    assert len(await get(client, everything, "/standards")) == 52
    assert (await get(client, everything, "/data-elements/DE04.50.099.00"))[0]["standard"] == "WS 363.9-2011"
    answer = await client.get(BASE + "/data-elements/DE99", headers=everything)
    assert (answer.status_code, answer.json()["code"]) == (404, "catalog.data_element_not_found")
    assert len(await get(client, everything, "/checkup-document")) == 180
    assert len(await get(client, everything, "/imaging-elements")) == 105
    assert (await get(client, everything, "/data-version"))["version"]


async def test_an_item_with_everything_about_it(
    client: httpx.AsyncClient, everything: dict[str, str]
) -> None:
    detail = await get(client, everything, "/items/LAB.ALT")
    assert detail["item"]["unit"] == "U/L"
    assert "谷丙转氨酶" in detail["synonyms"]
    assert {one["sex"] for one in detail["reference_ranges"]} == {"M", "F"}
    assert detail["tree"] is None  # shipped trees wait for the hospital's experts
    assert (await client.get(BASE + "/items/NO", headers=everything)).status_code == 404


LOCAL = {
    "code": "LOCAL.ANA",
    "kind": "lab",
    "name": "抗核抗体",
    "abbreviation": "ANA",
    "result_type": "ordinal",
}


async def test_the_hospitals_own_items(
    client: httpx.AsyncClient, everything: dict[str, str], database: Database
) -> None:
    made = await post(client, everything, "/items", LOCAL, 201)
    assert (made["origin"], made["confidence"]) == ("local", "local")
    assert (await post(client, everything, "/items", LOCAL, 409))["code"] == "catalog.item_code_taken"
    await post(client, everything, "/items", {**LOCAL, "code": "LAB.MINE"}, 422)
    wrong = await post(client, everything, "/items", {**LOCAL, "code": "LOCAL.B", "unit": "毫克"}, 422)
    assert "UCUM" in wrong["fields"]["unit"]
    change = {"name": "抗核抗体(ANA)", "age_min": 20, "age_max": 10}
    assert (await client.put(BASE + "/items/LOCAL.ANA", headers=everything, json=change)).status_code == 422
    change["age_max"] = 90
    changed = await client.put(BASE + "/items/LOCAL.ANA", headers=everything, json=change)
    assert changed.json()["name"] == "抗核抗体(ANA)"
    fixed = await client.put(BASE + "/items/LAB.ALT", headers=everything, json={"name": "我的ALT"})
    assert (fixed.status_code, fixed.json()["code"]) == (409, "catalog.item_is_shipped")
    assert (await post(client, everything, "/items/LOCAL.ANA/retire"))["retired_at"]
    found = (await get(client, everything, "/items", q="抗核抗体"))["items"]
    assert found == []
    assert len((await get(client, everything, "/items", q="抗核抗体", retired=True))["items"]) == 1
    async with database.transaction() as tx:
        actions = await tx.fetch("SELECT action FROM kernel.audit_inbox ORDER BY id")
        assert [one["action"] for one in actions] == [
            "catalog.item.create",
            "catalog.item.change",
            "catalog.item.retire",
        ]


# --- item trees --------------------------------------------------------------------------------------------------


@pytest.fixture
def author(staff: Staff, sign_in: SignIn) -> dict[str, str]:
    return sign_in(staff("catalog.tree.read", "catalog.tree.write", "catalog.tree.approve"))


@pytest.fixture
def approver(staff: Staff, sign_in: SignIn) -> dict[str, str]:
    return sign_in(staff("catalog.tree.read", "catalog.tree.approve", "catalog.item.read"))


async def put(
    client: httpx.AsyncClient, headers: dict[str, str], path: str, body: Any, expect: int = 200
) -> Any:
    answer = await client.put(BASE + path, headers=headers, json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def test_a_tree_from_draft_to_approval(
    client: httpx.AsyncClient, author: dict[str, str], approver: dict[str, str], database: Database
) -> None:
    """The lungs of 内科, the requirement's own example."""
    shipped = (await get(client, author, "/items/EXAM.LUNG/trees"))[0]
    assert (shipped["version"], shipped["status"], shipped["author_id"]) == (1, "submitted", None)
    assert {"barrel_chest", "breath_sound", "rales", "rales.site"} <= {
        node["path"] for node in shipped["nodes"]
    }
    taken = await post(client, author, "/items/EXAM.LUNG/trees", None, 409)
    assert taken["code"] == "catalog.tree_already_open"
    approved = await post(client, approver, f"/trees/{shipped['id']}/approve", {"note": "同意"})
    assert approved["status"] == "approved"

    draft = await post(client, author, "/items/EXAM.LUNG/trees", None, 201)
    assert (draft["version"], draft["status"], draft["nodes"]) == (2, "draft", shipped["nodes"])
    nodes = [*draft["nodes"], {"path": "cough", "name": "咳嗽", "value_type": "coded"}]
    saved = await put(
        client, author, f"/trees/{draft['id']}", {"nodes": nodes, "revision": draft["revision"]}
    )
    stale = await put(
        client, author, f"/trees/{draft['id']}", {"nodes": [], "revision": draft["revision"]}, 409
    )
    assert stale["code"] == "catalog.tree_changed"
    refused = await post(client, author, f"/trees/{draft['id']}/submit", None, 422)
    assert refused["fields"] == {"cough": "代码型要素须有取值或值域"}
    nodes[-1]["options"] = [{"code": "1", "name": "无"}, {"code": "2", "name": "有"}]
    await put(client, author, f"/trees/{draft['id']}", {"nodes": nodes, "revision": saved["revision"]})
    await post(client, author, f"/trees/{draft['id']}/submit")

    alone = await post(client, author, f"/trees/{draft['id']}/approve", {}, 403)
    assert alone["code"] == "catalog.approver_is_author"
    waiting = await get(client, approver, "/trees", status="submitted", limit=200)
    assert draft["id"] in {one["id"] for one in waiting["items"]}
    of_lung = await get(client, approver, "/trees", q="EXAM.LUNG", limit=200)
    mine = next(one for one in of_lung["items"] if one["id"] == draft["id"])
    assert (mine["item_name"], mine["elements"], mine["status"]) == (
        "肺部(自由文本)",
        len(nodes),
        "submitted",
    )
    await post(client, approver, f"/trees/{draft['id']}/approve", {})
    history = {one["version"]: one["status"] for one in await get(client, author, "/items/EXAM.LUNG/trees")}
    assert history == {2: "approved", 1: "superseded"}
    assert (await get(client, approver, "/items/EXAM.LUNG"))["tree"]["version"] == 2
    await put(client, author, f"/trees/{draft['id']}", {"nodes": nodes, "revision": 9}, 409)
    async with database.transaction() as tx:
        assert (await public.approved_trees(tx, ["EXAM.LUNG", "EXAM.SKIN"])).keys() == {"EXAM.LUNG"}


async def test_a_rejected_version_says_why_and_another_can_be_started(
    client: httpx.AsyncClient, author: dict[str, str], approver: dict[str, str]
) -> None:
    draft = await post(client, author, "/items/EXAM.SKIN/trees", None, 201)
    body = {"nodes": [{"path": "a", "name": "颜色", "value_type": "text"}], "revision": draft["revision"]}
    await put(client, author, f"/trees/{draft['id']}", body)
    await post(client, approver, f"/trees/{draft['id']}/reject", {"note": "未提交"}, 409)
    await post(client, author, f"/trees/{draft['id']}/submit")
    await post(client, approver, f"/trees/{draft['id']}/reject", {"note": ""}, 422)
    await post(client, approver, f"/trees/{draft['id']}/reject", {"note": "缺皮疹"})
    again = await post(client, author, "/items/EXAM.SKIN/trees", None, 201)
    assert (again["version"], again["nodes"][0]["name"]) == (2, "颜色")
    deleted = await client.delete(f"{BASE}/trees/{again['id']}", headers=author)
    assert deleted.status_code == 204
    assert (await client.get(f"{BASE}/trees/{again['id']}", headers=author)).status_code == 404


async def test_the_database_itself_keeps_decided_versions(tx: Tx) -> None:
    tree = await tx.fetchval("SELECT id FROM catalog.item_trees WHERE item_code = 'EXAM.LUNG'")
    with pytest.raises(asyncpg.RestrictViolationError):
        async with tx.transaction():
            await tx.execute("UPDATE catalog.item_trees SET nodes = '[]' WHERE id = $1", tree)
    await tx.execute(
        "UPDATE catalog.item_trees SET status = 'approved', decided_by = $2, decided_at = now() WHERE id = $1",
        tree,
        new_id(),
    )
    for change in (
        "UPDATE catalog.item_trees SET nodes = '[]' WHERE id = $1",
        "UPDATE catalog.item_trees SET status = 'draft' WHERE id = $1",
        "DELETE FROM catalog.item_trees WHERE id = $1",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with tx.transaction():
                await tx.execute(change, tree)


async def test_the_database_itself_refuses_an_author_who_approves(tx: Tx) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await tx.execute(
            """INSERT INTO catalog.item_trees (id, item_code, version, status, nodes, author_id, author_name, created_at,
                                               decided_by, decided_at)
               VALUES ($1, 'EXAM.SKIN', 1, 'approved', '[]', $1, '', now(), $1, now())""",
            new_id(),
        )


# --- packages ----------------------------------------------------------------------------------------------------

WOMEN = {
    "code": "WOMEN-30",
    "name": "女性套餐",
    "sex_limit": "F",
    "age_min": 30,
    "item_codes": ["LAB.HPV", "LAB.ALT"],
}


async def test_packages_of_an_institution(
    client: httpx.AsyncClient, staff: Staff, sign_in: SignIn, database: Database
) -> None:
    permissions = ("catalog.package.read", "catalog.package.write")
    institution, other = new_id(), new_id()
    mine = sign_in(staff(*permissions, institution=institution))
    theirs = sign_in(staff(*permissions, institution=other))
    made = await post(client, mine, "/packages", WOMEN, 201)
    package = made["package"]
    assert (package["institution_id"], package["item_codes"], made["conflicts"]) == (
        str(institution), ["LAB.HPV", "LAB.ALT"], [],
    )  # fmt: skip
    assert (await post(client, mine, "/packages", WOMEN, 409))["code"] == "catalog.package_code_taken"
    await post(client, theirs, "/packages", WOMEN, 201)

    wrong = {**WOMEN, "code": "W2", "item_codes": ["LAB.TPSA", "LAB.ALT", "LAB.ALT", "LAB.NONE"]}
    refused = await post(client, mine, "/packages", wrong, 422)
    assert set(refused["fields"]) == {"LAB.TPSA", "LAB.ALT", "LAB.NONE"}
    assert "性别冲突" in refused["fields"]["LAB.TPSA"]
    content = {name: value for name, value in wrong.items() if name != "code"}
    assert len(await post(client, mine, "/packages/check", content)) == 3

    assert (await client.get(f"{BASE}/packages/{package['id']}", headers=theirs)).status_code == 404
    change = {
        **{name: value for name, value in WOMEN.items() if name != "code"},
        "revision": 1,
        "item_codes": ["LAB.TCT"],
    }
    assert (
        await client.put(f"{BASE}/packages/{package['id']}", headers=theirs, json=change)
    ).status_code == 404
    await put(client, mine, f"/packages/{package['id']}", change)
    stale = await put(client, mine, f"/packages/{package['id']}", change, 409)
    assert stale["code"] == "catalog.package_changed"
    async with database.transaction() as tx:
        assert [item.code for item in await public.package_items(tx, institution, "WOMEN-30")] == ["LAB.TCT"]
        assert [item.code for item in await public.package_items(tx, other, "WOMEN-30")] == [
            "LAB.HPV",
            "LAB.ALT",
        ]
        assert await public.package_items(tx, new_id(), "WOMEN-30") == []

    await post(client, mine, f"/packages/{package['id']}/retire", None, 204)
    listed = await get(client, mine, "/packages")
    assert package["id"] not in {one["id"] for one in listed}
    assert {one["institution_id"] for one in listed} == {None}
    await post(client, mine, "/packages", WOMEN, 201)  # the code is free again


async def test_templates_are_read_only_and_an_institution_is_needed(
    client: httpx.AsyncClient, everything: dict[str, str]
) -> None:
    templates = await get(client, everything, "/packages")
    basic = next(one for one in templates if one["code"] == "PKG.DIABETES")
    change = {"name": "改", "item_codes": ["LAB.ALT"], "revision": 1}
    fixed = await put(client, everything, f"/packages/{basic['id']}", change, 409)
    assert fixed["code"] == "catalog.template_is_fixed"
    assert (await post(client, everything, "/packages", WOMEN, 422))["code"] == "catalog.institution_needed"
    await post(client, everything, "/packages", {**WOMEN, "institution_id": str(new_id())}, 201)


async def test_nobody_makes_packages_for_another_institution(
    client: httpx.AsyncClient, staff: Staff, sign_in: SignIn
) -> None:
    mine = sign_in(staff("catalog.package.write", institution=new_id()))
    await post(client, mine, "/packages", {**WOMEN, "institution_id": str(new_id())}, 403)


# --- mapping -----------------------------------------------------------------------------------------------------


async def _vendor(database: Database, institution: UUID) -> UUID:
    vendor_id = new_id()
    items = [
        VendorItem("TBIL-X", "总胆红素(TBIL)", unit="µmol/L", specimen="血清", department="检验科"),
        VendorItem("CR-X", "血肌酐(Cr)", unit="mg/dL", specimen="血清", department="检验科"),
        VendorItem("ANA-T", "抗核抗体滴度(ANA)", specimen="血清", department="检验科"),
    ]
    async with database.transaction() as tx:
        await public.register_vendor(tx, vendor_id, institution, "参考体检中心")
        await public.apply_item_changes(tx, vendor_id, "1", items)
    return vendor_id


async def test_mapping_a_vendors_items(
    client: httpx.AsyncClient, staff: Staff, sign_in: SignIn, database: Database
) -> None:
    institution = new_id()
    vendor_id = await _vendor(database, institution)
    headers = sign_in(staff("catalog.mapping.read", "catalog.mapping.write", institution=institution))
    vendor = f"/vendors/{vendor_id}"

    unmapped = (await get(client, headers, vendor + "/items", status="unmapped"))["items"]
    assert [one["code"] for one in unmapped] == ["ANA-T", "CR-X", "TBIL-X"]
    assert [one["code"] for one in (await get(client, headers, vendor + "/items", q="胆红"))["items"]] == [
        "TBIL-X"
    ]
    seen = {one["code"]: one["changed_at"] for one in unmapped}

    suggested = await post(client, headers, vendor + "/suggestions", {"vendor_item_codes": list(seen)})
    best = {one["vendor_item_code"]: [s["item_code"] for s in one["suggestions"]][:1] for one in suggested}
    assert best == {"TBIL-X": ["LAB.TBIL"], "CR-X": ["LAB.CREA"], "ANA-T": []}

    def choice(code: str, item: str) -> dict[str, str]:
        return {"vendor_item_code": code, "item_code": item, "seen": seen[code]}

    one_wrong = {"mappings": [choice("TBIL-X", "LAB.TBIL"), choice("CR-X", "LAB.ALT")]}
    refused = await post(client, headers, vendor + "/mappings/confirm", one_wrong, 422)
    assert refused["fields"] == {"CR-X": "单位 mg/dL 无法换算为标准单位 U/L"}
    both = {"mappings": [choice("TBIL-X", "LAB.TBIL"), choice("CR-X", "LAB.CREA")]}
    assert await post(client, headers, vendor + "/mappings/confirm", both) == {"changed": 2}
    codes = {"vendor_item_codes": ["ANA-T"]}
    assert await post(client, headers, vendor + "/mappings/reject", codes) == {"changed": 1}
    counts = (await get(client, headers, "/vendors"))[0]
    assert (counts["unmapped"], counts["confirmed"], counts["rejected"]) == (0, 2, 1)
    assert (await get(client, headers, vendor + "/items", status="confirmed"))["items"][0][
        "item_name"
    ] == "肌酐"
    codes = {"vendor_item_codes": ["CR-X"]}
    assert await post(client, headers, vendor + "/mappings/disable", codes) == {"changed": 1}
    assert await post(client, headers, vendor + "/mappings/remove", codes) == {"changed": 1}
    async with database.transaction() as tx:
        actions = [
            one["action"] for one in await tx.fetch("SELECT action FROM kernel.audit_inbox ORDER BY id")
        ]
    assert actions == [f"catalog.mapping.{verb}" for verb in ("confirm", "reject", "disable", "remove")]


async def test_another_institutions_vendor_is_out_of_reach(
    client: httpx.AsyncClient, staff: Staff, sign_in: SignIn, database: Database
) -> None:
    vendor_id = await _vendor(database, new_id())
    headers = sign_in(staff("catalog.mapping.read", "catalog.mapping.write", institution=new_id()))
    vendor = f"/vendors/{vendor_id}"
    assert await get(client, headers, "/vendors") == []
    assert (await client.get(BASE + vendor + "/items", headers=headers)).status_code == 404
    codes = {"vendor_item_codes": ["CR-X"]}
    for path in ("/suggestions", "/mappings/reject", "/mappings/disable", "/mappings/remove"):
        await post(client, headers, vendor + path, codes, 404)
    choice = {"vendor_item_code": "CR-X", "item_code": "LAB.CREA", "seen": "2026-01-01T00:00:00Z"}
    await post(client, headers, vendor + "/mappings/confirm", {"mappings": [choice]}, 404)


async def test_a_confirmation_tells_who_waits_for_it(
    client: httpx.AsyncClient,
    staff: Staff,
    sign_in: SignIn,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kanghu.kernel import events
    from kanghu.modules.catalog.events import ItemsMapped

    heard: list[ItemsMapped] = []
    vendor_id = await _vendor(database, new_id())

    async def listen(tx: Tx, job: str, event: ItemsMapped) -> None:
        assert job == "test.listener"
        heard.append(event)

    monkeypatch.setitem(events.LISTENERS, ItemsMapped, ["test.listener"])
    monkeypatch.setattr(events, "enqueue", listen)
    headers = sign_in(staff(*PERMISSIONS))
    page = await get(client, headers, f"/vendors/{vendor_id}/items", q="CR-X")
    choice = {"vendor_item_code": "CR-X", "item_code": "LAB.CREA", "seen": page["items"][0]["changed_at"]}
    await post(client, headers, f"/vendors/{vendor_id}/mappings/confirm", {"mappings": [choice]})
    assert heard == [ItemsMapped(vendor_id=vendor_id, vendor_item_codes=("CR-X",))]
