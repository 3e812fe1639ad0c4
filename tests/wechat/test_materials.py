"""The library over sockets: looked at before it is kept, held and renewed at WeChat, sent by replies and menus, deleted by nobody
while it is used. WeChat is the sandbox's, which shares no code with us."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import JOBS, TIMERS, TryAgain, run_job
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.models import MaterialAnswer
from kanghu.modules.wechat.service import calls, material_copies
from tests.conftest import SignIn
from tests.messaging.films import AMR, film, sound
from tests.wechat.pictures import JPEG, PNG, picture
from tests.wechat.test_with_the_sandbox import Both, meeting

MATERIALS = "/api/admin/wechat/materials"
UPLOAD, ADD, DELETE = (
    "/cgi-bin/media/upload",
    "/cgi-bin/material/add_material",
    "/cgi-bin/material/del_material",
)
FILM = film("libx264", "mp4", sound_codec="aac")
VOICE = sound(2, "libmp3lame", "mp3", 24_000)


@dataclass
class Clock:
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        return time.time() + self.ahead.total_seconds()


@pytest.fixture
def turning(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of both, ours and WeChat's."""
    made = Clock()
    monkeypatch.setattr(clock, "now", made.now)
    return made


@dataclass
class Library:
    """Staff who keep the library of an official account, their worker, and a fan's phone."""

    both: Both
    client: httpx.AsyncClient
    headers: dict[str, str]
    asked: Counter[str] = field(default_factory=Counter)

    @property
    def account(self) -> str:
        return f"/api/admin/wechat/accounts/{self.both.account_id}"

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.client.request(method, path, headers=self.headers, **more)

    async def do(self, method: str, path: str, **more: Any) -> Any:
        answer = await self.send(method, path, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def add(self, kind: str, content: bytes, title: str = "素材", **more: Any) -> httpx.Response:
        query = {"wechat_account_id": str(self.both.account_id), "kind": kind, "title": title, **more}
        return await self.send("POST", MATERIALS, params=query, content=content)

    async def added(self, kind: str, content: bytes, title: str = "素材") -> str:
        answer = await self.add(kind, content, title)
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        return found

    async def get(self, material_id: str) -> Any:
        return await self.do("GET", f"{MATERIALS}/{material_id}")

    async def rule(self, *answers: Any, **more: Any) -> Any:
        body = {"name": "图片", "trigger": "default", "answers": list(answers), "enabled": True, **more}
        return await self.do("POST", f"{self.account}/replies", json=body)

    async def menu(self, *buttons: Any, revision: int = 0) -> Any:
        body = {"revision": revision, "content": {"buttons": list(buttons)}}
        return await self.do("PUT", f"{self.account}/menus/draft", json=body)

    async def publish(self, draft: Any) -> httpx.Response:
        return await self.send("POST", f"{self.account}/menus/publish", json={"revision": draft["revision"]})

    async def work(self) -> list[str]:
        """Runs every waiting job, those that want another try only once; what was left for later."""
        later: list[str] = []
        while True:
            async with self.both.database.transaction() as tx:
                waiting = await tx.fetch("DELETE FROM pgqueuer RETURNING id, entrypoint, payload")
            if not waiting:
                return later
            for job in sorted(waiting, key=lambda one: one["id"]):
                try:
                    await run_job(self.both.database, JOBS[job["entrypoint"]], job["id"], job["payload"])
                except TryAgain:
                    later.append(job["entrypoint"])

    async def tick(self) -> None:
        async with self.both.database.transaction() as tx:
            await TIMERS["wechat.renew_materials"].run(tx)
        await self.work()

    async def shown(self) -> list[dict[str, Any]]:
        found = (await self.both.phone.get(f"/control/fans/{self.both.openid}/messages")).json()
        return [one for one in found if one["sender"] == "account"]

    async def file(self, media_id: str) -> bytes:
        return (await self.both.phone.get(f"/mmbiz/{media_id}")).content

    async def copies(self) -> dict[str, str]:
        async with self.both.database.transaction() as tx:
            found = await tx.fetch("SELECT form, media_id FROM wechat.material_copies")
        return {one["form"]: one["media_id"] for one in found}


@pytest.fixture
async def library(
    database: Database,
    client: httpx.AsyncClient,
    sign_in: SignIn,
    staff: Callable[..., Caller],
    reachable: Outbound,
    tmp_path: Path,
    turning: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Library]:
    institution = new_id()
    headers = sign_in(staff("*", institution=institution))
    async with meeting(database, sign_in, tmp_path, "safe", institution, turning.seconds) as both:
        made = Library(both, client, headers)
        _count(made, monkeypatch)
        yield made


def _count(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """What WeChat was asked to take, by path; it is asked all the same."""
    for name in ("upload", "post"):
        true: Callable[..., Awaitable[Any]] = getattr(calls, name)

        async def counted(*args: Any, true: Callable[..., Awaitable[Any]] = true, **more: Any) -> Any:
            library.asked[args[2]] += 1
            return await true(*args, **more)

        monkeypatch.setattr(calls, name, counted)


# ---- what is taken in --------------------------------------------------------------------------------------------------


async def test_files_are_kept_shown_renamed_and_deleted(library: Library) -> None:
    made = [
        await library.added("image", PNG, "门诊地图"),
        await library.added("voice", AMR, "问候"),
        await library.added("video", FILM, "体检流程"),
        await library.added("thumb", JPEG, "封面"),
    ]
    about = {"wechat_account_id": str(library.both.account_id)}
    listed = (await library.do("GET", MATERIALS, params=about))["items"]
    assert [one["id"] for one in listed] == made[::-1]
    cover, clip, voice, map_ = listed
    assert (map_["mime"], map_["size"], map_["has_thumbnail"]) == ("image/png", len(PNG), True)
    assert (voice["mime"], round(voice["duration_ms"], -2)) == ("audio/amr", 2000)
    assert (clip["duration_ms"], clip["has_thumbnail"], cover["has_thumbnail"]) == (1000, True, False)
    assert all((one["uses"], one["temporary"], one["permanent"]) == ([], None, None) for one in listed)
    assert library.asked == {}, "nothing goes to WeChat before it is used"

    for kind, title in ((["image", "video"], ["体检流程", "门诊地图"]), (["voice"], ["问候"])):
        found = await library.do("GET", MATERIALS, params={**about, "kind": kind})
        assert [one["title"] for one in found["items"]] == title
    first = await library.do("GET", MATERIALS, params={**about, "limit": 3})
    rest = await library.do("GET", MATERIALS, params={**about, "limit": 3, "cursor": first["next"]})
    assert [one["id"] for one in [*first["items"], *rest["items"]]] == made[::-1]
    assert (await library.do("GET", MATERIALS, params={**about, "q": "地图"}))["items"] == [map_]

    async def file(material_id: str, form: str) -> httpx.Response:
        return await library.send("GET", f"{MATERIALS}/{material_id}/file", params={"form": form})

    assert (await file(made[0], "original")).content == PNG
    assert (await file(made[0], "thumbnail")).content.startswith(b"\xff\xd8\xff")
    played = await file(made[1], "playable")
    assert (played.headers["content-type"], (await file(made[1], "original")).content) == ("audio/mpeg", AMR)
    assert "sandbox" in played.headers["content-security-policy"]
    assert (await file(made[2], "playable")).content == FILM
    assert (await file(made[3], "thumbnail")).status_code == 404

    renamed = await library.do("PUT", f"{MATERIALS}/{made[0]}", json={"title": " 院区地图 "})
    assert renamed["title"] == "院区地图"
    await library.do("DELETE", f"{MATERIALS}/{made[0]}")
    assert (await library.send("GET", f"{MATERIALS}/{made[0]}")).status_code == 404
    async with library.both.database.transaction() as tx:
        kept = await tx.fetchval("SELECT content FROM wechat.materials WHERE kind = 'video'")
        acts = await tx.fetch("SELECT action FROM kernel.audit_inbox WHERE action LIKE 'wechat.material.%'")
    assert b"ftyp" not in kept[:64], "sealed"
    assert [one["action"].rpartition(".")[2] for one in acts] == ["create"] * 4 + ["rename", "delete"]


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        ("image", b"<svg/>", "JPG、PNG 或 GIF"),
        ("image", b"\x89PNG\r\n\x1a\n" + bytes(64), "打不开"),
        ("image", PNG + bytes(10 * 2**20 - len(PNG) + 1), "10 M"),
        ("image", FILM, "JPG、PNG 或 GIF"),
        ("voice", sound(1, "libopus", "ogg"), "AMR 或 MP3"),
        ("voice", b"#!AMR\n", "打不开"),
        ("voice", sound(61, "libmp3lame", "mp3", 24_000, 16_000), "最长 60 秒"),
        ("voice", AMR + bytes(2 * 2**20), "2 MB"),
        ("video", b"\0\0\0\x18ftypmp42" + bytes(64), "打不开"),
        ("video", film("libvpx", "webm"), "MP4"),
        ("thumb", PNG, "64 KB 的 JPG"),
        ("thumb", JPEG + bytes(64 * 1024), "64 KB"),
    ],
)
async def test_what_wechat_would_not_take_is_refused_before_it_is_asked(
    library: Library, kind: str, content: bytes, why: str
) -> None:
    answer = await library.add(kind, content)
    assert answer.status_code in (413, 422), answer.text
    assert why in answer.json()["message"]
    assert library.asked == {}
    about = {"wechat_account_id": str(library.both.account_id)}
    assert (await library.do("GET", MATERIALS, params=about))["items"] == []


