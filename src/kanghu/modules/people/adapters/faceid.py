"""Tencent Cloud FaceID, API 2018-03-01: name and id number compared (IdCardVerification), and a face check on Tencent's own page
(DetectAuth, then GetDetectInfoEnhanced).

https://cloud.tencent.com/document/api/1007/31816, …/41957, …/33188; codes of a check: https://cloud.tencent.com/document/product/1007/31082.
Of a check only its text is asked for (`InfoType` 1), never a picture, and of the text only the code is looked at.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from kanghu.kernel import clock, tc3
from kanghu.kernel.db import Database
from kanghu.kernel.http import PeerFailed, outbound
from kanghu.modules.people.adapters.port import NOT_YET, PASSED, Subject, Ticket, Verdict
from kanghu.modules.people.settings import face_id

VERSION = "2018-03-01"
LIFETIME = timedelta(hours=2)
"""How long a BizToken can be used to begin and finish a check."""

UNFINISHED = (14, 17)
"""Codes of a check that has no verdict yet."""

REASONS = {
    15: "expired", 16: "too_often", 301: "mismatch", 302: "card_expired",
    1002: "not_alive", 1003: "not_alive", 1004: "not_alive", 1005: "not_alive",
    2002: "mismatch", 2003: "mismatch", 2005: "not_on_file", 2006: "mismatch", 2007: "not_on_file", 2008: "not_on_file",
    2009: "not_on_file", 2010: "not_recognised", 2011: "not_the_person", 2016: "not_the_person",
}  # fmt: skip
"""Code of a check → why; any other: it did not work."""

NAME_RESULTS = {"-1": "mismatch", "-2": "mismatch", "-3": "mismatch", "-5": "not_on_file", "-7": "too_often"}
"""Result of IdCardVerification → why; 0 agrees, any other is a failure of the service."""

FAULTS = (
    ("AuthFailure.SignatureExpire", "服务器时钟与核身服务相差过大，请管理员校准", False),
    ("AuthFailure", "核身服务不认可密钥，请管理员核对", False),
    ("InvalidParameterValue.BizToken", "本次核身已失效，请重新发起", False),
    ("InvalidParameter", "核身服务不接受所填的信息，请核对姓名与身份证号码，或请管理员核对 RuleId", False),
    ("LimitExceeded", "核身服务繁忙，请稍后再试", True),
    ("RequestLimitExceeded", "核身服务繁忙，请稍后再试", True),
    ("InternalError", "核身服务暂时出错，请稍后再试", True),
    ("FailedOperation", "核身服务暂时出错，请稍后再试", True),
    ("ResourceUnavailable", "核身服务已欠费或未开通，请管理员处理", False),
    ("UnauthorizedOperation", "核身服务已欠费或未开通，请管理员处理", False),
)
"""Beginning of an error code → what a person is told, and whether another try may help; the first that fits."""


class _Error(msgspec.Struct, rename="pascal"):
    code: str


class _Text(msgspec.Struct, rename="pascal"):
    err_code: int | None = None
    name: str | None = None
    id_card: str | None = None


class _Response(msgspec.Struct, rename="pascal"):
    error: _Error | None = None
    url: str = ""
    biz_token: str = ""
    text: _Text | None = None
    result: str = ""
    request_id: str = ""


class _Answer(msgspec.Struct, rename="pascal"):
    response: _Response


async def start(database: Database, subject: Subject) -> Ticket:
    """A page of Tencent's for this person, who comes back to our own page from it."""
    account = face_id()
    wanted = {
        "RuleId": account.rule_id,
        "IdCard": subject.id_number,
        "Name": subject.name,
        "RedirectUrl": account.return_url,
        "Extra": subject.order_no,
    }
    found = await _ask("DetectAuth", wanted)
    if not (found.biz_token and found.url.startswith(("https://", "http://"))):
        raise PeerFailed("核身服务的应答格式不正确", maybe_done=True)
    who = _who(subject.order_no, subject.name, subject.id_number)
    return Ticket(found.biz_token, found.url, LIFETIME, {"who": who})


async def verdict(database: Database, order_no: str, ticket: Ticket) -> Verdict:
    wanted = {"BizToken": ticket.provider_no, "RuleId": face_id().rule_id, "InfoType": "1"}
    text = (await _ask("GetDetectInfoEnhanced", wanted)).text
    if text is None or text.err_code is None or text.err_code in UNFINISHED:
        return NOT_YET
    if text.err_code != 0:
        return Verdict(False, REASONS.get(text.err_code, "not_recognised"))
    if not hmac.compare_digest(_who(order_no, text.name or "", text.id_card or ""), ticket.memory["who"]):
        return Verdict(False, "mismatch")
    return PASSED


async def compare(subject: Subject) -> tuple[str, Verdict]:
    """(number of the call, whether name and id number belong together)."""
    found = await _ask("IdCardVerification", {"IdCard": subject.id_number, "Name": subject.name})
    if found.result == "0":
        return found.request_id, PASSED
    if found.result not in NAME_RESULTS:
        raise PeerFailed("核身服务暂时查不到结果，请稍后再试")
    return found.request_id, Verdict(False, NAME_RESULTS[found.result])


def _who(order_no: str, name: str, id_number: str) -> str:
    """Of whom a verdict has to speak, without keeping who that is; what makes it differ from check to check is the order number."""
    return hashlib.sha256(f"{order_no}\x00{name.strip()}\x00{id_number.upper()}".encode()).hexdigest()


async def _ask(action: str, wanted: Mapping[str, Any]) -> _Response:
    account, body = face_id(), msgspec.json.encode(wanted)
    headers = tc3.signed_headers(
        account.secret_id,
        account.secret_key.get_secret_value(),
        account.endpoint,
        account.region,
        tc3.Action("faceid", action, VERSION),
        body,
        clock.now(),
    )
    answered = await outbound().post("faceid", account.endpoint, content=body, headers=headers)
    if answered.status != 200:
        raise PeerFailed(f"核身服务返回 HTTP {answered.status}")
    try:
        found = msgspec.json.decode(answered.body, type=_Answer).response
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PeerFailed("核身服务的应答格式不正确", maybe_done=True) from error
    if found.error is not None:
        raise _failure(found.error.code)
    return found


def _failure(code: str) -> PeerFailed:
    for start_of, told, passing in FAULTS:
        if code.startswith(start_of):
            return PeerFailed(f"{told}（{code}）", passing=passing)
    return PeerFailed(f"核身服务拒绝了请求（{code}）", passing=False)
