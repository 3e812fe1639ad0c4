"""WeChat's face check inside the mini-program (getverifyid, wx.requestFacialVerify, queryverifyinfo)."""

from uuid import UUID

from kanghu.kernel.db import Database
from kanghu.kernel.errors import AppError
from kanghu.kernel.http import PeerFailed
from kanghu.modules.people.adapters.port import PASSED, Subject, Ticket, Verdict
from kanghu.modules.wechat import public as wechat

CANCELLED = (90002, 90003, 90004, 90005, 90006, 90024)
DEVICE = (90001, 90008, 90009, 90010, 90106, 90109)
REASONS = {
    10001: "mismatch", 10002: "not_recognised", 10003: "mismatch", 10004: "not_the_person",
    **dict.fromkeys(CANCELLED, "given_up"), **dict.fromkeys(DEVICE, "camera"), 90017: "expired", 90107: "expired",
}  # fmt: skip
"""`verify_ret` → why; any other: it did not work."""


async def start(database: Database, subject: Subject) -> Ticket:
    assert subject.phone is not None, "a face check in the mini-program needs to know whose phone it is"
    try:
        begun = await wechat.begin_face_check(
            database,
            subject.phone.account_id,
            subject.phone.openid,
            subject.order_no,
            subject.name,
            subject.id_number,
        )
    except AppError as error:
        raise _failure(error) from error
    memory = {
        "account_id": str(subject.phone.account_id),
        "openid": subject.phone.openid,
        "cert_hash": begun.cert_hash,
    }
    return Ticket(subject.order_no, begun.verify_id, begun.lifetime, memory)


async def verdict(database: Database, order_no: str, ticket: Ticket) -> Verdict:
    """A check that the person has not finished is refused by WeChat, which is a failure here like any other."""
    told = ticket.memory
    try:
        code = await wechat.face_verdict(
            database,
            UUID(told["account_id"]),
            told["openid"],
            order_no,
            ticket.place,
            told["cert_hash"],
        )
    except AppError as error:
        raise _failure(error) from error
    return PASSED if code == wechat.FACE_PASSED else Verdict(False, REASONS.get(code, "not_recognised"))


def _failure(error: AppError) -> PeerFailed:
    return PeerFailed(error.message, passing=isinstance(error, wechat.WechatFailed) and error.passing)
