"""人脸核身（第二版）：小程序里核对本人。No face is looked at: the phone says how it ended.

A check's identity and openid have to be the same in both calls, or there is an error code and no verdict. No document names the
codes; 84001 (of the first version) stands here for a session that is unknown or not finished, 40003 and 47003 for what differs.
"""

import base64
import hashlib
import re
import secrets

from kanghu_sandbox.wechat import people
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import MINI, Answer, Api, Call
from kanghu_sandbox.wechat.store import Tx, keep_newest

LIFETIME_S = 3600
KEPT = 1000
_NUMBER = re.compile(r"[0-9A-Za-z_-]{5,32}")


def get_verify_id(tx: Tx, call: Call) -> Answer:
    number, openid = call.text("out_seq_no", 47003), call.text("openid", 41009)
    info = call.body.get("cert_info")
    if not _NUMBER.fullmatch(number) or not isinstance(info, dict):
        raise Refused(47003)
    if info.get("cert_type") != "IDENTITY_CARD" or not (info.get("cert_name") and info.get("cert_no")):
        raise Refused(47003, "cert_info")
    people.get_by_mini_openid(tx, openid)
    if tx.execute("SELECT 1 FROM faces WHERE out_seq_no = ?", (number,)).fetchone():
        raise Refused(47003, "out_seq_no")
    verify_id = secrets.token_urlsafe(48)
    tx.execute(
        "INSERT INTO faces (verify_id, out_seq_no, openid, cert_hash, issued_at) VALUES (?, ?, ?, ?, ?)",
        (verify_id, number, openid, _cert_hash(info), call.now),
    )
    keep_newest(tx, "faces", "issued_at", KEPT)
    return OK | {"verify_id": verify_id, "expires_in": LIFETIME_S}


def query_verify_info(tx: Tx, call: Call) -> Answer:
    row = tx.execute(
        "SELECT out_seq_no, openid, cert_hash, verify_ret FROM faces WHERE verify_id = ?",
        (call.text("verify_id", 47003),),
    ).fetchone()
    if row is None or row["verify_ret"] is None:
        raise Refused(84001)
    if row["openid"] != call.text("openid", 41009):
        raise Refused(40003)
    if (row["out_seq_no"], row["cert_hash"]) != (
        call.text("out_seq_no", 47003),
        call.text("cert_hash", 47003),
    ):
        raise Refused(47003)
    return OK | {"verify_ret": row["verify_ret"]}


def finish(tx: Tx, openid: str, verify_id: str, verify_ret: int, now: float) -> bool:
    """What wx.requestFacialVerify leads to on the phone of `openid` (in the mini-program); False when it cannot be done."""
    done = tx.execute(
        "UPDATE faces SET verify_ret = ? WHERE verify_id = ? AND openid = ? AND issued_at > ? AND verify_ret IS NULL",
        (verify_ret, verify_id, openid, now - LIFETIME_S),
    )
    return done.rowcount == 1


def waiting(tx: Tx, openid: str, now: float) -> str:
    """The newest session of this phone that is not finished, "" when there is none."""
    row = tx.execute(
        "SELECT verify_id FROM faces WHERE openid = ? AND verify_ret IS NULL AND issued_at > ?"
        " ORDER BY issued_at DESC, rowid DESC LIMIT 1",
        (openid, now - LIFETIME_S),
    ).fetchone()
    return str(row["verify_id"]) if row else ""


def _cert_hash(info: dict[str, object]) -> str:
    parts = (
        f"{name}={base64.b64encode(str(info[name]).encode()).decode()}"
        for name in ("cert_type", "cert_name", "cert_no")
    )
    return hashlib.sha256("&".join(parts).encode()).hexdigest()


APIS = (
    Api("POST", "/cityservice/face/identify/getverifyid", get_verify_id, of=MINI),
    Api("POST", "/cityservice/face/identify/queryverifyinfo", query_verify_info, of=MINI),
)
