"""Messages from templates: who gets them, what they may hold, and how their end is told."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu_sandbox.wechat import template_rules
from kanghu_sandbox.wechat.account import Template
from kanghu_sandbox.wechat.codes import Refused
from tests.sandbox.conftest import eventually

from .conftest import MINI, MINI_SECRET, Holder, Running

SEND = "/cgi-bin/message/template/send"
NOTICE = "/cgi-bin/message/subscribe/bizsend"
DATA = {"thing1": {"value": "张三"}, "time2": {"value": "2026年12月1日 09:30"}}


def message(openid: str, **more: Any) -> dict[str, Any]:
    return {"touser": openid, "template_id": "T-booked", "url": "https://h5.example/m/", "data": DATA} | more


def notice(openid: str, template_id: str = "S-visit") -> dict[str, Any]:
    return {"touser": openid, "template_id": template_id, "data": {"thing1": {"value": "伤口护理"}}}


async def test_a_template_message_and_its_finish(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    answer = await wechat.post(SEND, message(openid, miniprogram={"appid": "wx1", "pagepath": "p"}))
    assert answer["errcode"] == 0
    await eventually(lambda: len(holder.received) == 2)
    finish = holder.events[1]
    assert (finish["Event"], finish["Status"]) == ("TEMPLATESENDJOBFINISH", "success")
    assert finish["MsgID"] == str(answer["msgid"])
    (shown,) = await wechat.phone(openid)
    assert shown["content"]["lines"] == ["就诊人：张三", "时间：2026年12月1日 09:30"]
    assert shown["content"]["url"] == "https://h5.example/m/"
    await wechat.faults(template_finish="failed:user block")
    assert (await wechat.post(SEND, message(openid)))["errcode"] == 0
    await eventually(lambda: len(holder.received) == 3)
    assert holder.events[2]["Status"] == "failed:user block"
    assert len(await wechat.phone(openid)) == 1


async def test_the_same_client_msg_id_goes_out_once(wechat: Running, holder: Holder) -> None:
    openid, other = await wechat.fan(), await wechat.fan()

    async def send(to: str, client_msg_id: str = "m1") -> int:
        code: int = (await wechat.post(SEND, message(to, client_msg_id=client_msg_id)))["errcode"]
        return code

    assert [await send(openid), await send(openid), await send(other), await send(openid, "m2")] == [
        0,
        45065,
        0,
        0,
    ]
    wechat.pass_time(600)
    assert await send(openid) == 0


async def test_who_gets_no_template_message(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan(following=False)
    assert (await wechat.post(SEND, message(openid)))["errcode"] == 43004
    assert (await wechat.post(SEND, message("x")))["errcode"] == 40003
    await wechat.control("POST", f"/fans/{openid}/follow", {})
    for template_id in ("none", "S-visit", ""):
        assert (await wechat.post(SEND, message(openid, template_id=template_id)))["errcode"] == 40037
    wrong = await wechat.post(SEND, message(openid, data={"thing1": {"value": "张三"}}))
    assert (wrong["errcode"], "data.time2.value is empty" in wrong["errmsg"]) == (47003, True)
    await wechat.control("PUT", "/quotas", {"path": SEND, "daily": 4})
    assert (await wechat.post(SEND, message(openid)))["errcode"] == 45009


async def test_a_notice_wants_consent_each_time(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan(following=False)

    async def consent(template_ids: list[str], accept: bool = True) -> None:
        body = {"template_ids": template_ids, "accept": accept}
        await wechat.control("POST", f"/fans/{openid}/consents", body)

    async def send(template_id: str = "S-visit") -> int:
        code: int = (await wechat.post(NOTICE, notice(openid, template_id)))["errcode"]
        return code

    assert await send() == 43101
    await consent(["S-visit"], accept=False)
    assert await send() == 43101
    await consent(["S-visit", "S-long"])
    assert [await send(), await send(), await send("S-long"), await send("S-long")] == [0, 43101, 0, 0]
    await eventually(lambda: len(holder.received) == 5)
    rejected, accepted, sent, *_ = (push.body for push in holder.received)
    assert "<SubscribeStatusString><![CDATA[reject]]>" in rejected
    assert accepted.count("<List>") == 2
    assert "<ErrorStatus><![CDATA[success]]>" in sent
    await wechat.control("POST", f"/fans/{openid}/refusals", {"template_ids": ["S-long"]})
    assert await send("S-long") == 43101
    assert holder.events[-1]["Event"] == "subscribe_msg_change_event"
    assert len(await wechat.phone(openid)) == 3
    await wechat.control("POST", f"/fans/{openid}/consents", {"template_ids": ["T-booked"]}, status=409)


async def test_a_mini_program_s_notice(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan(following=False)
    mini_openid = (await wechat.control("GET", f"/fans/{openid}"))["mini_openid"]
    token = await wechat.token(MINI, MINI_SECRET)

    async def send(to: str, token: str) -> int:
        body = notice(to, "M-visit")
        answer = await wechat.post("/cgi-bin/message/subscribe/send", body, access_token=token)
        code: int = answer["errcode"]
        return code

    assert await send(mini_openid, token) == 43101
    await wechat.control("POST", f"/fans/{openid}/consents", {"template_ids": ["M-visit"]})
    assert [await send(openid, token), await send(mini_openid, await wechat.token())] == [40003, 48001]
    assert [await send(mini_openid, token), await send(mini_openid, token)] == [0, 43101]
    assert holder.received == []
    gone = await wechat.post(
        "/cgi-bin/message/wxopen/template/uniform_send", {"touser": "x"}, access_token=token
    )
    assert gone["errcode"] == 45109


async def test_templates_are_listed(wechat: Running) -> None:
    (one,) = (await wechat.get("/cgi-bin/template/get_all_private_template"))["template_list"]
    assert (one["template_id"], one["title"]) == ("T-booked", "预约成功通知")
    notices = (await wechat.get("/wxaapi/newtmpl/gettemplate"))["data"]
    assert {found["priTmplId"]: found["type"] for found in notices} == {"S-visit": 2, "S-long": 3}


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("thing1", "二" * 20, "二" * 21),
        ("thing1", "a & b <c>", "两\n行"),
        ("phrase2", "配送中", "配送中呀好吗"),
        ("phrase2", "已完成", "done"),
        ("number3", "12.5", "12a"),
        ("character_string4", "NO.2026-1", "编号1"),
        ("time5", "15:01", "下午"),
        ("date6", "2019年10月1日", "明天"),
        ("amount7", "¥29.90", "29.90元整"),
        ("phone_number8", "+86-0766-66888866", "电话"),
        ("name9", "张三", "张三" * 6),
        ("name9", "Zhang San", "Z" * 21),
        ("letter10", "abc", "abc1"),
        ("const11", "男", "x" * 21),
    ],
)
def test_what_a_field_may_hold(name: str, good: str, bad: str) -> None:
    template = Template(title="", content=f"栏：{{{{{name}.DATA}}}}")
    assert template_rules.fill(template, {name: {"value": good}}) == [f"栏：{good}"]
    with pytest.raises(Refused) as refused:
        template_rules.fill(template, {name: {"value": bad}})
    assert refused.value.code == 47003


@given(st.text())
def test_a_value_never_brings_a_field_of_its_own(value: str) -> None:
    template = Template(title="", content="{{thing1.DATA}}\n{{thing2.DATA}}")
    data = {"thing1": {"value": value}, "thing2": {"value": "二"}}
    with contextlib.suppress(Refused):
        assert template_rules.fill(template, data) == [value, "二"]
