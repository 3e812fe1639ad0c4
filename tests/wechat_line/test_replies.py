"""Automatic replies: the test box and a fan get the same answer, staff are called when they should be, and greetings fit who comes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kanghu.kernel import clock
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.models import DeskHours
from kanghu.modules.wechat.policy import on_duty
from tests.conftest import SignIn
from tests.messaging.conftest import Desk
from tests.wechat.accounts import minutes_ago, speak
from tests.wechat.pictures import PNG

from .conftest import Line


class Console:
    """The page on which staff keep the rules."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str], account: object) -> None:
        self.client, self.headers = client, headers
        self.url = f"/api/admin/wechat/accounts/{account}"

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.client.request(method, self.url + path, headers=self.headers, json=body, **more)

    async def do(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = await self.ask(method, path, body, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def rule(self, name: str, trigger: str, *answers: str, **more: Any) -> Any:
        body = {"name": name, "trigger": trigger, "answers": answers, "enabled": True, **more}
        return await self.do("POST", "/replies", body)

    async def trial(self, what: str, **more: Any) -> Any:
        return await self.do("POST", "/replies/trial", {"what": what, **more})


@pytest.fixture
def console(line: Line, client: httpx.AsyncClient, sign_in: SignIn, staff: Callable[..., Caller]) -> Console:
    caller = staff("wechat.reply.read", "wechat.reply.write", institution=line.ward.ours)
    return Console(client, sign_in(caller), line.push.account_id)


def words(*texts: str, match: str = "part") -> list[dict[str, str]]:
    return [{"text": text, "match": match} for text in texts]


# ---- live ----------------------------------------------------------------------------------------------------------------


async def test_what_a_rule_answers_keeps_nobody_waiting_and_is_on_record(
    line: Line, desk: Desk, console: Console
) -> None:
    await console.rule("时间", "keyword", "八点开门", "周日休息", keywords=words("几点"))
    await console.rule(
        "人工", "keyword", "正在为您转接", keywords=words("人工", match="whole"), hand_over=True
    )
    await line.say("请问几点开门？")
    assert await line.work() == []
    assert line.sent() == ["八点开门", "周日休息"]
    assert (await desk.get("/queue"))["items"] == []
    (kept,) = (await desk.get("/conversations"))["items"]
    assert kept["state"] == "closed"
    lines = (await desk.get(f"/conversations/{kept['id']}/messages"))["items"]
    assert [one["text"] for one in lines] == ["请问几点开门？", "自动回复：八点开门\n周日休息"]
    (spell,) = (await desk.get(f"/conversations/{kept['id']}/service-sessions"))["items"]
    assert spell["end_reason"] == "answered"

    await line.say("人工")
    await line.work()
    assert line.sent()[-1] == "正在为您转接"
    assert [one["id"] for one in (await desk.get("/queue"))["items"]] == [kept["id"]]
    await line.say("几点？")
    await line.work()
    assert len(line.sent()) == 3, "who waits for a person is not answered by a machine"


async def test_a_file_of_the_library_is_told_of_as_what_it_is(
    line: Line, desk: Desk, console: Console, sign_in: SignIn, staff: Callable[..., Caller]
) -> None:
    kept = await console.client.post(
        "/api/admin/wechat/materials",
        params={"wechat_account_id": str(line.push.account_id), "kind": "image", "title": "院区地图"},
        content=PNG,
        headers=sign_in(staff("wechat.material.write", institution=line.ward.ours)),
    )
    assert kept.status_code == 201, kept.text
    answers = ["请看地图", {"material_id": kept.json()["id"]}]
    await console.do(
        "POST", "/replies", {"name": "地图", "trigger": "default", "answers": answers, "enabled": True}
    )
    await line.say("在哪")
    assert await line.work() == []
    assert [one["msgtype"] for one in line.standin.sent] == ["text", "image"]
    (conversation,) = (await desk.get("/conversations"))["items"]
    lines = (await desk.get(f"/conversations/{conversation['id']}/messages"))["items"]
    assert lines[1]["text"] == "自动回复：请看地图\n［图片］院区地图"


async def test_without_a_rule_somebody_has_to_look(line: Line, desk: Desk, console: Console) -> None:
    await console.rule("草稿", "default", "稍候", enabled=False)
    await line.say("我头晕")
    await line.work()
    assert line.sent() == []
    assert len((await desk.get("/queue"))["items"]) == 1


async def test_greetings_fit_who_comes(line: Line, console: Console) -> None:
    await console.rule("首次", "follow", "欢迎关注", visit="first")
    await console.rule("再次", "follow", "欢迎回来", visit="again")
    await console.rule("门诊码", "scan", "一楼大厅", scene="desk-1")
    await console.rule("按钮", "keyword", "正在查询", keywords=words("REPORT", match="whole"))
    begun = minutes_ago(0)
    acts = (
        ("subscribe", ""),
        ("unsubscribe", ""),
        ("subscribe", ""),
        ("SCAN", "desk-1"),
        ("SCAN", "desk-2"),
        ("CLICK", "REPORT"),
        ("VIEW", "REPORT"),
    )
    for number, (event, key) in enumerate(acts):  # the same event twice in a second would be one
        await line.happen(event, key, CreateTime=begun + number)
        assert await line.work() == []
    assert line.sent() == ["欢迎关注", "欢迎回来", "一楼大厅", "正在查询"]
    other = "oOTHER567890abcdefghijklmn"
    await line.happen("subscribe", "qrscene_desk-1", other)
    await line.work()
    assert line.sent(other) == ["一楼大厅"]


async def test_an_answer_goes_out_once_however_often_its_job_runs(line: Line, console: Console) -> None:
    await console.rule("问候", "default", "您好")
    await line.say("在吗")
    async with line.database.transaction() as tx:
        jobs = await tx.fetch("SELECT id, entrypoint, payload FROM pgqueuer")
    for job in [*jobs, *jobs]:
        await line.run(job)
    async with line.database.transaction() as tx:
        jobs = await tx.fetch(
            "SELECT id, entrypoint, payload FROM pgqueuer WHERE entrypoint <> 'main.hear_fan'"
        )
    for job in [*jobs, *jobs]:
        await line.run(job)
    await line.work()
    assert line.sent() == ["您好"]


# ---- the test box and live -------------------------------------------------------------------------------------------------

WORD = st.sampled_from(["体检", "报告", "体检报告", "人工", "几点"])
PATTERN = st.sampled_from(["体检.*报告", "^人工", "几点$", "(体检|报告){2}"])
TEXT = st.lists(WORD, min_size=1, max_size=3).map("".join)
TRIGGERS = st.sampled_from(["keyword", "keyword", "keyword", "kind", "default"])
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "trigger": TRIGGERS,
            "word": WORD,
            "pattern": PATTERN,
            "match": st.sampled_from(["whole", "part", "pattern"]),
            "priority": st.integers(-1, 1),
            "hours": st.sampled_from(["any", "on", "off"]),
            "hand_over": st.booleans(),
            "enabled": st.booleans(),
        }
    ),
    max_size=6,
)


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(rules=RULES, texts=st.lists(TEXT, min_size=1, max_size=3), on=st.booleans(), picture=st.booleans())
async def test_the_test_box_says_what_a_fan_gets(
    line: Line,
    desk: Desk,
    console: Console,
    rules: list[dict[str, Any]],
    texts: list[str],
    on: bool,
    picture: bool,
) -> None:
    async with line.database.transaction() as tx:
        await tx.execute("DELETE FROM wechat.reply_rules")
    hours = {"opens": 0, "closes": 1440 if on else 0, "days": [1, 2, 3, 4, 5, 6, 7]}
    await console.do("PUT", "/desk-hours", hours)
    for number, rule in enumerate(rules):
        more = {key: rule[key] for key in ("priority", "hours", "hand_over", "enabled")}
        if rule["trigger"] == "keyword":
            wanted = rule["pattern" if rule["match"] == "pattern" else "word"]
            more["keywords"] = words(wanted, match=rule["match"])
        if rule["trigger"] == "kind":
            more["kinds"] = ["location"]
        await console.rule(f"规则 {number}", rule["trigger"], f"答 {number}", **more)
    said = [{"kind": "text", "text": text} for text in texts] + [{"kind": "location"}] * picture
    for one in said:
        openid = f"o{new_id().hex}"  # nobody who waits already
        trial = await console.trial("message", **one)
        if one["kind"] == "text":
            await line.say(one["text"], openid)
        else:
            await speak(
                line.push, openid, MsgType="location", Location_X="31", Location_Y="121", Scale=1, Label="x"
            )
        await line.work()
        assert line.sent(openid) == trial["answers"]
        listed = (await desk.get("/conversations", limit=200))["items"]
        (state,) = [one["state"] for one in listed if one["person_name"] == f"访客 {openid[-4:]}"][:1]
        assert state == ("waiting" if trial["for_staff"] else "closed")


