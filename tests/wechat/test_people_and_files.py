"""Files to and from WeChat, sign-in by its codes, and pages that use the JS-SDK."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat import crypt, errors, media
from kanghu.modules.wechat import public as wechat
from tests.wechat.accounts import made_account
from tests.wechat.standin import StandIn

JPEG = b"\xff\xd8\xff\xe0 a picture\r\n--with\r\n\r\nodd bytes\xff\xd9"
AMR = b"#!AMR\n" + b"\x3c" * 40
MP4 = b"\0\0\0\x18ftypmp42" + b"v" * 40
SMALL: list[tuple[media.MediaKind, bytes, str]] = [
    ("image", JPEG, "image/jpeg"), ("image", b"\x89PNG\r\n\x1a\n...", "image/png"), ("image", b"GIF89a...", "image/gif"),
    ("voice", AMR, "audio/amr"), ("voice", b"ID3\x04...", "audio/mpeg"), ("voice", b"\xff\xfb\x90\x00", "audio/mpeg"),
    ("video", MP4, "video/mp4"), ("thumb", JPEG, "image/jpeg"),
]  # fmt: skip
REFUSED: list[tuple[media.MediaKind, bytes]] = [
    ("image", AMR), ("image", b"<svg/>"), ("image", b""), ("image", JPEG + bytes(10 * 2**20)), ("voice", JPEG),
    ("voice", AMR + bytes(2 * 2**20)), ("voice", b"RIFF....WAVE"), ("video", b"\x1aE\xdf\xa3 webm"),
    ("thumb", b"\x89PNG\r\n\x1a\n..."), ("thumb", JPEG + bytes(64 * 1024)), ("voice", b"\xff\xff\xff\xff"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "media_type"), SMALL)
def test_files_are_told_by_their_first_bytes(kind: media.MediaKind, content: bytes, media_type: str) -> None:
    assert media.checked(kind, content).media_type == media_type


@pytest.mark.parametrize(("kind", "content"), REFUSED)
def test_what_wechat_does_not_take_is_refused_before(kind: media.MediaKind, content: bytes) -> None:
    with pytest.raises(errors.MediaRefused, match="不超过"):
        media.checked(kind, content)


@given(st.binary(max_size=40))
def test_any_bytes_are_some_format_or_none(content: bytes) -> None:
    assert media.format_of(content) in {
        None,
        *(kind for _, kinds, _ in media.ACCEPTED.values() for kind in kinds),
    }


async def made(database: Database, standin: StandIn, **more: Any) -> UUID:
    async with database.transaction() as tx:
        return await made_account(tx, api_url=standin.url, **more)


async def test_files_there_and_back(database: Database, standin: StandIn, reachable: Outbound) -> None:
    account_id = await made(database, standin)
    for kind, content, media_type in SMALL:
        media_id = await wechat.upload_media(database, account_id, kind, content)
        assert standin.uploaded[media_id] == (media_type, content)
        assert await wechat.download_media(database, account_id, media_id) == wechat.File(media_type, content)
    standin.uploaded["speex"] = ("voice/speex", b"Speex   1.2")
    assert await wechat.download_media(database, account_id, "speex") == wechat.File(
        "application/octet-stream", b"Speex   1.2"
    )
    film = await wechat.download_media(database, account_id, "film")
    assert film == wechat.File("video/mp4", b"\0\0\0\x18ftypmp42film")
    with pytest.raises(errors.MediaGone, match="3 天"):
        await wechat.download_media(database, account_id, "gone")
    standin.uploaded["page"] = ("text/html", b"<script>")
    with pytest.raises(errors.MediaRefused):
        await wechat.download_media(database, account_id, "page")


async def test_a_large_file_comes_whole_and_a_larger_one_does_not(
    database: Database, standin: StandIn, reachable: Outbound
) -> None:
    account_id = await made(database, standin)
    large = MP4 + bytes(10 * 2**20 - len(MP4))
    media_id = await wechat.upload_media(database, account_id, "video", large)
    assert (await wechat.download_media(database, account_id, media_id)).content == large
    standin.uploaded["huge"] = ("video/mp4", MP4 + bytes(13 * 2**20))
    with pytest.raises(errors.Misconfigured, match="过大"):
        await wechat.download_media(database, account_id, "huge")


@pytest.mark.parametrize(
    "place", ["http://169.254.169.254/x", "http://10.0.0.1/x", "http://[::1/", "file:///etc/passwd"]
)
async def test_a_video_at_an_inner_address_is_not_fetched(
    database: Database, standin: StandIn, reachable: Outbound, place: str
) -> None:
    account_id = await made(database, standin)
    standin.instead["/cgi-bin/media/get"] = {"video_url": place}
    with pytest.raises(errors.WechatFailed):
        await wechat.download_media(database, account_id, "film")


# --- who it is -----------------------------------------------------------------------------------------------------


async def test_a_page_learns_who_its_visitor_is(
    database: Database, standin: StandIn, reachable: Outbound
) -> None:
    account_id = await made(database, standin, appid="wxb11529c136998cb6")
    url = await wechat.sign_in_url(database, account_id, "https://h.cn/m/#/pages/a?b=1&c=2", "s t/a+te")
    found = urlsplit(url)
    assert (found.netloc, found.path, found.fragment) == (
        "open.weixin.qq.com", "/connect/oauth2/authorize", "wechat_redirect",
    )  # fmt: skip
    assert parse_qs(found.query) == {
        "appid": ["wxb11529c136998cb6"], "redirect_uri": ["https://h.cn/m/#/pages/a?b=1&c=2"],
        "response_type": ["code"], "scope": ["snsapi_base"], "state": ["s t/a+te"],
    }  # fmt: skip
    identity = await wechat.identity_of_page(database, account_id, "code-1")
    assert identity == wechat.Identity(account_id, "o-code-1", "u-code-1")
    async with database.transaction() as tx:
        fan = await tx.fetchrow("SELECT openid, unionid, subscribed FROM wechat.fans")
    assert tuple(fan) == ("o-code-1", "u-code-1", False)


async def test_a_mini_program_learns_who_its_user_is(
    database: Database, standin: StandIn, reachable: Outbound
) -> None:
    account_id = await made(database, standin, kind="mini_program")
    identity = await wechat.identity_of_mini_program(database, account_id, "code-7")
    assert (identity.openid, identity.unionid) == ("o-code-7", "u-code-7")
    standin.instead["/sns/jscode2session"] = {"openid": "o-code-7", "session_key": "k"}
    assert (await wechat.identity_of_mini_program(database, account_id, "code-7")).unionid is None
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT unionid FROM wechat.fans") == "u-code-7", "what was known stays"
    assert standin.asked["/cgi-bin/stable_token"] == 0, "a code needs no token"


@pytest.mark.parametrize(
    ("errcode", "kind", "says"),
    [
        (40029, errors.CodeInvalid, "重新登录"),
        (42003, errors.CodeInvalid, "重新登录"),
        (40163, errors.CodeInvalid, "重新登录"),
        (40226, errors.RiskyUser, "其他方式"),
        (40125, errors.Misconfigured, "AppSecret"),
    ],
)
async def test_a_code_that_wechat_refuses(
    database: Database, standin: StandIn, reachable: Outbound, errcode: int, kind: type[Exception], says: str
) -> None:
    account_id = await made(database, standin)
    standin.refuse("/sns/oauth2/access_token", errcode)
    with pytest.raises(kind, match=says):
        await wechat.identity_of_page(database, account_id, "code-1")


async def test_codes_go_where_they_belong(database: Database, standin: StandIn, reachable: Outbound) -> None:
    account_id = await made(database, standin)
    with pytest.raises(errors.WrongKind, match="小程序"):
        await wechat.identity_of_mini_program(database, account_id, "code-1")
    for code in ("", "x" * 129):
        with pytest.raises(errors.CodeInvalid):
            await wechat.identity_of_page(database, account_id, code)
    with pytest.raises(errors.AccountNotFound):
        await wechat.identity_of_page(database, new_id(), "code-1")
    async with database.transaction() as tx:
        await tx.execute("UPDATE wechat.accounts SET active = false")
    with pytest.raises(errors.AccountInactive):
        await wechat.identity_of_page(database, account_id, "code-1")
    assert standin.asked.total() == 0


# --- pages ---------------------------------------------------------------------------------------------------------


async def test_pages_are_signed_with_one_ticket(
    database: Database, standin: StandIn, reachable: Outbound
) -> None:
    account_id = await made(database, standin)
    page = "https://h.cn/m/?a=1"
    for _ in range(3):
        config = await wechat.js_config(database, account_id, page + "#/pages/home")
        assert config.signature == crypt.js_signature("a-ticket", config.nonce, config.timestamp, page)
    assert standin.asked["/cgi-bin/ticket/getticket"] == 1
    assert standin.asked["/cgi-bin/stable_token"] == 1
    with pytest.raises(errors.SettingsInvalid):
        await wechat.js_config(database, account_id, "javascript:alert(1)")
