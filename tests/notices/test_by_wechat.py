"""Template messages and subscription notices over sockets to the sandbox's WeChat and back: sent, reported, refused, and what follows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM
from kanghu.modules.wechat import errors, template_rules
from kanghu.modules.wechat import public as wechat
from kanghu.modules.wechat.client import post as really_post
from kanghu.modules.wechat.repository import fans
from kanghu.modules.wechat.service import binding, calls, templates
from tests.conftest import SignIn
from tests.notices.world import World, world
from tests.wechat.test_with_the_sandbox import Both, meeting

BOOKED = "WxDemoTemplateBookedXXXXXXXXXXXXXXXXXXXXXXX"
VISIT = "WxDemoSubscriptionVisitXXXXXXXXXXXXXXXXXXXX"
MINI = "WxDemoMiniSubscriptionXXXXXXXXXXXXXXXXXXXXX"
FIELDS = [
    {"name": "thing1", "value": "本人"},
    {"name": "thing2", "value": "{title}"},
    {"name": "time3", "value": "{appointment_date}"},
]
VISIT_FIELDS = [{"name": "thing1", "value": "{title}"}, {"name": "time2", "value": "{appointment_date}"}]


@dataclass
class Bridge:
    """The customer of the hospital is a person with a phone at WeChat."""

    here: World
    both: Both

    async def bind(self, kind: str = "template", template: str = BOOKED, fields: Any = FIELDS) -> None:
        account_id, openid = self.both.account_id, self.both.openid
        if kind == "mini_subscription":
            account_id = self.both.mini_id
            openid = (await self.both.phone.get(f"/control/fans/{openid}")).json()["mini_openid"]

        async with self.here.database.transaction() as tx:
            await fans.remember(tx, account_id, openid, None)
            await binding.bind(tx, SYSTEM, account_id, openid, self.here.person_id)
        await self.here.template(
            "booking_confirmed", "wechat", str(account_id), template, kind=kind, fields=fields, url=""
        )

    async def faults(self, **faults: Any) -> None:
        assert (await self.both.phone.put("/control/faults", json=faults)).status_code == 200

    async def messages(self) -> list[dict[str, Any]]:
        """Those from templates, as the phone shows them."""
        found = (await self.both.phone.get(f"/control/fans/{self.both.openid}/messages")).json()
        return [one["content"] for one in found if one["kind"] == "template"]

    async def state(self, notice_id: UUID, channel: str = "wechat") -> tuple[str, str]:
        return (await self.here.states(notice_id)).get(channel, ("", ""))

    async def becomes(self, notice_id: UUID, state: str, channel: str = "wechat") -> None:
        async def so() -> bool:
            return (await self.state(notice_id, channel))[0] == state

        await self.here.until(so)


@asynccontextmanager
async def bridged(database: Database, sign_in: SignIn, folder: Path) -> AsyncIterator[Bridge]:
    async with world(database, folder) as here, meeting(database, sign_in, folder, "safe") as both:
        yield Bridge(here, both)


@pytest.fixture
async def bridge(
    database: Database,
    sign_in: SignIn,
    reachable: Outbound,
    tmp_path: Path,
) -> AsyncIterator[Bridge]:
    async with bridged(database, sign_in, tmp_path) as made:
        yield made


async def test_a_follower_gets_a_template_message_and_wechat_reports_it(bridge: Bridge) -> None:
    await bridge.both.does("follow")
    await bridge.bind()
    told = await bridge.here.notify()
    await bridge.becomes(told, "delivered")
    (shown,) = await bridge.messages()
    assert shown["lines"] == ["就诊人：本人", "项目：体检预约成功", "时间：2026年12月1日"]
    assert await bridge.here.texts() == []
    assert set(await bridge.here.states(told)) == {"wechat"}


@pytest.mark.parametrize("status", ["failed:user block", "failed: system failed"])
async def test_a_report_that_says_no_gives_sms_its_turn(bridge: Bridge, status: str) -> None:
    await bridge.both.does("follow")
    await bridge.bind()
    await bridge.faults(template_finish=status)
    told = await bridge.here.notify()
    await bridge.becomes(told, "sent", "sms")
    assert await bridge.state(told) == ("failed", f"微信未送达（{status}）")
    assert len(await bridge.here.texts()) == 1


async def test_who_does_not_follow_gets_an_sms(bridge: Bridge) -> None:
    await bridge.bind()
    told = await bridge.here.notify()
    await bridge.becomes(told, "sent", "sms")
    state, reason = await bridge.state(told)
    assert state == "failed"
    assert "没有关注公众号" in reason
    assert "43004" in reason


async def test_a_subscription_notice_needs_consent_each_time(bridge: Bridge) -> None:
    await bridge.both.does("follow")
    await bridge.bind("subscription", VISIT, VISIT_FIELDS)
    await bridge.both.does("consents", template_ids=[VISIT], accept=True)
    first = await bridge.here.notify()
    await bridge.becomes(first, "delivered")
    second = await bridge.here.notify(subject="exams.bookings/2")
    await bridge.becomes(second, "sent", "sms")
    assert "43101" in (await bridge.state(second))[1]
    assert len(await bridge.messages()) == 1


async def test_a_mini_program_sends_its_own(bridge: Bridge) -> None:
    await bridge.bind("mini_subscription", MINI, VISIT_FIELDS)
    known = (await bridge.both.phone.get(f"/control/fans/{bridge.both.openid}")).json()
    assert known["mini_openid"]
    await bridge.both.does("consents", template_ids=[MINI], accept=True)
    told = await bridge.here.notify()
    await bridge.becomes(told, "sent")
    assert len(await bridge.messages()) == 1


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ({"errcodes": {templates.PATHS["template"]: 40037}}, "消息模板编号不正确"),
        ({"errcodes": {templates.PATHS["template"]: 45009}}, "调用次数已用完"),
        ({"errcodes": {templates.PATHS["template"]: 47003}}, "模板的参数不正确"),
        ({"errcodes": {templates.PATHS["template"]: 48001}}, "没有这项接口权限"),
        ({"errcodes": {templates.PATHS["template"]: 43019}}, "黑名单"),
    ],
)
async def test_what_wechat_refuses_for_good(bridge: Bridge, faults: Any, told: str) -> None:
    await bridge.both.does("follow")
    await bridge.bind()
    await bridge.faults(**faults)
    notice = await bridge.here.notify()
    await bridge.becomes(notice, "sent", "sms")
    state, reason = await bridge.state(notice)
    assert (state, told in reason) == ("failed", True)


async def test_busy_is_tried_again(bridge: Bridge) -> None:
    await bridge.both.does("follow")
    await bridge.bind()
    await bridge.faults(busy=2)
    told = await bridge.here.notify()
    await bridge.becomes(told, "delivered")
    assert len(await bridge.messages()) == 1


async def test_what_does_not_fit_into_a_field_is_not_sent(bridge: Bridge) -> None:
    await bridge.both.does("follow")
    await bridge.bind(fields=[{"name": "thing1", "value": "{body}"}, *FIELDS[1:]])
    told = await bridge.here.notify()
    await bridge.becomes(told, "sent", "sms")
    assert await bridge.state(told) == (
        "failed",
        "模板消息的内容不符合微信的要求，请按提示改正；thing1：最多 20 个字",
    )
    assert await bridge.messages() == []


async def test_an_answer_that_got_lost_is_asked_for_again_and_shown_once(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WeChat knows a template message by its client_msg_id for ten minutes."""
    await bridge.both.does("follow")
    await bridge.bind()

    async def lost(*args: Any, **more: Any) -> Any:
        answer = await really_post(*args, **more)
        if args[1] == templates.PATHS["template"]:
            raise errors.WechatAway(maybe_done=True)
        return answer

    told = await bridge.here.notify()
    with monkeypatch.context() as patch:
        patch.setattr(calls.client, "post", lost)
        await bridge.here.work(1)
    assert (await bridge.state(told))[0] in ("waiting", "delivered")
    await bridge.here.one(
        "UPDATE pgqueuer SET execute_after = now() WHERE entrypoint = 'notices.deliver' RETURNING id"
    )
    await bridge.here.one(
        "UPDATE notices.deliveries SET due_at = now() WHERE channel = 'wechat' AND due_at IS NOT NULL RETURNING id"
    )
    await bridge.becomes(told, "delivered")
    assert len(await bridge.messages()) == 1


