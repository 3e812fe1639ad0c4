"""IT staff keep official accounts: secrets go in and never come out, changes are checked, and a self-test says what is wrong."""

import json
from typing import Any

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat import public as wechat
from tests.wechat.accounts import AES_KEY, SECRET, TOKEN, pushing, speak
from tests.wechat.standin import StandIn

URL = "/api/admin/wechat/accounts"
ANOTHER_KEY = "Z" * 42 + "A"


def new(**more: Any) -> dict[str, Any]:
    return {
        "institution_id": str(new_id()), "kind": "official", "appid": "wxb11529c136998cb6", "name": "康护医院",
        "secret": SECRET, "token": TOKEN, "aes_key": AES_KEY, **more,
    }  # fmt: skip


class Desk:
    """Somebody who may keep accounts."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    async def post(self, path: str = "", body: Any = None) -> httpx.Response:
        return await self.client.post(URL + path, json=body, headers=self.headers)

    async def put(self, account: dict[str, Any], **changes: Any) -> httpx.Response:
        body = {
            name: account[name] for name in ("name", "mode", "api_url", "connect_url", "active", "version")
        }
        return await self.client.put(f"{URL}/{account['id']}", json={**body, **changes}, headers=self.headers)

    async def made(self, **more: Any) -> dict[str, Any]:
        answer = await self.post(body=new(**more))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def tested(self, account_id: object) -> dict[str, tuple[str, str, str]]:
        answer = await self.post(f"/{account_id}/self-test")
        assert answer.status_code == 200, answer.text
        checks = answer.json()["checks"]
        assert answer.json()["well"] is all(check["state"] != "failed" for check in checks)
        return {check["name"]: (check["state"], check["found"], check["advice"]) for check in checks}


@pytest.fixture
def desk(client: httpx.AsyncClient, sign_in: Any, staff: Any) -> Desk:
    return Desk(client, sign_in(staff("wechat.account.read", "wechat.account.write")))


async def test_an_account_is_kept_and_its_secrets_never_shown(desk: Desk, database: Database) -> None:
    made = await desk.made()
    assert made["callback_path"] == f"/open/wechat/{made['id']}"
    assert (made["mode"], made["api_url"]) == ("safe", "https://api.weixin.qq.com")
    listed = await desk.client.get(URL, headers=desk.headers)
    shown = await desk.client.get(f"{URL}/{made['id']}", headers=desk.headers)
    assert listed.json() == [made] == [shown.json()]
    changed = await desk.put(made, secret=SECRET[::-1], token="BBBBB", aes_key=ANOTHER_KEY, name="新名称")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    for text in (listed.text, shown.text, changed.text):
        assert not any(secret in text for secret in (SECRET, SECRET[::-1], TOKEN, AES_KEY, ANOTHER_KEY))
    async with database.transaction() as tx:
        row = await tx.fetchrow("SELECT secret, callback_keys FROM wechat.accounts")
        trail = await tx.fetch("SELECT action, detail FROM kernel.audit_inbox ORDER BY id")
    assert SECRET[::-1].encode() not in row["secret"]
    assert b"BBBBB" not in row["callback_keys"]
    assert [entry["action"] for entry in trail] == ["wechat.account.create", "wechat.account.update"]
    assert json.loads(trail[1]["detail"]) == {"changed": ["aes_key", "name", "secret", "token"]}


BAD: list[tuple[dict[str, Any], str]] = [
    ({"appid": "gh_0123456789ab"}, "appid"), ({"secret": "short"}, "secret"), ({"token": "a b"}, "token"),
    ({"aes_key": "a" * 42}, "aes_key"), ({"aes_key": None}, "aes_key"), ({"aes_key": None, "mode": "compatible"}, "aes_key"),
    ({"api_url": "http://api.weixin.qq.com"}, "api_url"), ({"api_url": "https://u:p@x.cn"}, "api_url"),
    ({"api_url": "https://x.cn/?a="}, "api_url"), ({"connect_url": "ftp://x.cn"}, "connect_url"), ({"kind": "other"}, "kind"),
]  # fmt: skip


async def test_settings_that_cannot_be_right_are_refused(desk: Desk) -> None:
    for wrong, field in BAD:
        answer = await desk.post(body=new(**wrong))
        assert (answer.status_code, list(answer.json()["fields"])) == (422, [field]), (wrong, answer.text)
    made = await desk.made(aes_key=None, mode="plain")
    answer = await desk.put(made, mode="safe")
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["aes_key"])
    assert (await desk.put(made, mode="safe", aes_key=AES_KEY)).status_code == 200


async def test_an_appid_is_kept_once(desk: Desk) -> None:
    await desk.made()
    answer = await desk.post(body=new())
    assert (answer.status_code, answer.json()["code"]) == (409, "wechat.appid_taken")


async def test_two_who_change_it_at_once(desk: Desk) -> None:
    made = await desk.made()
    assert (await desk.put(made, name="甲")).status_code == 200
    answer = await desk.put(made, name="乙")
    assert (answer.status_code, answer.json()["code"]) == (409, "wechat.account_changed")


async def test_the_secret_is_sent_to_no_new_address_without_being_given_again(desk: Desk) -> None:
    made = await desk.made()
    answer = await desk.put(made, api_url="https://evil.example")
    assert (answer.status_code, answer.json()["fields"]) == (
        422,
        {"secret": "更换接口地址时须重新填写 AppSecret"},
    )
    assert (await desk.put(made, api_url="https://api2.weixin.qq.com", secret=SECRET)).status_code == 200


async def test_nobody_reaches_another_institution(
    desk: Desk, client: httpx.AsyncClient, sign_in: Any, staff: Any
) -> None:
    made, mine = await desk.made(), new_id()
    other = Desk(client, sign_in(staff("wechat.account.read", "wechat.account.write", institution=mine)))
    assert (await client.get(URL, headers=other.headers)).json() == []
    for answer in (
        await client.get(f"{URL}/{made['id']}", headers=other.headers),
        await other.put(made),
        await other.post(f"/{made['id']}/self-test"),
        await other.post(f"/{made['id']}/clear-quota"),
    ):
        assert answer.status_code == 404
    assert (await other.post(body=new(appid="wx00000000000000aa"))).status_code == 403
    own = await other.made(institution_id=str(mine), appid="wx00000000000000ab")
    assert [found["id"] for found in (await client.get(URL, headers=other.headers)).json()] == [own["id"]]


# --- self-test -----------------------------------------------------------------------------------------------------


async def test_a_good_account_passes(
    desk: Desk, client: httpx.AsyncClient, database: Database, standin: StandIn, reachable: Outbound
) -> None:
    push = await pushing(client, database, api_url=standin.url)
    await speak(push)
    found = await desk.tested(push.account_id)
    assert {state for state, _, _ in found.values()} == {"ok"}
    assert list(found) == ["active", "mode", "callback", "quota", "secret", "token", "js_sdk"]
    assert all(advice == "" for _, _, advice in found.values())


async def test_what_was_never_set_up_is_told_with_what_to_do(
    desk: Desk, database: Database, standin: StandIn, reachable: Outbound
) -> None:
    made = await desk.made(api_url=standin.url, mode="plain", active=False, kind="mini_program")
    async with database.transaction() as tx:
        await tx.execute("UPDATE wechat.accounts SET paused_until = now() + interval '1 hour'")
    found = await desk.tested(made["id"])
    assert {name: state for name, (state, _, _) in found.items()} == {
        "active": "failed", "mode": "warning", "callback": "failed", "quota": "warning", "secret": "ok", "token": "ok",
    }  # fmt: skip
    assert made["callback_path"] in found["callback"][2]
    assert "安全模式" in found["mode"][2]


async def test_a_callback_that_fell_silent_is_noticed(
    desk: Desk, client: httpx.AsyncClient, database: Database, standin: StandIn, reachable: Outbound
) -> None:
    push = await pushing(client, database, api_url=standin.url)
    await speak(push)
    async with database.transaction() as tx:
        await tx.execute("UPDATE wechat.inbox SET received_at = received_at - interval '4 days'")
    assert (await desk.tested(push.account_id))["callback"][0] == "warning"


@pytest.mark.parametrize(
    ("path", "errcode", "check", "says"),
    [
        ("/cgi-bin/stable_token", 40164, "secret", "203.0.113.9"),
        ("/cgi-bin/stable_token", 40125, "secret", "AppSecret"),
        ("/cgi-bin/stable_token", 40013, "secret", "AppID"),
        ("/cgi-bin/stable_token", 89503, "secret", "管理员"),
        ("/cgi-bin/getcallbackip", 48001, "token", "接口权限"),
        ("/cgi-bin/ticket/getticket", 48001, "js_sdk", "接口权限"),
    ],
)
async def test_what_wechat_refuses_is_told_with_what_to_do(
    desk: Desk, standin: StandIn, reachable: Outbound, path: str, errcode: int, check: str, says: str
) -> None:
    made = await desk.made(api_url=standin.url)
    standin.refuse(path, errcode)
    found = await desk.tested(made["id"])
    state, seen, advice = found[check]
    assert state == "failed"
    assert says in seen + advice
    assert advice
    assert list(found)[-1] == check, "what would fail for the same reason is not asked"


async def test_a_reset_secret_is_noticed_although_the_token_lasts(
    desk: Desk, standin: StandIn, reachable: Outbound
) -> None:
    made = await desk.made(api_url=standin.url)
    assert (await desk.tested(made["id"]))["secret"][0] == "ok"
    standin.secret = "f" * 32
    assert (await desk.tested(made["id"]))["secret"][0] == "failed"
    assert (await desk.put(made, secret="f" * 32)).status_code == 200
    assert (await desk.tested(made["id"]))["secret"][0] == "ok"


async def test_the_daily_quota_is_cleared(
    desk: Desk, database: Database, standin: StandIn, reachable: Outbound
) -> None:
    made = await desk.made(api_url=standin.url)
    async with database.transaction() as tx:
        await tx.execute("UPDATE wechat.accounts SET paused_until = $1", clock.now())
    assert (await desk.post(f"/{made['id']}/clear-quota")).status_code == 204
    shown = await desk.client.get(f"{URL}/{made['id']}", headers=desk.headers)
    assert shown.json()["paused_until"] is None
    standin.refuse("/cgi-bin/clear_quota", 48006)
    answer = await desk.post(f"/{made['id']}/clear-quota")
    assert (answer.status_code, answer.json()["code"]) == (502, "wechat.banned")
    assert "次日" in answer.json()["message"]


async def test_what_is_left_of_todays_calls(desk: Desk, standin: StandIn, reachable: Outbound) -> None:
    made = await desk.made(api_url=standin.url)
    answer = await desk.client.get(f"{URL}/{made['id']}/quotas", headers=desk.headers)
    assert answer.status_code == 200, answer.text
    found = {one["path"]: one for one in answer.json()}
    assert found["/cgi-bin/message/custom/send"] == {
        "path": "/cgi-bin/message/custom/send", "name": "客服消息", "daily_limit": 500_000, "used": 12,
    }  # fmt: skip
    assert found["/cgi-bin/media/upload"]["daily_limit"] is None
    assert "/cgi-bin/user/info" not in found, "WeChat keeps no count of it"
    standin.refuse("/cgi-bin/openapi/quota/get", 48001)
    refused = await desk.client.get(f"{URL}/{made['id']}/quotas", headers=desk.headers)
    assert (refused.status_code, refused.json()["code"]) == (502, "wechat.not_authorised")


async def test_an_account_at_a_stand_in_follows_it_to_another_port(tx: Tx) -> None:
    account_id = new_id()

    async def ensure(port: int, host: str = "127.0.0.1") -> tuple[str, str]:
        await wechat.ensure_account(
            tx,
            account_id=account_id,
            institution_id=new_id(),
            kind="official",
            appid="wx00000000demo01",
            name="康护示范医院",
            secret=SECRET,
            token=TOKEN,
            aes_key=AES_KEY,
            api_url=f"http://{host}:{port}/wechat",
            connect_url=f"http://{host}:{port}/wechat",
        )
        found = await tx.fetchrow(
            "SELECT api_url, connect_url FROM wechat.accounts WHERE id = $1", account_id
        )
        return found["api_url"], found["connect_url"]

    assert await ensure(8100) == ("http://127.0.0.1:8100/wechat",) * 2
    assert await ensure(8200) == ("http://127.0.0.1:8200/wechat",) * 2
    await tx.execute("UPDATE wechat.accounts SET api_url = 'https://api.weixin.qq.com'")
    assert (await ensure(8300))[0] == "https://api.weixin.qq.com", "a real one stays"
