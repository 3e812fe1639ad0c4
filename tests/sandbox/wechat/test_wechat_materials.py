"""Permanent material at the stand-in, as WeChat documents it."""

import json
from typing import Any

import httpx
import pytest

from kanghu_sandbox.wechat import media, sound
from tests.sandbox.wechat.conftest import MP4, PNG, Running

MATERIAL = "/cgi-bin/material"
JPG = b"\xff\xd8\xff\xe0" + bytes(20)
DAY = 24 * 3600


async def add(wechat: Running, kind: str, data: bytes, name: str = "a.bin", **fields: str) -> Any:
    query = {"access_token": await wechat.token(), "type": kind}
    files = {"media": (name, data)}
    url = f"{wechat.url}{MATERIAL}/add_material"
    return (await wechat.http.post(url, params=query, files=files, data=fields)).json()


async def asked(wechat: Running, what: str, body: dict[str, Any]) -> httpx.Response:
    query = {"access_token": await wechat.token()}
    return await wechat.http.post(f"{wechat.url}{MATERIAL}/{what}", params=query, json=body)


async def counts(wechat: Running) -> Any:
    query = {"access_token": await wechat.token()}
    return (await wechat.http.get(f"{wechat.url}{MATERIAL}/get_materialcount", params=query)).json()


async def test_material_stays_until_it_is_deleted(wechat: Running) -> None:
    picture = await add(wechat, "image", PNG, "地图.png")
    assert set(picture) == {"media_id", "url"}
    told = json.dumps({"title": "流程", "introduction": "三步"})
    film = await add(wechat, "video", MP4, "film.mp4", description=told)
    assert set(film) == {"media_id"}
    wechat.pass_time(30 * DAY)
    answer = await asked(wechat, "get_material", picture)
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert (await wechat.http.get(picture["url"])).content == PNG
    about = (await asked(wechat, "get_material", film)).json()
    assert (about["title"], about["description"]) == ("流程", "三步")
    assert (await wechat.http.get(about["down_url"])).content == MP4
    assert await counts(wechat) == {"voice_count": 0, "video_count": 1, "image_count": 1, "news_count": 0}
    assert (await asked(wechat, "del_material", picture)).json()["errcode"] == 0
    for what in ("get_material", "del_material"):
        assert (await asked(wechat, what, {"media_id": picture["media_id"]})).json()["errcode"] == 40007
    assert (await wechat.http.get(picture["url"])).status_code == 404


async def test_material_is_listed_newest_first(wechat: Running) -> None:
    for number in range(25):
        await add(wechat, "image", PNG + bytes([number]), f"{number}.png")
        wechat.pass_time(1)

    async def page(**body: Any) -> Any:
        return (await asked(wechat, "batchget_material", {"type": "image", **body})).json()

    first, rest = await page(offset=0, count=20), await page(offset=20, count=20)
    assert (first["total_count"], first["item_count"], rest["item_count"]) == (25, 20, 5)
    names = [one["name"] for one in [*first["item"], *rest["item"]]]
    assert names == [f"{number}.png" for number in range(25)][::-1]
    assert (await page(offset=0, count=21))["errcode"] == 40035
    assert (await page(type="dance", offset=0, count=1))["errcode"] == 40004


async def test_material_that_is_not_taken(wechat: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, data, code in (
        ("dance", PNG, 40004),
        ("image", MP4, 40005),
        ("thumb", JPG + bytes(64 * 1024), 45001),
        ("voice", sound.silence(61), 45007),
        ("video", MP4, 41005),  # without a description
    ):
        assert (await add(wechat, kind, data))["errcode"] == code
    monkeypatch.setattr(media, "MOST_OTHERS", 1)
    assert "media_id" in await add(wechat, "voice", sound.silence(1))
    assert (await add(wechat, "voice", sound.silence(2)))["errcode"] == 45001


async def test_only_material_is_sent_by_a_menu(wechat: Running) -> None:
    temporary = (await wechat.upload("image", PNG))["media_id"]
    permanent = (await add(wechat, "image", PNG))["media_id"]
    for media_id, code in ((temporary, 40007), ("none", 40007), (permanent, 0)):
        button = {"name": "图", "type": "media_id", "media_id": media_id}
        made = await wechat.post("/cgi-bin/menu/create", {"button": [button]})
        assert made["errcode"] == code
    openid = await wechat.fan()
    await wechat.control("POST", f"/fans/{openid}/menu", {"place": [0]})
    assert (await wechat.phone(openid))[-1]["kind"] == "image"
    await wechat.control("POST", "/media/expire")
    assert (await wechat.http.get(f"{wechat.url}/mmbiz/{temporary}")).status_code == 404
    assert (await wechat.http.get(f"{wechat.url}/mmbiz/{permanent}")).content == PNG