async def test_the_same_file_is_there_once_and_other_hospitals_see_none(
    library: Library, sign_in: SignIn, staff: Callable[..., Caller]
) -> None:
    answers = await asyncio.gather(*(library.add("image", PNG, f"图 {n}") for n in range(3)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409]
    assert all("已有这个文件：「图" in one.json()["message"] for one in answers if one.status_code == 409)
    made = next(one.json()["id"] for one in answers if one.status_code == 201)
    mini = await library.add("voice", VOICE, wechat_account_id=str(library.both.mini_id))
    assert (mini.status_code, mini.json()["code"]) == (422, "wechat.wrong_kind")

    library.headers = sign_in(staff("*", institution=new_id()))
    for method, path in (
        ("GET", ""),
        ("GET", "/file"),
        ("DELETE", ""),
        ("POST", "/renew"),
    ):
        assert (await library.send(method, f"{MATERIALS}/{made}{path}")).status_code == 404
    assert (await library.add("image", JPEG)).status_code == 404


# ---- automatic replies -------------------------------------------------------------------------------------------------


async def test_a_reply_with_files_of_the_library_reaches_the_fan(library: Library, turning: Clock) -> None:
    map_, clip = await library.added("image", PNG, "地图"), await library.added("video", FILM, "流程")
    voice = await library.added("voice", VOICE, "问候")
    rule = await library.rule(
        {"material_id": map_}, {"material_id": clip}, {"material_id": voice}, trigger="follow", name="欢迎"
    )
    assert rule["answers"][0] == {"material_id": map_, "kind": "image", "title": "地图"}
    tried = await library.do("POST", f"{library.account}/replies/trial", json={"what": "follow"})
    assert [one["title"] for one in tried["answers"]] == ["地图", "流程", "问候"]
    await library.both.does("follow")
    assert await library.work() == []
    shown = await library.shown()
    assert [one["kind"] for one in shown] == ["image", "video", "voice"]
    files = [await library.file(one["content"]["media_id"]) for one in shown]
    assert files == [PNG, FILM, VOICE]
    assert shown[1]["content"]["title"] == "流程"
    assert library.asked[UPLOAD] == 4, "a film has a thumbnail"
    about = await library.get(map_)
    assert about["uses"] == [{"place": "reply", "place_id": rule["id"], "name": "欢迎", "in_force": True}]
    assert about["temporary"]["state"] == "valid"

    turning.ahead += timedelta(seconds=2)  # the same event twice in a second would be one
    await library.both.does("unfollow")
    await library.both.does("follow")
    await library.work()
    assert len(await library.shown()) == 6
    assert library.asked[UPLOAD] == 4, "what WeChat holds is not uploaded again"


async def test_what_wechat_has_forgotten_is_uploaded_once_more_and_sent_once(
    library: Library, turning: Clock
) -> None:
    await library.rule({"material_id": await library.added("video", FILM)}, trigger="follow")
    await library.work()
    assert (await library.both.phone.post("/control/media/expire")).json() == {"expired": 2}
    await library.both.does("follow")
    assert await library.work() == []
    (shown,) = await library.shown()
    assert await library.file(shown["content"]["media_id"]) == FILM
    assert library.asked[UPLOAD] == 4

    await library.both.phone.put("/control/faults", json={"media_expired": True})
    turning.ahead += timedelta(seconds=2)  # the same event twice in a second would be one
    await library.both.does("unfollow")
    await library.both.does("follow")
    assert await library.work() == [], "an automatic answer that WeChat never takes is left out"
    assert len(await library.shown()) == 1
    assert library.asked[UPLOAD] == 6, "one more try, no more"


async def test_it_is_renewed_before_three_days_are_over_while_a_rule_in_use_needs_it(
    library: Library, turning: Clock
) -> None:
    used, idle = await library.added("image", PNG), await library.added("image", JPEG)
    drafted = await library.rule({"material_id": idle}, name="草稿", enabled=False)
    await library.rule({"material_id": used}, trigger="follow")
    await library.work()
    first = (await library.get(used))["temporary"]["valid_until"]
    assert (library.asked[UPLOAD], (await library.get(idle))["temporary"]) == (1, None)

    turning.ahead = timedelta(days=2)
    await library.tick()
    assert library.asked[UPLOAD] == 1, "good for another day"
    turning.ahead = timedelta(days=2, hours=13)
    await library.tick()
    assert library.asked[UPLOAD] == 2
    renewed = await library.get(used)
    assert renewed["temporary"]["state"] == "valid"
    assert datetime.fromisoformat(renewed["temporary"]["valid_until"]) - datetime.fromisoformat(
        first
    ) > timedelta(days=2)
    turning.ahead = timedelta(days=4)
    await library.both.does("follow")
    await library.work()
    assert [one["kind"] for one in await library.shown()] == ["image"]
    assert library.asked[UPLOAD] == 2, "nobody waited for an upload"

    turning.ahead = timedelta(days=8)
    assert (await library.get(used))["temporary"]["state"] == "expired"
    body = {**drafted, "enabled": True, "answers": [{"material_id": idle}]}
    for name in ("id", "changed_at"):
        del body[name]
    await library.do("PUT", f"{library.account}/replies/{drafted['id']}", json=body)
    await library.tick()
    assert library.asked[UPLOAD] == 4, "both are in use now"


async def test_a_failure_is_told_with_its_reason_and_tried_again(library: Library, turning: Clock) -> None:
    material_id = await library.added("image", PNG)
    await library.both.phone.put("/control/faults", json={"errcodes": {UPLOAD: 45009}})
    await library.rule({"material_id": material_id}, trigger="follow")
    await library.work()
    failed = (await library.get(material_id))["temporary"]
    assert failed["state"] == "failed"
    assert "今天的调用次数已用完" in failed["failure"]
    tries = library.asked[UPLOAD]
    await library.tick()
    assert library.asked[UPLOAD] == tries, "the timer is patient"
    refused = await library.send("POST", f"{MATERIALS}/{material_id}/renew")
    assert refused.status_code == 429
    await library.both.phone.put("/control/faults", json={})
    turning.ahead = timedelta(hours=2)
    await library.tick()
    assert (await library.get(material_id))["temporary"]["state"] == "valid"
    before = await library.copies()
    await library.do("POST", f"{MATERIALS}/{material_id}/renew")
    assert (await library.copies())["temporary"] != before["temporary"], "by hand, at once"


async def test_two_that_need_it_at_once_upload_it_once(library: Library) -> None:
    material_id = await library.added("image", PNG)
    await library.both.phone.put("/control/faults", json={"delay_ms": 200})
    answer = MaterialAnswer((await _uuid(library, material_id)), "image", "图")
    found = await asyncio.gather(
        *(material_copies.sendable(library.both.database, answer, library.both.account_id) for _ in range(5))
    )
    assert (len(set(found)), library.asked[UPLOAD]) == (1, 1)
    again = await asyncio.gather(
        *(
            material_copies.sendable(library.both.database, answer, library.both.account_id, found[0])
            for _ in range(5)
        )
    )
    assert (len(set(again)), library.asked[UPLOAD]) == (1, 2)
    assert again[0] != found[0]


async def test_who_dies_while_uploading_is_followed_by_another(library: Library, turning: Clock) -> None:
    material_id = await library.added("image", PNG)
    async with library.both.database.transaction() as tx:
        await tx.execute(
            """INSERT INTO wechat.material_copies (material_id, form, taken_by, taken_until)
               VALUES ($1, 'temporary', $2, $3)""",
            await _uuid(library, material_id),
            new_id(),
            clock.now() + timedelta(minutes=1),
        )
    await library.rule({"material_id": material_id}, trigger="follow")
    assert (await library.get(material_id))["temporary"]["state"] == "renewing"
    turning.ahead = timedelta(minutes=2)
    await library.work()
    assert (await library.get(material_id))["temporary"]["state"] == "valid"


async def _uuid(library: Library, material_id: str) -> Any:
    async with library.both.database.transaction() as tx:
        return await tx.fetchval("SELECT $1::text::uuid", material_id)


# ---- menus ---------------------------------------------------------------------------------------------------------------


def sending(material_id: str, name: str = "地图") -> dict[str, Any]:
    return {"name": name, "type": "media_id", "material_id": material_id}


async def count(library: Library, kind: str) -> int:
    """Permanent materials at WeChat."""
    path = f"/control/materials/{kind}"
    found = (await library.both.phone.get(path)).json()
    return int(found["count"])


async def test_a_menu_sends_permanent_material(library: Library, turning: Clock) -> None:
    clip = await library.added("video", FILM, "流程")
    map_ = await library.added("image", PNG, "地图")
    draft = await library.menu({"name": "看看", "buttons": [sending(map_), sending(clip, "流程")]})
    assert draft["problems"] == {}
    assert library.asked[ADD] == 0
    published = await library.publish(draft)
    assert published.status_code == 200, published.text
    inner = published.json()["content"]["buttons"][0]["buttons"]
    assert all(one["media_id"] and one["material_id"] for one in inner)
    assert library.asked[ADD] == 2
    compared = await library.do("GET", f"{library.account}/menus/difference")
    assert compared["lines"] == []
    turning.ahead = timedelta(days=10)
    await library.both.does("follow")
    await library.both.does("menu", place=[0, 0])
    (shown,) = await library.shown()
    assert await library.file(shown["content"]["media_id"]) == PNG
    about = await library.get(map_)
    assert (about["permanent"]["state"], about["permanent"]["valid_until"]) == ("valid", None)
    assert [(one["place"], one["name"], one["in_force"]) for one in about["uses"]] == [
        ("menu", "第 1 版", True)
    ]
    # The next menu uses the same; nothing is uploaded again, and what it no longer sends may go.
    await library.publish(await library.menu(sending(map_)))
    assert library.asked[ADD] == 2
    await library.do("DELETE", f"{MATERIALS}/{clip}")
    assert await library.work() == []
    assert (library.asked[DELETE], await count(library, "video"), await count(library, "image")) == (1, 0, 1)
    back = await library.send("POST", f"{library.account}/menus/roll-back", json={"number": 1, "revision": 0})
    assert (back.status_code, back.json()["code"]) == (422, "wechat.material_missing")


async def test_what_somebody_deleted_in_wechats_console_is_uploaded_anew(library: Library) -> None:
    map_, other = await library.added("image", PNG), await library.added("image", JPEG)
    await library.publish(await library.menu(sending(map_), sending(other, "另一张")))
    ours = (await library.do("GET", f"{library.account}/menus"))[0]["content"]["buttons"]
    gone = await library.both.phone.delete(f"/control/materials/{ours[0]['media_id']}")
    assert gone.status_code == 200
    published = await library.publish(await library.menu(sending(map_), sending(other, "另一张")))
    assert published.status_code == 200, published.text
    now = published.json()["content"]["buttons"]
    assert now[0]["media_id"] != ours[0]["media_id"]
    assert now[1]["media_id"] == ours[1]["media_id"], "what was there is not uploaded again"
    assert library.asked[ADD] == 3


async def test_an_upload_whose_end_is_unknown_leaves_no_second_one(library: Library, turning: Clock) -> None:
    map_ = await library.added("image", PNG)
    draft = await library.menu(sending(map_))
    assert (await library.publish(draft)).status_code == 200
    async with library.both.database.transaction() as tx:  # as if the process had died before it was told
        await tx.execute(
            """UPDATE wechat.material_copies SET media_id = NULL, ended = 0, taken_by = $1, taken_until = $2""",
            new_id(),
            clock.now(),
        )
    turning.ahead = timedelta(minutes=5)
    assert (await library.publish(await library.menu(sending(map_)))).status_code == 200
    assert (library.asked[ADD], await count(library, "image")) == (1, 1)


async def test_a_full_store_at_wechat_is_told(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(material_copies.MOST_PERMANENT, "voice", 1)
    voices = [await library.added("voice", one) for one in (VOICE, AMR)]
    await library.publish(await library.menu(sending(voices[0])))
    refused = await library.publish(await library.menu(sending(voices[1])))
    assert (refused.status_code, refused.json()["code"]) == (409, "wechat.materials_full")
    assert "永久语音素材已有 1 个" in refused.json()["message"]
    assert (await library.get(voices[1]))["permanent"]["state"] == "failed"


async def test_a_media_id_entered_by_hand_keeps_working(library: Library) -> None:
    map_ = await library.added("image", PNG)
    await library.publish(await library.menu(sending(map_)))
    by_hand = (await library.copies())["permanent"]
    button = {"name": "手工", "type": "media_id", "media_id": by_hand}
    published = await library.publish(await library.menu(button))
    assert published.json()["content"]["buttons"][0]["media_id"] == by_hand
    assert (await library.get(map_))["uses"] == []
    empty = await library.menu({"name": "空", "type": "media_id"})
    assert empty["problems"] == {"buttons.0.media_id": "请选择素材"}


# ---- deleting ------------------------------------------------------------------------------------------------------------


async def test_what_is_used_cannot_be_deleted_and_says_where(library: Library) -> None:
    map_ = await library.added("image", PNG, "地图")
    rule = await library.rule({"material_id": map_}, name="欢迎", trigger="follow")
    await library.rule("见图", {"material_id": map_}, name="夜间", enabled=False)
    await library.menu(sending(map_))
    refused = await library.send("DELETE", f"{MATERIALS}/{map_}")
    assert (refused.status_code, refused.json()["code"]) == (409, "wechat.material_in_use")
    said = refused.json()["message"]
    assert "「地图」正用于自动回复「欢迎」、自动回复「夜间」（草稿）、菜单第 1 版（草稿）" in said
    await library.do("DELETE", f"{library.account}/replies/{rule['id']}")
    assert len((await library.get(map_))["uses"]) == 2
    gone = {"material_id": str(new_id())}
    missing = await library.send(
        "POST", f"{library.account}/replies", json={"name": "无", "trigger": "default", "answers": [gone]}
    )
    assert (missing.status_code, missing.json()["code"]) == (422, "wechat.material_missing")
    cover = await library.added("thumb", JPEG, "封面")
    unfit = await library.send(
        "PUT",
        f"{library.account}/menus/draft",
        json={"revision": 1, "content": {"buttons": [sending(cover)]}},
    )
    assert "缩略图" in unfit.json()["message"]


async def test_deleting_and_beginning_to_use_it_never_both_succeed(library: Library) -> None:
    for number in range(8):
        made = await library.added("image", picture(grey=20 * number))
        body = {"name": "图", "trigger": "default", "answers": [{"material_id": made}], "enabled": True}
        deleted, used = await asyncio.gather(
            library.send("DELETE", f"{MATERIALS}/{made}"),
            library.send("POST", f"{library.account}/replies", json=body),
        )
        assert (deleted.status_code, used.status_code) in {(204, 422), (409, 201)}
        there = (await library.send("GET", f"{MATERIALS}/{made}")).status_code
        assert there == (404 if deleted.status_code == 204 else 200)


async def test_a_picture_of_a_bulk_sending_may_be_as_large_as_one_of_the_library(library: Library) -> None:
    large = PNG + bytes(3 * 1024 * 1024)
    answer = await library.send("POST", f"{library.account}/broadcast-pictures", content=large)
    assert answer.status_code == 201, answer.text
    assert await library.file(answer.json()["media_id"]) == large
    neighbour = await library.send("POST", f"{library.account}/replies", content=large)
    assert (neighbour.status_code, neighbour.json()["code"]) == (413, "request.too_large")
