"""Signing in by WeChat: only with a code that this browser asked for; binding takes a proof of both sides; it can be undone."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.modules.accounts import public
from tests.wechat.accounts import made_account
from tests.wechat.conftest import reachable, standin
from tests.wechat.standin import StandIn

from .hospital import PASSWORD, Enter, Hospital

__all__ = ["reachable", "standin"]

PHONE = "13900000001"


class Door:
    """The hospital's official account and mini-program, and a browser."""

    def __init__(self, web: httpx.AsyncClient, page: UUID, mini: UUID) -> None:
        self.web, self.page, self.mini = web, page, mini

    async def begin(self) -> str:
        """The state with which WeChat will send the visitor back."""
        answer = await self.web.post(f"/api/session/wechat/start/{self.page}")
        assert answer.status_code == 200, answer.text
        (state,) = parse_qs(urlsplit(answer.json()["url"]).query)["state"]
        return state

    async def by_page(self, code: str, state: str | None = None) -> httpx.Response:
        body = {"account_id": str(self.page), "code": code, "state": state or await self.begin()}
        return await self.web.post("/api/session/wechat/page", json=body)

    async def by_mini(self, code: str) -> httpx.Response:
        body = {"account_id": str(self.mini), "code": code}
        return await self.web.post("/api/session/wechat/mini-program", json=body)

    async def bind(self, offer: str, headers: dict[str, str]) -> int:
        answer = await self.web.post("/api/session/wechat/bindings", json={"offer": offer}, headers=headers)
        return answer.status_code


@pytest.fixture
async def door(
    hospital: Hospital, web: httpx.AsyncClient, database: Database, standin: StandIn, reachable: Outbound
) -> Door:
    async with database.transaction() as tx:
        urls = {"institution_id": hospital.east, "api_url": standin.url}
        page = await made_account(tx, **urls)
        mini = await made_account(tx, kind="mini_program", **urls)
        await public.create_customer_account(
            tx,
            username="customer",
            phone=PHONE,
            password=PASSWORD,
            person_id=new_id(),
            institution_id=hospital.east,
            display_name="王小明",
        )
        await public.create_staff_account(
            tx, username="nurse", password=PASSWORD, display_name="护士", institution_id=hospital.east
        )
    return Door(web, page, mini)


async def test_a_stranger_binds_after_signing_in_and_is_then_known(door: Door, enter: Enter) -> None:
    answer = (await door.by_page("code-1")).json()
    assert answer["session"] is None
    assert await door.bind(answer["offer"], await enter("customer")) == 204
    known = (await door.by_page("code-1")).json()
    assert known["offer"] is None
    headers = {"Authorization": f"Bearer {known['session']['token']}"}
    me = (await door.web.get("/api/session/me", headers=headers)).json()
    assert (me["kind"], me["display_name"]) == ("customer", "王小明")
    bound = (await door.web.get("/api/session/wechat/bindings", headers=headers)).json()
    assert [(one["account_id"], one["kind"]) for one in bound] == [(str(door.page), "official")]


async def test_the_same_wechat_is_known_at_the_mini_program_by_its_unionid(door: Door, enter: Enter) -> None:
    offer = (await door.by_page("code-1")).json()["offer"]
    headers = await enter("customer")
    assert await door.bind(offer, headers) == 204
    assert (await door.by_mini("code-1")).json()["session"] is not None
    gone = await door.web.delete(f"/api/session/wechat/bindings/{door.page}", headers=headers)
    assert gone.status_code == 204
    assert (await door.by_page("code-1")).json()["session"] is None
    assert (await door.by_mini("code-1")).json()["session"] is None
    again = await door.web.delete(f"/api/session/wechat/bindings/{door.page}", headers=headers)
    assert (again.status_code, again.json()["code"]) == (404, "accounts.wechat_not_bound")


async def test_who_is_not_signed_in_learns_by_which_accounts_one_may(door: Door, database: Database) -> None:
    found = (await door.web.get("/api/session/wechat/accounts")).json()
    assert {(one["id"], one["kind"]) for one in found} == {
        (str(door.page), "official"),
        (str(door.mini), "mini_program"),
    }
    assert all(set(one) == {"id", "kind", "appid", "name"} for one in found)
    async with database.transaction() as tx:
        await tx.execute("UPDATE wechat.accounts SET active = false WHERE id = $1", door.page)
    found = (await door.web.get("/api/session/wechat/accounts")).json()
    assert [one["id"] for one in found] == [str(door.mini)]


