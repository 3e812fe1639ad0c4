"""素材管理: temporary media."""

import sqlite3

from starlette.responses import Response

from kanghu_sandbox.wechat import forms, media
from kanghu_sandbox.wechat.codes import Refused
from kanghu_sandbox.wechat.interface import Answer, Api, Call
from kanghu_sandbox.wechat.store import Tx


def upload(tx: Tx, call: Call) -> Answer:
    """A form with the file in its field `media`. The answer has no errcode; a thumb's id has a name of its own."""
    kind = call.query.get("type", "")
    data = forms.file_of(call.content_type, call.raw, "media")
    if data is None:
        raise Refused(41005)
    media_id = media.keep(tx, kind, data, call.now)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: media_id, "created_at": int(call.now)}


def download(tx: Tx, call: Call) -> Answer | Response:
    """The file itself; of a video only its address."""
    if call.wechat.faults.now.media_expired:
        raise Refused(40007)
    found = media.find(tx, call.query.get("media_id", ""), "", call.now)
    if found["kind"] == "video":
        return {"video_url": f"{call.address}/mmbiz/{found['media_id']}"}
    return file_answer(found)


def file_answer(found: sqlite3.Row) -> Response:
    """As WeChat hands a file out."""
    name = f"{found['media_id'][:16]}.{found['extension']}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(found["data"], media_type=found["content_type"], headers=headers)


APIS = (
    Api("POST", "/cgi-bin/media/upload", upload, form=True),
    Api("GET", "/cgi-bin/media/get", download),
)
