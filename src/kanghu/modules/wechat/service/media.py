"""Files to and from WeChat, which keeps them for three days."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from kanghu.kernel.db import Database
from kanghu.modules.wechat import client, media
from kanghu.modules.wechat.errors import MediaRefused
from kanghu.modules.wechat.media import MediaKind
from kanghu.modules.wechat.service import calls
from kanghu.modules.wechat.service.known import usable_now


@dataclass(frozen=True, slots=True)
class File:
    """`media_type` as the first bytes say; of what they do not tell (speex), as WeChat says."""

    media_type: str
    content: bytes


async def upload(database: Database, account_id: UUID, kind: MediaKind, content: bytes) -> str:
    """The media_id, good for three days and for any number of messages. Raises `MediaRefused`, `WechatFailed`."""
    found = media.checked(kind, content)
    account = await usable_now(database, account_id)
    file = client.Upload(f"{kind}.{found.extension}", found.media_type, content)
    got = await calls.upload(database, account, "/cgi-bin/media/upload", file, type=kind)
    # Of a thumb it is called otherwise.
    return client.text(got, "thumb_media_id" if "thumb_media_id" in got else "media_id")


async def download(database: Database, account_id: UUID, media_id: str) -> File:
    """What a fan sent. Raises `WechatFailed` (`MediaGone` after three days), `MediaRefused` for a file that none of WeChat's is."""
    account = await usable_now(database, account_id)
    answer = await calls.download(database, account, "/cgi-bin/media/get", media_id=media_id)
    if "json" in answer.media_type or "text/plain" in answer.media_type:
        # Videos lie somewhere else.
        place = client.text(msgspec.json.decode(answer.body, type=client.Fields), "video_url")
        answer = await client.file_at(account, place)
    found = media.format_of(answer.body)
    if found is not None:
        return File(found.media_type, answer.body)
    if not answer.media_type.startswith(("image/", "audio/", "video/", "voice/")) or not answer.body:
        raise MediaRefused("微信返回的文件无法识别，请对方重新发送")
    return File("application/octet-stream", answer.body)
