"""素材管理: permanent material.

https://developers.weixin.qq.com/doc/service/api/material/permanent/api_addmaterial and its neighbours.
"""

import json

from starlette.responses import Response

from kanghu_sandbox.wechat import forms, media
from kanghu_sandbox.wechat.apis.media import file_answer
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import Answer, Api, Call
from kanghu_sandbox.wechat.store import Tx

MOST_LISTED = 20


def add(tx: Tx, call: Call) -> Answer:
    """A form with the file in its field `media`, of a video also `description`. The answer has no errcode; pictures have an address."""
    kind = call.query.get("type", "")
    data = forms.file_of(call.content_type, call.raw, "media")
    if data is None:
        raise Refused(41005)
    title, introduction = _description(call) if kind == "video" else ("", "")
    name = forms.file_name_of(call.content_type, call.raw, "media")
    media_id = media.keep_for_good(tx, kind, data, name, title, introduction, call.now)
    return {"media_id": media_id} | ({"url": _address(call, media_id)} if kind == "image" else {})


def _description(call: Call) -> tuple[str, str]:
    """Raises Refused 41005 without one: which code comes is told nowhere."""
    given = forms.file_of(call.content_type, call.raw, "description")
    if given is None:
        raise Refused(41005, "description")
    try:
        found = json.loads(given)
    except ValueError:
        raise Refused(47001) from None
    if not isinstance(found, dict):
        raise Refused(47001)
    return str(found.get("title", "")), str(found.get("introduction", ""))


def get(tx: Tx, call: Call) -> Answer | Response:
    """The file itself; of a video what is known of it and its address."""
    found = media.find_material(tx, call.text("media_id", 40007))
    if found["kind"] != "video":
        return file_answer(found)
    return {
        "title": found["title"],
        "description": found["introduction"],
        "down_url": _address(call, found["media_id"]),
    }


def delete(tx: Tx, call: Call) -> Answer:
    media.delete_material(tx, call.text("media_id", 40007))
    return OK


def count(tx: Tx, _call: Call) -> Answer:
    return {f"{kind}_count": number for kind, number in media.count(tx).items()}


def page(tx: Tx, call: Call) -> Answer:
    """Twenty at most. Articles are not played: there are none."""
    kind, offset, most = call.text("type", 40004), call.body.get("offset"), call.body.get("count")
    if kind not in media.COUNTED:
        raise Refused(40004)
    if not isinstance(offset, int) or not isinstance(most, int) or offset < 0 or not 1 <= most <= MOST_LISTED:
        raise Refused(40035)
    found = media.page_of_materials(tx, kind, offset, most)
    items = [
        {"media_id": one["media_id"], "name": one["name"], "update_time": int(one["created_at"])}
        | ({} if kind == "voice" else {"url": _address(call, one["media_id"])})
        for one in found
    ]
    return {"item": items, "total_count": media.count(tx)[kind], "item_count": len(items)}


def _address(call: Call, media_id: str) -> str:
    return f"{call.address}/mmbiz/{media_id}"


APIS = (
    Api("POST", "/cgi-bin/material/add_material", add, form=True),
    Api("POST", "/cgi-bin/material/get_material", get),
    Api("POST", "/cgi-bin/material/del_material", delete),
    Api("GET", "/cgi-bin/material/get_materialcount", count),
    Api("POST", "/cgi-bin/material/batchget_material", page),
)
