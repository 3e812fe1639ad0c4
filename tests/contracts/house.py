"""Two institutions that know nothing of each other, and three customers with everything a customer can have.

`ours` and `neighbour` are customers of one institution, `other` is one of the other institution. All that exists of them is
made as it is made in life: through public functions, signed pushes of a vendor, screens, and the jobs that follow.
"""

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from kanghu.kernel import clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.exports import MakeExport, make_export
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import JOBS, enqueue, run_job
from kanghu.kernel.security import PERMISSIONS, SYSTEM, Caller, Scope
from kanghu.main.app import create_app
from kanghu.modules.accounts import public as accounts
from kanghu.modules.accounts.roles import BUILTIN_ROLES
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange import public as exchange
from kanghu.modules.exchange.wire.signature import signed_headers
from kanghu.modules.forms import public as forms
from kanghu.modules.notices import public as notices
from kanghu.modules.notices.chain import Settled
from kanghu.modules.notices.repository import deliveries, wishes
from kanghu.modules.notices.repository import notices as notice_rows
from kanghu.modules.people import public as people
from kanghu.modules.people.service import card_checks
from kanghu.modules.wechat.models import Broadcast, Material, MaterialFile, ReplyWanted, TagRuleWanted
from kanghu.modules.wechat.repository import broadcasts as wechat_broadcasts
from kanghu.modules.wechat.repository import material_copies as wechat_material_copies
from kanghu.modules.wechat.repository import materials as wechat_materials
from kanghu.modules.wechat.repository import menus as wechat_menus
from kanghu.modules.wechat.repository import replies as wechat_replies
from kanghu.modules.wechat.repository import tag_rules as wechat_tag_rules
from kanghu.modules.wechat.repository import tokens as wechat_tokens
from tests.notices.mail_server import mail_account, set_mail_account
from tests.sms import sms_account, use_sms_account
from tests.wechat.accounts import Pushing, made_account, speak

from .conversing import converse

