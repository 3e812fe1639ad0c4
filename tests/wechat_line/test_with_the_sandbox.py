"""From a fan's phone to the desk and back, and into the house by OAuth, over sockets: WeChat is the sandbox's."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.security import SYSTEM
from kanghu.main.app import create_app
from kanghu.modules.accounts import public as accounts
from kanghu.modules.people import public as people
from tests.conftest import SignIn
from tests.messaging.conftest import Desk, Ward
from tests.wechat.accounts import Pushing
from tests.wechat.standin import StandIn
from tests.wechat.test_with_the_sandbox import PNG, Both, meeting

from .conftest import Line

PASSWORD = "Ying-Shan-Hong-7"


@pytest.fixture
async def both(
    database: Database, sign_in: SignIn, reachable: Outbound, tmp_path: Path, ward: Ward
) -> AsyncIterator[Both]:
    async with meeting(database, sign_in, tmp_path, "safe", ward.ours) as met:
        yield met


@pytest.fixture
def worker(both: Both, client: httpx.AsyncClient, ward: Ward) -> Line:
    return Line(both.database, Pushing(client, both.account_id, ""), StandIn(), ward)


@pytest.fixture
async def web(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in front of the house with real sessions."""
    transport = httpx.ASGITransport(create_app(database, accounts.authenticate), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as made:
        yield made


async def test_a_message_reaches_the_desk_and_the_answer_the_phone(
    both: Both, worker: Line, desk: Desk
) -> None:
    await both.does("follow")
    await both.phone.put("/control/faults", json={"double_push": True})
    await both.does("say", content="请问几点开门？")
    await both.phone.put("/control/faults", json={"double_push": False})
    assert (await both.phone.post(f"/control/fans/{both.openid}/files/image", content=PNG)).status_code == 200
    await both.does("location", latitude=31.2, longitude=121.4, label="人民广场")
    assert await worker.work() == []
    (waiting,) = (await desk.get("/queue"))["items"]
    conversation = waiting["id"]
    lines = (await desk.get(f"/conversations/{conversation}/messages"))["items"]
    assert [(one["kind"], (one["text"] or "")[:7]) for one in lines] == [
        ("text", "请问几点开门？"),
        ("image", ""),
        ("text", "［位置］人民广"),
    ]
    assert (await desk.ask("GET", f"/media/{lines[1]['media']['id']}")).content == PNG

    assert (await desk.claim(conversation)).status_code == 204
    await desk.say(conversation, "八点。")
    url = f"/api/admin/messaging/conversations/{conversation}/media/image"
    media = (await desk.client.post(url, headers=desk.headers, content=PNG)).json()
    body = {"client_key": "picture-1", "kind": "image", "media_id": media["id"]}
    await desk.do("POST", f"/conversations/{conversation}/messages", body)
    while "messaging.deliver" in await worker.work():
        pass
    assert (await both.shows())[-2:] == [("account", "text"), ("account", "image")]
    allowance = (await desk.get(f"/conversations/{conversation}"))["allowance"]

    for _ in range(allowance["left"] + 1):
        await desk.say(conversation, "还有问题吗？")
        await worker.work()
    last = (await desk.get(f"/conversations/{conversation}/messages"))["items"][-1]
    assert (last["state"], "条数已用完" in last["failure"]) == ("failed", True)


async def test_a_fan_signs_in_by_oauth_and_the_desk_knows_them_from_then_on(
    both: Both, worker: Line, desk: Desk, web: httpx.AsyncClient, ward: Ward
) -> None:
    async with both.database.transaction() as tx:
        await accounts.seed_roles(tx)
        me = people.PersonInput(name="赵敏", sex="2", birth_date=date(1990, 1, 2))
        person_id = await people.register_person(tx, SYSTEM, me, ward.ours)
        await accounts.create_customer_account(
            tx, username="zhaomin", phone=None, password=PASSWORD, person_id=person_id,
            institution_id=ward.ours, display_name="赵敏",
        )  # fmt: skip
    await both.does("follow")
    await both.does("say", content="在吗")
    await worker.work()

    async def by_wechat() -> dict[str, str | None]:
        begun = (await web.post(f"/api/session/wechat/start/{both.account_id}")).json()["url"]
        passed = await both.phone.get(begun, headers={"Cookie": f"wechat_phone={both.openid}"})
        assert passed.status_code == 302, passed.text
        back = urlsplit(passed.headers["location"])
        query = {name: value for name, (value,) in parse_qs(back.query).items()}
        assert (back.netloc, back.path) == ("testserver", "/m/sign-in/wechat")
        answer = await web.post("/api/session/wechat/page", json=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, str | None] = answer.json()
        return found

    stranger = await by_wechat()
    login = {"login": "zhaomin", "password": PASSWORD}
    session = (await web.post("/api/session/login", json=login)).json()
    headers = {"Authorization": f"Bearer {session['token']}"}
    offer = {"offer": stranger["offer"]}
    bound = await web.post("/api/session/wechat/bindings", json=offer, headers=headers)
    assert bound.status_code == 204
    assert (await by_wechat())["session"] is not None
    await worker.work()
    (waiting,) = (await desk.get("/queue"))["items"]
    assert waiting["person_id"] == str(person_id)

    code = (await both.phone.post(f"/control/fans/{both.openid}/mini-login")).json()["code"]
    body = {"account_id": str(both.mini_id), "code": code}
    mini = (await web.post("/api/session/wechat/mini-program", json=body)).json()
    assert mini["session"] is None or mini["offer"] is None