async def test_under_the_same_id_it_goes_out_once(bridge: Bridge) -> None:
    await bridge.both.does("follow")
    message = wechat.TemplateMessage(
        new_id(), bridge.both.account_id, bridge.both.openid, "template", BOOKED,
        {"thing1": "本人", "thing2": "体检", "time3": "2026年12月1日"},
    )  # fmt: skip
    sent = [await wechat.send_template(bridge.here.database, message) for _ in range(3)]
    assert len(set(sent)) == 1
    assert len(await bridge.messages()) == 1
    with pytest.raises(errors.WrongKind):
        wrong = wechat.TemplateMessage(
            new_id(), bridge.both.mini_id, "o", "template", BOOKED, {"thing1": "x"}
        )
        await wechat.send_template(bridge.here.database, wrong)


async def test_templates_are_listed(bridge: Bridge, client: Any, sign_in: Any, staff: Any) -> None:
    reader = sign_in(staff("wechat.template.read"))
    place = "/api/admin/wechat/accounts/{}/templates"
    found = (await client.get(place.format(bridge.both.account_id), headers=reader)).json()
    kinds = {one["template_id"]: (one["kind"], one["fields"]) for one in found}
    assert kinds[BOOKED] == ("template", ["thing1", "thing2", "time3"])
    assert kinds[VISIT] == ("subscription", ["thing1", "time2"])
    elsewhere = sign_in(staff("wechat.template.read", institution=new_id()))
    assert (await client.get(place.format(bridge.both.account_id), headers=elsewhere)).status_code == 404
    await bridge.faults(errcodes={"/wxaapi/newtmpl/gettemplate": 48001})
    refused = await client.get(place.format(bridge.both.account_id), headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (502, "wechat.not_authorised")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("thing1", "二十个字以内的内容", "这是一段超过二十个字因此微信不会接受的说明文字"),
        ("number1", "-12.5", "十二"),
        ("letter1", "ABC", "A1"),
        ("symbol1", "!?", "a"),
        ("character_string1", "E-2026.1", "编号"),
        ("time1", "2026年12月1日 08:30", "明天"),
        ("date1", "2026年12月1日", "下周"),
        ("amount1", "¥25.50", "二十元"),
        ("phone_number1", "010-12345678", "电话"),
        ("car_number1", "京A12345", "京A·12345678"),
        ("name1", "欧阳秀", "名字长得超过十个汉字了吧"),
        ("phrase1", "已预约", "已预约成功了"),
        ("keyword1", "随便", "随" * 21),
    ],
)
def test_each_field_by_its_kind(name: str, good: str, bad: str) -> None:
    assert template_rules.problems({name: good}) == {}
    assert set(template_rules.problems({name: bad})) == {name}
    for never in ("", " ", "一\n二"):
        assert name in template_rules.problems({name: never})
    assert template_rules.problems({name: good}, [name, "thing9"]) == {"thing9": "缺少这一项"}
    assert template_rules.problems({name: good}, []) == {name: "模板没有这一项"}
