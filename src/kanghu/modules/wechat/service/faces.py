"""WeChat's face check (v2): a session for a person with name and id number, and what came of it. Only WeChat sees the face."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from kanghu.kernel.db import Database
from kanghu.modules.wechat import client
from kanghu.modules.wechat.errors import WechatAway, WrongKind
from kanghu.modules.wechat.models import Account
from kanghu.modules.wechat.service import calls
from kanghu.modules.wechat.service.known import usable_now

CERT_TYPE = "IDENTITY_CARD"
FACE_PASSED = 10000
"""The one `verify_ret` that means passed."""


@dataclass(frozen=True, slots=True)
class FaceCheck:
    """A session. `cert_hash` has to be shown with the question for its outcome."""

    verify_id: str
    lifetime: timedelta
    cert_hash: str


async def begin_face_check(
    database: Database, account_id: UUID, openid: str, order_no: str, name: str, id_number: str
) -> FaceCheck:
    """For the one who uses the mini-program under `openid`. `order_no`: 5 to 32 characters. Raises `WechatFailed`."""
    account = await _mini_program(database, account_id)
    given = {
        "out_seq_no": order_no,
        "cert_info": {"cert_type": CERT_TYPE, "cert_name": name, "cert_no": id_number},
        "openid": openid,
    }
    got = await calls.post(database, account, "/cityservice/face/identify/getverifyid", given)
    seconds = got.get("expires_in")
    if not isinstance(seconds, int) or not 0 < seconds <= 86_400:
        raise WechatAway("微信的应答格式不正确，请稍后再试", maybe_done=True)
    return FaceCheck(client.text(got, "verify_id"), timedelta(seconds=seconds), cert_hash(name, id_number))


async def face_verdict(
    database: Database, account_id: UUID, openid: str, order_no: str, verify_id: str, hashed: str
) -> int:
    """`verify_ret`; `FACE_PASSED` is the only one that means passed. Raises `WechatFailed`, also while there is none."""
    account = await _mini_program(database, account_id)
    given = {"verify_id": verify_id, "out_seq_no": order_no, "cert_hash": hashed, "openid": openid}
    got = await calls.post(database, account, "/cityservice/face/identify/queryverifyinfo", given)
    code = got.get("verify_ret")
    if not isinstance(code, int):
        raise WechatAway("微信的应答格式不正确，请稍后再试")
    return code


def cert_hash(name: str, id_number: str) -> str:
    """Lower-case hex, as queryverifyinfo wants it."""

    def coded(value: str) -> str:
        return base64.b64encode(value.encode()).decode()

    text = f"cert_type={coded(CERT_TYPE)}&cert_name={coded(name)}&cert_no={coded(id_number)}"
    return hashlib.sha256(text.encode()).hexdigest()


async def _mini_program(database: Database, account_id: UUID) -> Account:
    found = await usable_now(database, account_id)
    if found.kind != "mini_program":
        raise WrongKind(f"人脸核身须用小程序，「{found.name}」不是")
    return found
