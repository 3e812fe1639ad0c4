"""The page of a customer's phone: what it shows, how it is closed, and that it opens pages as that person."""

import re
from typing import Any
from urllib.parse import urlencode

import httpx

from kanghu_sandbox.wechat import sound

from .conftest import APP, MP4, PNG, Holder, Running

SEND = "/cgi-bin/message/custom/send"


async def page_of(wechat: Running, openid: str) -> str:
    answer = await wechat.http.get(f"{wechat.url}/phone/{openid}")
    assert answer.status_code == 200
    return answer.text


async def test_somebody_new_takes_up_a_phone(wechat: Running) -> None:
    form = {"nickname": "李<四>", "phone": "13800000002"}
    answer = await wechat.http.post(f"{wechat.url}/phone", data=form)
    assert answer.status_code == 303
    where = answer.headers["location"]
    listed = await wechat.http.get(f"{wechat.url}/phone")
    assert f'href="{where}"' in listed.text
    assert "李&lt;四&gt;" in listed.text
    shown = await wechat.http.get(f"{wechat.url}/{where}")
    assert "关注公众号" in shown.text
    assert (await wechat.http.post(f"{wechat.url}/phone", data={})).status_code == 422
    assert (await wechat.http.get(f"{wechat.url}/phone/nobody")).status_code == 404


async def test_the_page_runs_its_own_script_only(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan("<script>alert(1)</script>")
    await wechat.say(openid, '<img src=x onerror=alert(1)> https://a.example/?a=1&b="x')
    await send(
        wechat,
        openid,
        "text",
        content='<a href="javascript:alert(1)">坏</a><a href="https://b.example/">好</a>',
    )
    answer = await wechat.http.get(f"{wechat.url}/phone/{openid}")
    policy = answer.headers["content-security-policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert re.findall(r"<script[^>]*>", answer.text) == [f'<script nonce="{nonce[1]}" type="module">']
    assert "default-src 'none'" in policy
    assert "onerror=alert(1)&gt;" in answer.text
    assert 'href="?open=https%3A%2F%2Fa.example%2F%3Fa%3D1%26b%3D">' in answer.text
    assert 'href="?open=https%3A%2F%2Fb.example%2F">好</a>' in answer.text
    assert 'href="javascript' not in answer.text


async def test_everything_that_was_received_is_shown(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    await wechat.say(openid)
    await wechat.say(openid)
    for kind, data in (("image", PNG), ("voice", sound.silence(2)), ("video", MP4)):
        sent = await wechat.http.post(f"{wechat.url}/control/fans/{openid}/files/{kind}", content=data)
        assert sent.status_code == 200
    place = {"latitude": 23.1, "longitude": 113.2, "label": "门口"}
    await wechat.control("POST", f"/fans/{openid}/location", place)
    shared = {"title": "文章", "url": "https://a.example/"}
    await wechat.control("POST", f"/fans/{openid}/link", shared)
    thumb = (await wechat.upload("image", PNG))["media_id"]
    article = {
        "title": "头条",
        "description": "详情",
        "url": "https://a.example/1",
        "picurl": "https://a.example/p.png",
    }
    await send(wechat, openid, "news", articles=[article])
    await send(wechat, openid, "link", title="链接卡", url="https://a.example/2")
    program = {"title": "小程序卡", "appid": "wx1", "pagepath": "pages/x", "thumb_media_id": thumb}
    await send(wechat, openid, "miniprogrampage", **program)
    choices = [{"id": "1", "content": "很满意"}]
    await send(wechat, openid, "msgmenu", head_content="评价", list=choices, tail_content="")
    await wechat.say(openid)
    await send(wechat, openid, "music", musicurl="https://a.example/a.mp3", thumb_media_id=thumb)
    data = {"thing1": {"value": "张三"}, "time2": {"value": "10:00"}}
    template = {"touser": openid, "template_id": "T-booked", "url": "https://h5.example/o/1", "data": data}
    assert (await wechat.post("/cgi-bin/message/template/send", template))["errcode"] == 0
    text = await page_of(wechat, openid)
    for expected in (
        "语音 2″",
        "<video controls",
        "位置：门口",
        ">文章</a>",
        "<h3>头条</h3>",
        "<h3>链接卡</h3>",
        "pages/x",
        ">很满意</button>",
        "音乐 ",
        "就诊人：张三",
        "?open=https%3A%2F%2Fh5.example%2Fo%2F1",
    ):
        assert expected in text
    assert text.count('<img class="picture"') == 2
    wechat.pass_time(4 * 24 * 3600)
    assert "语音已过期" in await page_of(wechat, openid)


async def test_the_menu_and_typing(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    assert 'data-layout="10"' in await page_of(wechat, openid)
    below = [{"type": "view", "name": "下单", "url": "https://h5.example/?a=1&b=2"}]
    menu = {
        "button": [
            {"type": "scancode_push", "name": "扫码", "key": "k"},
            {"name": "服务", "sub_button": below},
        ]
    }
    await wechat.post("/cgi-bin/menu/create", menu)
    text = await page_of(wechat, openid)
    assert 'data-layout="11"' in text
    assert 'data-place="[1,0]" data-url="https://h5.example/?a=1&amp;b=2"' in text
    assert 'data-asks="扫到的内容"' in text
    await wechat.say(openid)
    await wechat.post("/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing"})
    assert "对方正在输入" in await page_of(wechat, openid)
    wechat.pass_time(15)
    assert "对方正在输入" not in await page_of(wechat, openid)


async def test_a_page_opened_from_the_phone_knows_whose_it_is(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    back = {
        "appid": APP,
        "redirect_uri": "https://h5.example/",
        "response_type": "code",
        "scope": "snsapi_base",
    }
    async with httpx.AsyncClient(trust_env=False) as browser:
        opened = await browser.get(f"{wechat.url}/phone/{openid}", params={"open": "https://h5.example/m/"})
        assert (opened.status_code, opened.headers["location"]) == (303, "https://h5.example/m/")
        asked = await browser.get(f"{wechat.url}/connect/oauth2/authorize?{urlencode(back)}")
        assert asked.headers["location"].startswith("https://h5.example/?code=")
        assert (await browser.get(f"{wechat.url}/phone/{openid}?open=javascript:1")).status_code == 422


async def test_the_phone_is_for_this_machine(wechat: Running) -> None:
    for path in ("/phone", "/phone/x", "/connect/oauth2/authorize"):
        answer = await wechat.http.get(wechat.url + path, headers={"Host": "evil.example"})
        assert answer.status_code == 403


async def test_another_page_cannot_drive_it(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    for path in (f"/control/fans/{openid}/unfollow", "/control/token/invalidate", "/phone"):
        for origin in ("http://evil.example", "null"):
            answer = await wechat.http.post(wechat.url + path, headers={"Origin": origin})
            assert answer.status_code == 403
    answer = await wechat.http.post(
        f"{wechat.url}/control/fans/{openid}/unfollow", headers={"Origin": wechat.url}
    )
    assert answer.status_code == 200


async def send(wechat: Running, openid: str, kind: str, **content: Any) -> None:
    answer = await wechat.post(SEND, {"touser": openid, "msgtype": kind, kind: content})
    assert answer["errcode"] == 0, answer