PASSWORD = "Ying-Shan-Hong-7"
SECRET = "a-secret-of-the-vendor-0123456789"
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
EXAM_DAY = "20261120"
CARD = b"\xff\xd8\xff\xe0" + bytes(20)
PDF = b64encode(b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF").decode()

ANSWERS: dict[str, Any] = {
    "height_cm": 171, "weight_kg": 66, "diagnosed": ["none"], "family_cancer": ["none"], "smoking_status": "never",
    "residence_north": True, "residence_urban": True, "bp_drug_2_weeks": False, "family_ascvd_first_degree": False,
    "family_diabetes_first_degree": False,
}  # fmt: skip


@dataclass
class Side:
    """One customer, and what belongs to them or to their institution. `ids`: path or body name → value."""

    name: str
    institution: UUID
    department: UUID
    vendor: UUID
    app: str
    person: UUID
    person_name: str
    id_number: str
    phone: str
    born: str
    exam_account: str
    ids: dict[str, Any] = field(default_factory=dict)

    @property
    def wire(self) -> dict[str, str]:
        return {
            "name": self.person_name,
            "sex": "1",
            "birth_date": self.born.replace("-", ""),
            "id_type": "01",
            "id_number": self.id_number,
        }

    def own_marks(self) -> set[str]:
        """What must never be seen by who has no right to this person."""
        names = (
            "person_id", "booking_id", "open_booking_id", "checklist_id", "finding_id", "response_id", "draft_id",
            "message_id", "staged_id", "notice_id", "document_id", "consent_id", "member_id", "customer_id",
            "delivery_id", "check_id", "conversation_id", "own_message_id", "staff_message_id", "media_id", "service_session_id",
        )  # fmt: skip
        return {
            *(str(self.ids[name]) for name in names),
            self.person_name, self.id_number, self.phone, self.exam_account,
        }  # fmt: skip

    def marks(self) -> set[str]:
        """What must never be seen from another institution."""
        more = (
            "vendor_id",
            "account_id",
            "app_id",
            "secret_id",
            "package_id",
            "staff_notice_id",
            "export_id",
            "wechat_account_id",
            "reply_rule_id",
            "tag_rule_id",
            "reply_id",
            "broadcast_id",
            "material_id",
        )
        return self.own_marks() | {str(self.ids[name]) for name in more}


class Post(asyncio.Protocol):
    """Where the vendors' systems would be: counts who knocks."""

    def __init__(self, house: "House") -> None:
        self.house = house

    def connection_made(self, transport: Any) -> None:
        self.house.knocks += 1
        transport.close()


@dataclass
class House:
    database: Database
    app: FastAPI
    client: httpx.AsyncClient
    sides: dict[str, Side] = field(default_factory=dict)
    tokens: dict[str, Caller] = field(default_factory=dict)
    common: dict[str, Any] = field(default_factory=dict)
    knocks: int = 0
    post: Any = None

    async def authenticate(
        self, tx: Tx, token: str, *, ip: str = "", request_id: str = "", idle: bool = False
    ) -> Caller | None:
        """Sessions as in life; `stand_in` adds callers that no role makes."""
        return self.tokens.get(token) or await accounts.authenticate(
            tx, token, ip=ip, request_id=request_id, idle=idle
        )

    def stand_in(self, caller: Caller) -> dict[str, str]:
        token = new_id().hex
        self.tokens[token] = caller
        return {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Any:
        """The answer's JSON; fails unless it went well."""
        answer = await self.client.request(method, path, headers=headers, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    async def push(self, side: Side, interface: str, content: Any) -> Any:
        path, body = f"/open/v1/exam/{interface}", json.dumps(content).encode()
        headers = signed_headers(side.app, SECRET, "POST", path, body)
        answer = await self.client.post(
            path, content=body, headers={**headers, "Content-Type": "application/json"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def sign_in(self, login: str, code: str | None = None) -> dict[str, str]:
        body = {"login": login, "password": PASSWORD, "code": code}
        token = (await self.call("POST", "/api/session/login", {}, body))["token"]
        return {"Authorization": f"Bearer {token}"}

    async def work(self) -> None:
        """Runs every waiting job but those that talk to the outside."""
        while True:
            async with self.database.transaction() as tx:
                waiting = await tx.fetch(
                    "DELETE FROM pgqueuer WHERE status = 'queued' RETURNING id, entrypoint, payload"
                )
            if not waiting:
                return
            for job in sorted(waiting, key=lambda found: found["id"]):
                kind = JOBS[job["entrypoint"]]
                if kind.in_transaction:
                    await run_job(self.database, kind, job["id"], job["payload"])

    async def one(self, query: str, *arguments: Any) -> Any:
        async with self.database.transaction() as tx:
            found = await tx.fetchval(query, *arguments)
        assert found is not None, query
        return found

    async def fingerprint(self) -> dict[str, Any]:
        """Table → number of rows and a hash of their content; not the audit log, nor when a session was last used."""
        async with self.database.transaction() as tx:
            tables = await tx.fetch(
                """SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
                    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
                      AND (schemaname, tablename) NOT IN (('kernel', 'audit_inbox'), ('public', 'alembic_version'))"""
            )
            union = " UNION ALL ".join(
                f"SELECT '{table['name']}', count(*), "
                + ("0" if table["name"] == "accounts.sessions" else "coalesce(sum(hashtext(t::text)), 0)")
                + f" FROM {table['name']} AS t"
                for table in tables
            )
            return {found[0]: (found[1], found[2]) for found in await tx.fetch(union)}

    async def changed_since(self, before: dict[str, Any]) -> dict[str, Any]:
        """Table → (before, now), of those that are not as they were."""
        now = await self.fingerprint()
        return {name: (before.get(name), now[name]) for name in now if now[name] != before.get(name)}


def everything() -> Caller:
    return Caller(
        kind="staff",
        account_id=new_id(),
        grants=dict.fromkeys(PERMISSIONS, Scope(everything=True)),
        display="全权",
    )


class Undone(Database):
    """Every transaction is rolled back: each request finds the house as it was built."""

    @asynccontextmanager
    async def transaction(self, *, readonly: bool = False) -> AsyncIterator[Tx]:
        assert self._pool is not None
        async with self._pool.acquire() as connection:
            outer = connection.transaction()
            await outer.start()
            try:
                yield connection
                # What a commit would still look at.
                await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            finally:
                await outer.rollback()


@asynccontextmanager
async def built(database: Database) -> AsyncIterator[House]:
    house = House(database, None, None)  # type: ignore[arg-type]
    house.app = create_app(database, house.authenticate)
    transport = httpx.ASGITransport(house.app, raise_app_exceptions=False)
    server = await asyncio.get_running_loop().create_server(lambda: Post(house), "127.0.0.1", 0)
    house.post = server.sockets[0].getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        use_sms_account(patch, sms_account())
        set_mail_account(patch, mail_account(9))
        house.client = httpx.AsyncClient(transport=transport, base_url="http://testserver")
        await _furnish(house)
        yield house
        await house.client.aclose()
    server.close()


async def _furnish(house: House) -> None:
    async with house.database.transaction() as tx:
        places = {code: await _institution(tx, house, code) for code in ("ours", "other")}
        house.sides["ours"] = await _customer(tx, places["ours"], "ours", "欧阳甲", date(1980, 5, 6), 1)
        house.sides["neighbour"] = await _customer(
            tx, places["ours"], "neighbour", "司马乙", date(1981, 5, 6), 2
        )
        house.sides["other"] = await _customer(tx, places["other"], "other", "诸葛丙", date(1982, 5, 6), 3)
    boss = house.stand_in(everything())
    for side in house.sides.values():
        await _live(house, side, boss)
    await house.work()
    for side in house.sides.values():
        await _look_up(house, side)
        await converse(house, side)
    await _common(house, boss)


Place = tuple[UUID, UUID, UUID, str]


async def _institution(tx: Tx, house: House, code: str) -> Place:
    institution = await accounts.create_institution(tx, code, f"{code} 医院")
    department = await accounts.create_department(tx, institution, "checkup", "体检中心")
    # Apps are remembered by the process for a moment: another house has other ones.
    vendor, app = new_id(), f"vendor-{code}-{new_id().hex[-8:]}"
    await exchange.ensure_vendor(
        tx, vendor_id=vendor, name=f"{code} 体检系统", institution_id=institution,
        base_url=f"http://127.0.0.1:{house.post}", url_hosts=[], call_app_id="kanghu", call_secret=SECRET,
    )  # fmt: skip
    await accounts.create_api_app(
        tx, app_id=app, name=f"{code} 体检系统", institution_id=institution, vendor_id=vendor, secret=SECRET
    )
    await made_account(
        tx, institution_id=institution, name=f"{code} 公众号", api_url=f"http://127.0.0.1:{house.post}"
    )
    await exams.set_daily_capacity(tx, vendor, 50)
    await tx.execute("UPDATE exchange.vendors SET exam_no_optional = true WHERE id = $1", vendor)
    for role in BUILTIN_ROLES:
        if role.code != "customer":
            await accounts.create_staff_account(
                tx, username=f"{code}-{role.code}".replace("_", "-"), password=PASSWORD, display_name=f"员工{code}",
                institution_id=institution, department_id=department, grants=[(role.code, "institution")],
                totp_secret=TOTP if role.requires_totp else None,
            )  # fmt: skip
    return institution, department, vendor, app


async def _customer(tx: Tx, place: Place, name: str, shown: str, born: date, serial: int) -> Side:
    institution, department, vendor, app = place
    number = f"110105{born:%Y%m%d}00{serial * 2 - 1}"
    number += "10X98765432"[sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(number)) % 11]
    phone = f"1390000000{serial}"
    person = await people.register_person(
        tx,
        SYSTEM,
        people.PersonInput(
            name=shown,
            sex="1",
            birth_date=born,
            id_type="01",
            id_number=number,
            phone=phone,
            address="某路 1 号",
        ),
        institution,
        department_id=department,
    )
    await accounts.create_customer_account(
        tx, username=f"customer-{name}", phone=phone, password=PASSWORD, person_id=person,
        institution_id=institution, display_name=shown,
    )  # fmt: skip
    await exams.bind_account(tx, SYSTEM, vendor, institution, person, f"TJ-{name}")
    side = Side(
        name,
        institution,
        department,
        vendor,
        app,
        person,
        shown,
        number,
        phone,
        born.isoformat(),
        f"TJ-{name}",
    )
    agreement = await people.agreement(tx, exchange.AGREEMENT)
    side.ids["consent_id"] = await people.sign_consent(
        tx, SYSTEM, person, exchange.AGREEMENT, institution, agreement.version, "h5", None
    )
    side.ids["agreement_version"] = agreement.version
    side.ids["check_id"] = await _send_card(tx, side)
    side.ids["notice_id"] = (
        await notices.notify(tx, "guide_received", person_id=person, data={}, subject=f"test/{name}")
    ).id
    await forms.save_completed(tx, person, "health_self_test", ANSWERS, SYSTEM)
    return side


async def _send_card(tx: Tx, side: Side) -> UUID:
    """Pictures of the customer's id card, which wait for staff."""
    caller = Caller(kind="customer", person_id=side.person, institution_id=side.institution)
    await people.sign_consent(tx, caller, side.person, "identity_check", side.institution, "v1", "h5", None)
    for picture in ("front", "back"):
        await card_checks.keep_picture(tx, caller, picture, CARD)
    return (await card_checks.send(tx, caller)).id


async def _live(house: House, side: Side, boss: dict[str, str]) -> None:
    """The vendor's messages, and what people do on their screens."""
    item = {"item_code": "K", "name": "血钾", "result_type": "numeric", "unit": "mmol/L"}
    await house.push(side, "item-changes", {"items": [item], "change": "1"})
    listed = await house.call("GET", f"/api/admin/catalog/vendors/{side.vendor}/items", boss)
    row = next(found for found in listed["items"] if found["code"] == "K")
    if row["status"] != "confirmed":
        choice = {"vendor_item_code": "K", "item_code": "LAB.K", "seen": row["changed_at"]}
        await house.call(
            "POST", f"/api/admin/catalog/vendors/{side.vendor}/mappings/confirm", boss, {"mappings": [choice]}
        )
    exam = {"exam_account": side.exam_account, "exam_no": f"E-{side.name}", "person": side.wire}
    await house.push(
        side, "guides", {**exam, "guide": {"kind": "text", "content": "请空腹"}, "exam_date": EXAM_DAY}
    )
    results = [
        {
            "item_code": code, "item_name": name, "value": "7.1", "value_type": "numeric", "unit": "mmol/L",
            "performed_at": "2026-11-20T08:30:00+08:00",
        }
        for code, name in (("K", "血钾"), ("X-UNKNOWN", "未知项目"))
    ]  # fmt: skip
    answer = await house.push(side, "results", {**exam, "change": "1", "results": results})
    assert answer["data"] == {"stored": 1, "staged": 1, "unchanged": 0}, answer
    await house.push(side, "reports", {**exam, "report": {"kind": "text", "content": "总检"}})
    await house.push(side, "reports", {**exam, "report": {"kind": "pdf", "content": PDF}})
    await house.call("POST", "/api/session/phone-codes", {}, {"phone": side.phone, "purpose": "sign_up"})
    me = await house.sign_in(f"customer-{side.name}")
    day = (clock.today() + timedelta(days=3)).isoformat()
    booked = await house.call(
        "POST", "/api/patient/exams/bookings", me, {"vendor_id": str(side.vendor), "appointment_date": day}
    )
    side.ids["open_booking_id"] = booked["id"]
    # Two exams under way and no number: the vendor does not say which, so a person has to.
    second = {**exam, "exam_no": f"E-{side.name}-2", "exam_date": EXAM_DAY}
    await house.push(side, "guides", {**second, "guide": {"kind": "text", "content": "复查"}})
    without = {"exam_account": side.exam_account, "person": side.wire, "change": "1", "results": results[:1]}
    answer = await house.push(side, "results", without)
    assert answer["data"]["staged"] == 1, answer
    relative = {"name": f"小{side.person_name[-1]}", "sex": "1", "birth_date": "2010-01-02"}
    added = await house.call(
        "POST", "/api/patient/people/family", me, {"person": relative, "relation": "child"}
    )
    side.ids["member_id"], side.ids["relative_id"] = added["id"], added["person_id"]
    side.ids["link_id"] = await _in_a_family(house, side, boss)
    sheet = await house.call("GET", "/api/patient/forms/phq9", me)
    side.ids["draft_id"] = sheet["response_id"]
    await house.call(
        "PUT", f"/api/patient/forms/phq9/responses/{sheet['response_id']}", me,
        {"version": sheet["version"], "revision": 0, "answers": {}},
    )  # fmt: skip
    package = {
        "institution_id": str(side.institution), "code": f"PK-{side.name.upper()}", "name": f"组合 {side.name}",
        "item_codes": ["LAB.K"],
    }  # fmt: skip
    side.ids["package_id"] = (await house.call("POST", "/api/admin/catalog/packages", boss, package))[
        "package"
    ]["id"]


async def _in_a_family(house: House, side: Side, boss: dict[str, str]) -> str:
    """The customer's mother has the customer in her family: by activation code, as staff saw both."""
    url = f"/api/admin/people/persons/{side.person}/activation-codes"
    code = (await house.call("POST", url, boss))["code"]
    async with house.database.transaction() as tx:
        mother = people.PersonInput(name=f"赵{side.person_name[-1]}", sex="2", birth_date=date(1955, 1, 2))
        mother_id = await people.register_person(tx, SYSTEM, mother, side.institution)
    caller = Caller(
        kind="customer", account_id=new_id(), person_id=mother_id, institution_id=side.institution
    )
    person = {
        "name": side.person_name, "sex": "1", "birth_date": side.born, "id_type": "01", "id_number": side.id_number,
    }  # fmt: skip
    body = {"person": person, "relation": "child", "activation_code": code}
    added = await house.call("POST", "/api/patient/people/family", house.stand_in(caller), body)
    return str(added["id"])


async def _export(house: House, login: str) -> str:
    """A finished export of somebody of the staff."""
    headers = await house.sign_in(login)
    ordered = await house.call("POST", "/api/admin/exports", headers, {"kind": "health.findings"})
    await make_export(house.database, MakeExport(UUID(ordered["id"])))
    return str(ordered["id"])


async def _spoken(house: House, side: Side) -> UUID:
    """The institution's official account, to which the customer wrote, and which has a token."""
    async with house.database.transaction() as tx:
        found = await tx.fetchrow(
            "SELECT id, appid FROM wechat.accounts WHERE institution_id = $1", side.institution
        )
        await wechat_tokens.ensure(tx, found["id"], "access_token")
        seen = await wechat_tokens.read(tx, found["id"], "access_token")
        assert seen is not None
        turn, now = new_id(), clock.now()
        await wechat_tokens.take(tx, seen, turn, now, now + timedelta(minutes=1))
        await wechat_tokens.keep(tx, seen.id, turn, "a-token", now + timedelta(hours=2))
    await speak(Pushing(house.client, found["id"], found["appid"]), f"o-{side.name}")
    account_id: UUID = found["id"]
    async with house.database.transaction() as tx:
        if await wechat_menus.draft(tx, account_id) is None:
            button = {"name": "帮助", "type": "click", "key": "HELP"}
            content = {"buttons": [button]}
            await wechat_menus.add_draft(tx, account_id, content, None)
            first = await wechat_menus.draft(tx, account_id)
            assert first is not None
            await wechat_menus.mark_published(tx, first.id, first.revision, content, None)
            await wechat_menus.add_draft(tx, account_id, content, None)
            reply = ReplyWanted(
                "问候", "default", [], "", [], "any", "any", [f"{side.name} 您好"], False, 0, False
            )
            await wechat_replies.insert(tx, new_id(), account_id, reply, None)
        (rule, *_others) = await wechat_replies.list_rules(tx, account_id)
        side.ids["reply_rule_id"] = rule.id
        side.ids["material_id"] = await _kept(tx, account_id, side)
        side.ids["tag_rule_id"] = await _tag_rule(tx, account_id)
        side.ids["broadcast_id"] = await _prepared(tx, account_id, side)
    return account_id


async def _kept(tx: Tx, account_id: UUID, side: Side) -> UUID:
    """An entry of the library, in all the forms in which one is kept."""
    known = await wechat_materials.page(tx, account_id, None, "", None, 1)
    if known:
        return known[0].id
    content = b"#!AMR\n" + side.name.encode()
    made = Material(
        new_id(), account_id, "voice", side.name, "audio/amr", len(content), 1000, True, clock.now()
    )
    file = MaterialFile("audio/amr", content, 1000, b"a voice", b"a picture")
    assert await wechat_materials.insert(tx, made, hashlib.sha256(content).digest(), file, None)
    await wechat_material_copies.read(tx, made.id, "temporary")
    return made.id


async def _tag_rule(tx: Tx, account_id: UUID) -> UUID:
    known = await wechat_tag_rules.list_rules(tx, account_id)
    if known:
        return known[0].id
    rule_id = new_id()
    wanted = TagRuleWanted("规则", 100, {"scenes": ["desk"]}, takes_away=True, enabled=True)
    await wechat_tag_rules.insert(tx, rule_id, account_id, wanted, None, clock.now())
    return rule_id


async def _prepared(tx: Tx, account_id: UUID, side: Side) -> UUID:
    """A bulk sending that somebody else has prepared."""
    known = await wechat_broadcasts.page(tx, account_id, None, None, 1)
    if known:
        return known[0].id
    made = Broadcast(
        new_id(), account_id, f"{side.name} 体检月", "all", None, [], "text", "体检月", "draft", "", new_id(), None,
        clock.now(), None, None,
    )  # fmt: skip
    await wechat_broadcasts.insert(tx, made)
    return made.id


async def _undelivered(house: House, side: Side) -> UUID:
    """A notice of the customer's that reached nobody outside the house; and an e-mail of theirs that waits to be confirmed."""
    now = clock.now()
    async with house.database.transaction() as tx:
        notice = await notice_rows.hold(tx, side.ids["notice_id"])
        assert notice is not None
        made = await deliveries.begin(tx, notice, "sms", "tencent", side.phone, repeatable=False, now=now)
        await deliveries.end_try(tx, made.id, made.tries, "refused", "余额不足", "", now, final=True)
        await deliveries.settle(tx, made.id, made.tries, Settled("failed"), "余额不足", "", now)
        await deliveries.set_dead(tx, notice.id, "sms", now)
        await wishes.put_email(
            tx,
            side.person,
            f"{side.name}@example.com",
            "123456",
            now + timedelta(minutes=30),
            now - timedelta(hours=1),
        )
    return made.id


async def _look_up(house: House, side: Side) -> None:
    """The ids that everything got."""
    person, institution = side.person, side.institution
    place = "other" if side.name == "other" else "ours"
    staff = await house.one("SELECT id FROM accounts.accounts WHERE username = $1", f"{place}-doctor")
    async with house.database.transaction() as tx:
        side.ids["staff_notice_id"] = (
            await notices.notify(
                tx, "guide_received", account_id=staff, data={}, subject=f"test/staff-{side.name}"
            )
        ).id
    side.ids["delivery_id"] = await _undelivered(house, side)
    side.ids["wechat_account_id"] = await _spoken(house, side)
    side.ids["wechat_api_url"] = f"http://127.0.0.1:{house.post}"
    side.ids["export_id"] = await _export(house, f"{place}-doctor")
    one = house.one
    side.ids |= {
        "person_id": person,
        "institution_id": institution,
        "department_id": side.department,
        "vendor_id": side.vendor,
        "staff": staff,
        "account_id": await one(
            "SELECT id FROM accounts.accounts WHERE username = $1", f"{place}-health-manager"
        ),
        "customer_id": await one("SELECT id FROM accounts.accounts WHERE person_id = $1", person),
        "app_id": await one("SELECT id FROM accounts.api_apps WHERE app_id = $1", side.app),
        "booking_id": await one("SELECT id FROM exams.bookings WHERE exam_no = $1", f"E-{side.name}"),
        "checklist_id": await one(
            "SELECT id FROM health.checklists WHERE booking_id = $1", UUID(side.ids["open_booking_id"])
        ),
        "document_id": await one(
            "SELECT r.id FROM exams.reports r JOIN exams.bookings b ON b.id = r.booking_id"
            " WHERE b.person_id = $1 AND r.kind = 'pdf'",
            person,
        ),
        "finding_id": await one("SELECT id FROM health.findings WHERE person_id = $1 LIMIT 1", person),
        "response_id": await one(
            "SELECT id FROM forms.responses WHERE person_id = $1 AND completed_at IS NOT NULL", person
        ),
        "message_id": await one(
            "SELECT id FROM exchange.messages WHERE person_id = $1 AND interface = 'H3' LIMIT 1", person
        ),
        "staged_id": await one(
            "SELECT id FROM exchange.staged_results WHERE person_id = $1 AND booking_id IS NULL", person
        ),
        "session_id": await one(
            """SELECT s.id FROM accounts.sessions s JOIN accounts.accounts a ON a.id = s.account_id
                WHERE a.person_id = $1""",
            person,
        ),
    }
    side.ids["line"] = await one(
        "SELECT item_code FROM health.checklist_lines WHERE checklist_id = $1 LIMIT 1",
        side.ids["checklist_id"],
    )
    seen = await one(
        "SELECT changed_at FROM catalog.vendor_items WHERE vendor_id = $1 AND code = 'K'", side.vendor
    )
    side.ids["seen"] = seen.isoformat()
    side.ids["secret_id"] = await one(
        "SELECT id FROM accounts.api_secrets WHERE app_id = $1", side.ids["app_id"]
    )


async def _common(house: House, boss: dict[str, str]) -> None:
    """What belongs to the whole house: drafts of a form and of an item's tree, a role, a job that failed."""
    published = await house.call("GET", "/api/admin/forms/phq9/versions/1", boss)
    new = {"code": "draft_form", "kind": "scale", "title": "草稿"}
    await house.call("POST", "/api/admin/forms", boss, new)
    tree = await house.call("POST", "/api/admin/catalog/items/LAB.K/trees", boss)
    async with house.database.transaction() as tx:
        await enqueue(tx, "health.assess", {})
        job: int = await tx.fetchval("UPDATE pgqueuer SET status = 'failed' RETURNING id")
    house.common = {
        "definition": published["definition"],
        "tree_id": tree["id"],
        "role_id": await house.one("SELECT id FROM accounts.roles WHERE code = 'doctor'"),
        "job_id": job,
    }