# ---- keeping -------------------------------------------------------------------------------------------------------------


async def test_rules_are_kept_changed_and_checked(console: Console) -> None:
    first = await console.rule("体检", "keyword", "一", keywords=words("体检"), priority=5)
    late = await console.rule("体检报告", "keyword", "二", keywords=words("体检报告"))
    (conflict,) = await console.do("GET", "/replies/conflicts")
    assert (conflict["rule_id"], conflict["by_id"]) == (late["id"], first["id"])
    assert "提高前者的优先级" in conflict["message"]
    body = {
        **{key: first[key] for key in ("name", "trigger", "keywords", "answers", "version")},
        "priority": 0,
    }
    changed = await console.do("PUT", f"/replies/{first['id']}", {**body, "enabled": True})
    assert changed["version"] == 2
    assert await console.do("GET", "/replies/conflicts") == []
    stale = await console.ask("PUT", f"/replies/{first['id']}", body)
    assert (stale.status_code, stale.json()["code"]) == (409, "wechat.reply_changed")
    await console.do("PUT", f"/replies/{first['id']}", {**body, "version": 2})
    assert (await console.trial("message", text="体检"))["rule_id"] is None
    assert (await console.trial("message", text="体检", with_drafts=True))["rule_id"] == first["id"]
    await console.do("DELETE", f"/replies/{first['id']}")
    assert [one["id"] for one in await console.do("GET", "/replies")] == [late["id"]]
    assert (await console.ask("DELETE", f"/replies/{first['id']}")).status_code == 404


