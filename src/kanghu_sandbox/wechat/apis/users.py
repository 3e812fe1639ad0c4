"""用户管理: who follows, their tags, and codes to follow by."""

from collections.abc import Mapping
from typing import Any

from kanghu_sandbox.wechat import people, qr_codes, tags
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import Answer, Api, Call
from kanghu_sandbox.wechat.store import Tx

PAGE = 10_000
BATCH = 50
INFO_BATCH = 100
PERMANENT_SCENES = 100_000
SCENE_LENGTH = 64


def get_info(tx: Tx, call: Call) -> Answer:
    """What WeChat still tells of a person: no name, no picture."""
    openid = call.query.get("openid")
    if not openid:
        raise Refused(41009)
    return _info(tx, people.get(tx, openid))


def get_infos(tx: Tx, call: Call) -> Answer:
    """Up to a hundred at once."""
    wanted = call.body.get("user_list")
    if not isinstance(wanted, list) or not 0 < len(wanted) <= INFO_BATCH:
        raise Refused(40032)
    openids = [str(one.get("openid", "")) if isinstance(one, Mapping) else "" for one in wanted]
    return {"user_info_list": [_info(tx, people.get(tx, openid)) for openid in openids]}


def list_followers(tx: Tx, call: Call) -> Answer:
    """10 000 at a time, from the one after next_openid on."""
    found = people.followers(tx, call.query.get("next_openid", ""), PAGE)
    answer: Answer = {"total": people.count_followers(tx), "count": len(found)}
    return (
        answer | ({"data": {"openid": found}} if found else {}) | {"next_openid": found[-1] if found else ""}
    )


def set_remark(tx: Tx, call: Call) -> Answer:
    """备注名."""
    person = people.get(tx, call.text("openid", 41009))
    people.set_remark(tx, person.openid, str(call.body.get("remark", "")))
    return OK


def create_tag(tx: Tx, call: Call) -> Answer:
    name = str(_tag(call).get("name", ""))
    return {"tag": {"id": tags.create(tx, name), "name": name}}


def list_tags(tx: Tx, _call: Call) -> Answer:
    return {"tags": [dict(one) for one in tags.all_tags(tx)]}


def rename_tag(tx: Tx, call: Call) -> Answer:
    tags.rename(tx, _number(_tag(call), "id"), str(_tag(call).get("name", "")))
    return OK


def delete_tag(tx: Tx, call: Call) -> Answer:
    tags.delete(tx, _number(_tag(call), "id"))
    return OK


def tag_people(tx: Tx, call: Call) -> Answer:
    for openid in _openids(tx, call):
        tags.put_on(tx, _number(call.body, "tagid"), openid)
    return OK


def untag_people(tx: Tx, call: Call) -> Answer:
    for openid in _openids(tx, call):
        tags.take_off(tx, _number(call.body, "tagid"), openid)
    return OK


def tags_of_person(tx: Tx, call: Call) -> Answer:
    person = people.get(tx, call.text("openid", 41009))
    return {"tagid_list": people.tags_of(tx, person.openid)}


def people_of_tag(tx: Tx, call: Call) -> Answer:
    """Those after next_openid."""
    found = tags.wearers(tx, _number(call.body, "tagid"))
    after = str(call.body.get("next_openid", ""))
    page = found[found.index(after) + 1 :] if after in found else found
    return {"count": len(page), "data": {"openid": page}, "next_openid": page[-1] if page else ""}


def create_qr_code(tx: Tx, call: Call) -> Answer:
    """Four kinds: number or text, for a while or for ever. Which code a bad scene gets is told nowhere: here 40035."""
    name = call.text("action_name")
    scene, is_number = _scene(call.body, name)
    seconds = None
    if name in ("QR_SCENE", "QR_STR_SCENE"):
        given = call.body.get("expire_seconds", qr_codes.DEFAULT)
        if not isinstance(given, int) or isinstance(given, bool) or not 0 < given <= qr_codes.LONGEST:
            raise Refused(40035, "expire_seconds")
        seconds = given
    made = qr_codes.create(tx, scene, is_number, seconds, call.address, call.now)
    answer = {"ticket": made["ticket"], "url": made["url"]}
    return answer if seconds is None else answer | {"expire_seconds": seconds}


def _info(tx: Tx, person: people.Person) -> Answer:
    tag_ids = people.tags_of(tx, person.openid)
    if not person.following:
        return {"subscribe": 0, "openid": person.openid, "tagid_list": tag_ids}
    number = int(person.qr_scene) if person.qr_scene.isdecimal() else 0
    return {
        "subscribe": 1,
        "openid": person.openid,
        "language": "zh_CN",
        "subscribe_time": person.followed_at,
        "unionid": person.unionid,
        "remark": person.remark,
        "groupid": tag_ids[0] if tag_ids else 0,
        "tagid_list": tag_ids,
        "subscribe_scene": person.follow_scene,
        "qr_scene": number,
        "qr_scene_str": "" if number else person.qr_scene,
    }


def _tag(call: Call) -> Mapping[str, Any]:
    tag = call.body.get("tag")
    if not isinstance(tag, Mapping):
        raise Refused(40035, "tag")
    return tag


def _number(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise Refused(45159)
    return value


def _openids(tx: Tx, call: Call) -> list[str]:
    found = call.body.get("openid_list")
    if not isinstance(found, list) or not 0 < len(found) <= BATCH:
        raise Refused(40032)
    return [people.get(tx, str(openid)).openid for openid in found]


def _scene(body: Mapping[str, Any], name: str) -> tuple[str, bool]:
    info = body.get("action_info")
    scene = info.get("scene") if isinstance(info, Mapping) else None
    if not isinstance(scene, Mapping) or name not in _SCENES:
        raise Refused(40035, "action_info" if name in _SCENES else "action_name")
    if _SCENES[name] is None:
        text = scene.get("scene_str")
        if not isinstance(text, str) or not 0 < len(text) <= SCENE_LENGTH:
            raise Refused(40035, "scene_str")
        return text, False
    number = scene.get("scene_id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= _SCENES[name]:
        raise Refused(40035, "scene_id")
    return str(number), True


_SCENES: Mapping[str, Any] = {
    "QR_SCENE": 2**32 - 1,
    "QR_LIMIT_SCENE": PERMANENT_SCENES,
    "QR_STR_SCENE": None,
    "QR_LIMIT_STR_SCENE": None,
}

APIS = (
    Api("GET", "/cgi-bin/user/info", get_info),
    Api("POST", "/cgi-bin/user/info/batchget", get_infos),
    Api("POST", "/cgi-bin/user/info/updateremark", set_remark),
    Api("GET", "/cgi-bin/user/get", list_followers),
    Api("POST", "/cgi-bin/tags/create", create_tag),
    Api("GET", "/cgi-bin/tags/get", list_tags),
    Api("POST", "/cgi-bin/tags/update", rename_tag),
    Api("POST", "/cgi-bin/tags/delete", delete_tag),
    Api("POST", "/cgi-bin/tags/members/batchtagging", tag_people),
    Api("POST", "/cgi-bin/tags/members/batchuntagging", untag_people),
    Api("POST", "/cgi-bin/tags/getidlist", tags_of_person),
    Api("POST", "/cgi-bin/user/tag/get", people_of_tag),
    Api("POST", "/cgi-bin/qrcode/create", create_qr_code),
)