async def test_somebody_elses_code_signs_nobody_in(door: Door) -> None:
    state = await door.begin()
    for wrong in ("x" * 32, state[:-1]):
        answer = await door.by_page("code-1", wrong)
        assert (answer.status_code, answer.json()["code"]) == (403, "accounts.wechat_state_wrong")
    door.web.cookies.clear()
    answer = await door.by_page("code-1", state)
    assert answer.json()["code"] == "accounts.wechat_state_wrong", "begun in another browser"


async def test_a_state_is_good_once(door: Door) -> None:
    state = await door.begin()
    assert (await door.by_page("code-1", state)).status_code == 200
    assert (await door.by_page("code-1", state)).status_code == 403


async def test_wechat_sends_back_to_a_page_of_ours_only(door: Door) -> None:
    answer = await door.web.post(
        f"/api/session/wechat/start/{door.page}", params={"redirect_uri": "https://evil.example"}
    )
    url = urlsplit(answer.json()["url"])
    assert url.hostname == "open.weixin.qq.com"
    (back,) = parse_qs(url.query)["redirect_uri"]
    assert back == f"http://testserver/m/sign-in/wechat?account_id={door.page}"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_a_wrong_code_and_a_wrong_account_are_refused(door: Door) -> None:
    answer = await door.by_page("bad")
    assert (answer.status_code, answer.json()["code"]) == (401, "wechat.code_invalid")
    body = {"account_id": str(door.page), "code": "code-1"}
    answer = await door.web.post("/api/session/wechat/mini-program", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "wechat.wrong_kind")
    answer = await door.web.post(f"/api/session/wechat/start/{new_id()}")
    assert answer.status_code == 404


async def test_an_offer_is_used_once_by_a_customer_and_expires(
    door: Door, enter: Enter, database: Database
) -> None:
    customer, nurse = await enter("customer"), await enter("nurse")
    offer = (await door.by_mini("code-2")).json()["offer"]
    assert await door.bind(offer, nurse) == 403
    assert await door.bind("x" * 43, customer) == 409
    assert await door.bind(offer, customer) == 204
    assert await door.bind(offer, customer) == 409
    late = (await door.by_mini("code-3")).json()["offer"]
    async with database.transaction() as tx:
        await tx.execute("UPDATE accounts.wechat_offers SET expires_at = now() - interval '1 second'")
        kept = await tx.fetch("SELECT token_hash FROM accounts.wechat_offers")
    assert await door.bind(late, customer) == 409
    assert all(late.encode() not in bytes(row["token_hash"]) for row in kept)


async def test_the_phone_that_wechat_has_proven_binds_and_signs_in(door: Door, standin: StandIn) -> None:
    offer = (await door.by_mini("code-4")).json()["offer"]
    url = "/api/session/wechat/mini-program/phone"
    standin.instead["/wxa/business/getuserphonenumber"] = {
        "errcode": 0,
        "phone_info": {"purePhoneNumber": "13900000009"},
    }
    unknown = (await door.web.post(url, json={"offer": offer, "code": "phone"})).json()
    assert unknown["session"] is None
    standin.instead["/wxa/business/getuserphonenumber"] = {
        "errcode": 0,
        "phone_info": {"purePhoneNumber": PHONE},
    }
    known = (await door.web.post(url, json={"offer": unknown["offer"], "code": "phone"})).json()
    assert known["session"] is not None
    assert (await door.by_mini("code-4")).json()["session"] is not None
    gone = await door.web.post(url, json={"offer": unknown["offer"], "code": "phone"})
    assert (gone.status_code, gone.json()["code"]) == (409, "accounts.wechat_offer_gone")


async def test_who_is_disabled_or_has_a_second_factor_is_not_let_in_by_wechat_alone(
    door: Door, enter: Enter, database: Database
) -> None:
    offer = (await door.by_mini("code-5")).json()["offer"]
    assert await door.bind(offer, await enter("customer")) == 204
    async with database.transaction() as tx:
        account = await tx.fetchval("SELECT id FROM accounts.accounts WHERE username = 'customer'")
        await tx.execute(
            "INSERT INTO accounts.totp (account_id, secret_sealed, confirmed_at, created_at) VALUES ($1, 'x', now(), now())",
            account,
        )
    answer = (await door.by_mini("code-5")).json()
    assert answer["session"] is None
    assert answer["offer"]
    async with database.transaction() as tx:
        await tx.execute("UPDATE accounts.accounts SET state = 'disabled' WHERE id = $1", account)
    refused = await door.by_mini("code-5")
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.account_disabled")