WRONG: list[dict[str, Any]] = [
    {"trigger": "keyword", "answers": ["一"]},
    {"trigger": "default", "answers": []},
    {"trigger": "default", "answers": ["一"], "keywords": words("体检")},
    {"trigger": "scan", "answers": ["一"]},
    {"trigger": "kind", "answers": ["一"]},
    {"trigger": "default", "answers": ["一"], "visit": "first"},
    {"trigger": "default", "answers": ["字" * 681]},
    {"trigger": "default", "answers": ["一", "二", "三", "四"]},
    {"trigger": "keyword", "answers": ["一"], "keywords": words("(体检", match="pattern")},
    {
        "trigger": "keyword",
        "answers": ["一"],
        "keywords": [{"text": "体检", "match": "pattern", "examples": ["报告"]}],
    },
    {"trigger": "keyword", "answers": ["一"], "keywords": words("体" * 51)},
]


@pytest.mark.parametrize("body", WRONG)
async def test_a_rule_that_says_nothing_or_too_much_is_refused(
    console: Console, body: dict[str, Any]
) -> None:
    answer = await console.ask("POST", "/replies", {"name": "错", **body})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


async def test_a_wrong_expression_is_told_at_its_place(console: Console) -> None:
    wrong = [*words("体检"), *words("(?=体检)", match="pattern")]
    answer = await console.ask(
        "POST", "/replies", {"name": "错", "trigger": "keyword", "answers": ["一"], "keywords": wrong}
    )
    assert "前瞻" in answer.json()["fields"]["keywords.1"]
    kept = await console.rule(
        "对", "keyword", "一", keywords=[{"text": "^体检", "match": "pattern", "examples": ["体检去哪"]}]
    )
    assert kept["keywords"] == [{"text": "^体检", "match": "pattern", "examples": ["体检去哪"]}]
    trial = await console.trial("message", text="体检怎么走")
    assert (trial["rule_id"], trial["why"]) == (kept["id"], "文字符合正则表达式「^体检」")


async def test_another_hospital_does_not_see_them(
    line: Line, client: httpx.AsyncClient, sign_in: SignIn, staff: Callable[..., Caller], console: Console
) -> None:
    await console.rule("问候", "default", "您好")
    stranger = staff("wechat.reply.read", "wechat.reply.write", institution=line.ward.other)
    other = Console(client, sign_in(stranger), line.push.account_id)
    for method, path in (("GET", "/replies"), ("GET", "/replies/conflicts"), ("GET", "/desk-hours")):
        assert (await other.ask(method, path)).status_code == 404


NIGHT, DAY = DeskHours(22 * 60, 6 * 60, [5]), DeskHours(8 * 60, 17 * 60, [1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (DAY, "2026-11-27T07:59", False),  # a Friday
        (DAY, "2026-11-27T08:00", True),
        (DAY, "2026-11-27T17:00", False),
        (DAY, "2026-11-28T12:00", False),
        (NIGHT, "2026-11-27T23:00", True),
        (NIGHT, "2026-11-28T05:59", True),
        (NIGHT, "2026-11-28T06:00", False),
        (NIGHT, "2026-11-28T23:00", False),
        (DeskHours(0, 1440, [1, 2, 3, 4, 5, 6, 7]), "2026-11-28T00:00", True),
    ],
)
def test_the_desk_has_hours(hours: DeskHours, at: str, expected: bool) -> None:
    assert on_duty(hours, datetime.fromisoformat(at).replace(tzinfo=clock.SHANGHAI)) is expected
