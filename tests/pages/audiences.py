"""Followers of the demonstration's official account for the screenshots: tags, QR codes, bulk sendings."""

from typing import Any

import httpx

from tests.pages import talks
from tests.wire import hospital
from tests.wire.conftest import Platform, eventually

ROOT = "/api/admin/wechat"
FANS = 6


def leave_some(platform: Platform) -> None:
    """Six fans, two of them tagged, two QR codes, a bulk sending that went out and one that waits for its release."""
    it_staff, releaser = (hospital.staff(platform, role) for role in ("it_staff", "admin"))
    account = next(one for one in it_staff.get(f"{ROOT}/accounts").json() if one["kind"] == "official")
    at = f"{ROOT}/accounts/{account['id']}"
    openids = _follow(platform)
    eventually(lambda: len(it_staff.get(f"{at}/fans", params={"limit": 50}).json()["items"]) >= FANS)

    for name, members in (("慢病随访", openids[:2]), ("体检客户", openids[1:5])):
        tag = _made(it_staff, f"{at}/tags", {"name": name})["id"]
        tagged = it_staff.post(f"{at}/tags/{tag}/fans", json={"openids": members})
        assert tagged.status_code == 204, tagged.text
    for name, scene in (("体检中心大厅", "exam-hall"), ("慢病门诊宣教栏", "clinic-board")):
        _made(it_staff, f"{at}/qr-codes", {"name": name, "scene": scene})

    words = "秋冬流感高发，65 岁以上的客户可以在体检当天接种流感疫苗，请提前预约。"
    released, _waiting = (
        _made(it_staff, f"{at}/broadcasts", {"name": name, "audience": "all", "kind": "text", "text": words})[
            "id"
        ]
        for name in ("流感疫苗提醒", "春节门诊安排")
    )
    done = releaser.post(f"{ROOT}/broadcasts/{released}/release")
    assert done.status_code == 200, done.text


def _follow(platform: Platform) -> list[str]:
    with httpx.Client(base_url=f"{platform.sandbox}/wechat/control", timeout=30, trust_env=False) as wechat:
        openids = []
        for _ in range(FANS):
            openid = wechat.post("/fans", json={"nickname": talks.new_name()}).json()["openid"]
            assert wechat.post(f"/fans/{openid}/follow", json={}).status_code == 200
            openids.append(openid)
    return openids


def _made(client: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    made = client.post(path, json=body)
    assert made.status_code == 201, made.text
    return made.json()
