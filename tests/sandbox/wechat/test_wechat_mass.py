"""群发: who is reached, how often in a month, the same clientmsgid, and how the end is told."""

from typing import Any

from tests.sandbox.conftest import eventually

from .conftest import Holder, Running

ALL, LIST = "/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/send"
PREVIEW, DELETE, GET = (f"/cgi-bin/message/mass/{name}" for name in ("preview", "delete", "get"))


def text(client_id: str = "", **more: Any) -> dict[str, Any]:
    return {
        "msgtype": "text",
        "text": {"content": "体检月"},
        **({"clientmsgid": client_id} if client_id else {}),
        **more,
    }


async def test_a_list_is_reached_and_the_end_is_told(wechat: Running, holder: Holder) -> None:
    fans = [await wechat.fan(), await wechat.fan()]
    gone = await wechat.fan(following=False)
    answer = await wechat.post(LIST, text("a", touser=[*fans, gone]))
    assert answer["errcode"] == 0
    await eventually(lambda: any(one["Event"] == "MASSSENDJOBFINISH" for one in holder.events))
    finish = next(one for one in holder.events if one["Event"] == "MASSSENDJOBFINISH")
    assert finish["MsgID"] == str(answer["msg_id"])
    assert finish["FromUserName"] == "mphelper"
    counts = [finish[name] for name in ("TotalCount", "FilterCount", "SentCount", "ErrorCount")]
    assert (finish["Status"], counts) == ("send success", ["3", "2", "2", "0"])
    assert [len(await wechat.phone(fan)) for fan in (*fans, gone)] == [1, 1, 0]
    found = await wechat.post(GET, {"msg_id": str(answer["msg_id"])})
    assert (found["msg_id"], found["msg_status"]) == (answer["msg_id"], "SEND_SUCCESS")
    assert (await wechat.post(DELETE, {"msg_id": answer["msg_id"]}))["errcode"] == 40008


async def test_the_same_number_goes_out_once(wechat: Running) -> None:
    fans = [await wechat.fan(), await wechat.fan()]
    first = await wechat.post(LIST, text("a", touser=fans))
    assert (await wechat.post(LIST, text("a", touser=fans)))["errcode"] == 45066
    wechat.pass_time(61)
    again = await wechat.post(LIST, text("a", touser=fans))
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert len(await wechat.phone(fans[0])) == 1
    wechat.pass_time(24 * 3600)
    assert (await wechat.post(LIST, text("a", touser=fans)))["errcode"] == 0
    assert (await wechat.post(LIST, text("x" * 65, touser=fans)))["errcode"] == 45067


async def test_four_a_month_reach_a_person(wechat: Running, holder: Holder) -> None:
    fans = [await wechat.fan(), await wechat.fan()]
    for number in range(5):
        assert (await wechat.post(LIST, text(f"n{number}", touser=fans)))["errcode"] == 0
    assert len(await wechat.phone(fans[0])) == 4
    await eventually(lambda: any(one.get("FilterCount") == "0" for one in holder.events))
    wechat.pass_time(32 * 24 * 3600)
    await wechat.post(LIST, text("later", touser=fans))
    assert len(await wechat.phone(fans[0])) == 5


async def test_a_tag_and_everybody(wechat: Running) -> None:
    one, two = await wechat.fan(), await wechat.fan()
    tag = (await wechat.post("/cgi-bin/tags/create", {"tag": {"name": "会员"}}))["tag"]["id"]
    await wechat.post("/cgi-bin/tags/members/batchtagging", {"openid_list": [one], "tagid": tag})
    tagged = await wechat.post(ALL, text("t", filter={"is_to_all": False, "tag_id": tag}))
    assert (tagged["errcode"], len(await wechat.phone(one)), len(await wechat.phone(two))) == (0, 1, 0)
    await wechat.post(ALL, text("e", filter={"is_to_all": True}))
    assert (len(await wechat.phone(one)), len(await wechat.phone(two))) == (2, 1)
    assert (await wechat.post(ALL, text("u", filter={"is_to_all": False, "tag_id": 999})))["errcode"] == 45159


async def test_a_preview_counts_for_nobody_and_one_is_no_list(wechat: Running) -> None:
    openid = await wechat.fan()
    assert (await wechat.post(PREVIEW, text(touser=openid)))["errcode"] == 0
    assert len(await wechat.phone(openid)) == 1
    assert (await wechat.post(LIST, text("a", touser=[openid])))["errcode"] == 40130
    assert (await wechat.post(PREVIEW, {"touser": openid, "msgtype": "image", "image": {"media_id": "x"}}))[
        "errcode"
    ] == 40007


async def test_what_goes_wrong(wechat: Running, holder: Holder) -> None:
    fans = [await wechat.fan(), await wechat.fan()]
    await wechat.faults(mass_over_quota=True)
    assert (await wechat.post(LIST, text("a", touser=fans)))["errcode"] == 45028
    await wechat.faults(mass_finish="err(10001)")
    assert (await wechat.post(LIST, text("b", touser=fans)))["errcode"] == 0
    await eventually(lambda: any(one.get("Status") == "err(10001)" for one in holder.events))
    assert await wechat.phone(fans[0]) == []


async def test_an_end_that_is_not_told_can_be_asked_for(wechat: Running, holder: Holder) -> None:
    fans = [await wechat.fan(), await wechat.fan()]
    await wechat.faults(mass_finish_lost=True)
    sent = await wechat.post(LIST, text("a", touser=fans))
    asked = await wechat.post(GET, {"msg_id": str(sent["msg_id"])})
    assert asked == {"msg_id": sent["msg_id"], "msg_status": "SEND_SUCCESS"}
    await wechat.faults(mass_unfinished=True)
    assert (await wechat.post(GET, {"msg_id": str(sent["msg_id"])}))["msg_status"] == "SENDING"
    assert (await wechat.post(GET, {"msg_id": "1"}))["errcode"] == 40059
    await wechat.faults()
    told = await wechat.post(LIST, text("b", touser=fans))
    await eventually(lambda: any(one.get("Event") == "MASSSENDJOBFINISH" for one in holder.events))
    assert {one["MsgID"] for one in holder.events if one.get("Event") == "MASSSENDJOBFINISH"} == {
        str(told["msg_id"])
    }
