"""群发: to all, to a tag, to a list; each person four times a month, each clientmsgid once in a day.

The account is a service account. Which digest stands in for a missing clientmsgid is told nowhere; here it is that of the whole body.
Material of articles (mpnews) is not played: its media_id is refused as unknown.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kanghu_sandbox.wechat import chat, media, people, quotas, tags
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import Answer, Api, Call
from kanghu_sandbox.wechat.pushes import Push
from kanghu_sandbox.wechat.store import Tx, keep_newest

A_MONTH = 4
FEWEST, MOST = 2, 10_000
KNOWN_FOR, TOO_FAST = 24 * 3600, 60
CLIENT_ID = 64
KEPT = 2000
HELPER = "mphelper"
"""Who tells that a bulk sending has ended."""


def send_to_all(tx: Tx, call: Call) -> Answer:
    """To every follower, or those with a tag."""
    wanted = call.body.get("filter")
    if not isinstance(wanted, Mapping):
        raise Refused(40035, "filter")
    if wanted.get("is_to_all") is True:
        where, values = "", ()
    else:
        tag_id = wanted.get("tag_id")
        if not isinstance(tag_id, int):
            raise Refused(40035, "tag_id")
        tags.check_known(tx, tag_id)
        where = " AND openid IN (SELECT openid FROM person_tags WHERE tag_id = ?)"
        values = (tag_id,)  # type: ignore[assignment]
    rows = tx.execute(f"SELECT openid FROM people WHERE following = 1{where} ORDER BY rowid", values)
    return _send(tx, call, [row["openid"] for row in rows])


def send_to_list(tx: Tx, call: Call) -> Answer:
    """To those who are named; who is no follower is left out."""
    wanted = call.body.get("touser")
    if not isinstance(wanted, list) or not FEWEST <= len(wanted) <= MOST:
        raise Refused(40130)
    if not all(isinstance(one, str) for one in wanted):
        raise Refused(40003)
    return _send(tx, call, list(dict.fromkeys(wanted)))


def preview(tx: Tx, call: Call) -> Answer:
    """To one follower, outside of everybody's quota."""
    person = people.get(tx, call.text("touser", 41009))
    kind, content = _content(tx, call)
    if not person.following:
        raise Refused(43004)
    chat.show(tx, person.openid, chat.ACCOUNT, kind, content, call.now)
    return OK | {"msg_id": _number()}


def delete(tx: Tx, call: Call) -> Answer:
    """Articles and films that were sent disappear; other kinds stay."""
    row = _known(tx, call)
    if not row["deletable"]:
        raise Refused(40008)
    tx.execute("UPDATE mass_sends SET deleted = 1 WHERE msg_id = ?", (row["msg_id"],))
    return OK


def get(tx: Tx, call: Call) -> Answer:
    """How it stands with a bulk sending; it ends at once here, unless a fault says otherwise."""
    row = _known(tx, call)
    if call.wechat.faults.now.mass_unfinished:
        status = "SENDING"
    elif row["deleted"]:
        status = "DELETE"
    else:
        status = "SEND_SUCCESS" if row["status"] == "send success" else "SEND_FAIL"
    return {"msg_id": row["msg_id"], "msg_status": status}


def _send(tx: Tx, call: Call, openids: Sequence[str]) -> Answer:
    kind, content = _content(tx, call)
    client_id = call.body.get("clientmsgid", "")
    if not isinstance(client_id, str) or len(client_id.encode()) > CLIENT_ID:
        raise Refused(45067)
    if call.wechat.faults.now.mass_over_quota:
        raise Refused(45028)
    key = client_id or hashlib.sha256(json.dumps(call.body, sort_keys=True).encode()).hexdigest()
    before = tx.execute(
        "SELECT msg_id, tried_at FROM mass_sends WHERE client_id = ? AND at > ? ORDER BY at DESC LIMIT 1",
        (key, call.now - KNOWN_FOR),
    ).fetchone()
    if before is not None:
        return _again(tx, call, before)
    msg_id, status = _number(), call.wechat.faults.now.mass_finish
    reached = [openid for openid in openids if _spend(tx, openid, call.now)]
    if status == "send success":
        for openid in reached:
            chat.show(tx, openid, chat.ACCOUNT, kind, content, call.now)
    tx.execute(
        "INSERT INTO mass_sends (msg_id, client_id, tried_at, at, deletable, status) VALUES (?, ?, ?, ?, ?, ?)",
        (msg_id, key, call.now, call.now, int(kind == "video"), status),
    )
    keep_newest(tx, "mass_sends", "at", KEPT)
    well = len(reached) if status == "send success" else 0
    event = {
        "MsgType": "event",
        "Event": "MASSSENDJOBFINISH",
        "MsgID": msg_id,
        "Status": status,
        "TotalCount": len(openids),
        "FilterCount": len(reached),
        "SentCount": well,
        "ErrorCount": len(reached) - well,
    }
    if not call.wechat.faults.now.mass_finish_lost:
        call.pushes.append(Push(HELPER, event, answerable=False))
    return OK | {"msg_id": msg_id, "msg_data_id": _number()}


def _again(tx: Tx, call: Call, before: Any) -> Answer:
    """The same clientmsgid: nothing is sent, and the answer names what was; within a minute not even that."""
    tx.execute("UPDATE mass_sends SET tried_at = ? WHERE msg_id = ?", (call.now, before["msg_id"]))
    code = 45066 if call.now - before["tried_at"] < TOO_FAST else 45065
    answer = Refused(code).answer()
    return answer if code == 45066 else answer | {"msg_id": before["msg_id"]}


def _spend(tx: Tx, openid: str, now: float) -> bool:
    """Whether the person follows and has had fewer than four this month; counts this one."""
    known = tx.execute("SELECT 1 FROM people WHERE openid = ? AND following = 1", (openid,)).fetchone()
    if known is None:
        return False
    month = datetime.fromtimestamp(now, quotas.SHANGHAI).strftime("%Y-%m")
    row = tx.execute(
        "INSERT INTO mass_counts (openid, month, used) VALUES (?, ?, 1)"
        " ON CONFLICT (openid, month) DO UPDATE SET used = used + 1 WHERE used < ? RETURNING used",
        (openid, month, A_MONTH),
    ).fetchone()
    return row is not None


def _content(tx: Tx, call: Call) -> tuple[str, dict[str, Any]]:
    kind = call.text("msgtype", 40008)
    body = call.body.get(kind)
    if kind not in ("text", "image", "voice", "mpnews"):
        raise Refused(40008)
    if not isinstance(body, Mapping):
        raise Refused(44004, kind)
    if kind == "text":
        content = body.get("content")
        if not isinstance(content, str) or not content:
            raise Refused(44004, "content")
        return kind, {"content": content}
    if kind == "mpnews" or call.wechat.faults.now.media_expired:
        raise Refused(40007)
    media_id = str(body.get("media_id", ""))
    media.find(tx, media_id, kind, call.now)
    return kind, {"media_id": media_id}


def _known(tx: Tx, call: Call) -> Any:
    msg_id = str(call.body.get("msg_id", ""))
    row = tx.execute("SELECT * FROM mass_sends WHERE CAST(msg_id AS TEXT) = ?", (msg_id,)).fetchone()
    if row is None:
        raise Refused(40059)
    return row


def _number() -> int:
    return 10**9 + secrets.randbelow(2 * 10**9)


APIS = (
    Api("POST", "/cgi-bin/message/mass/sendall", send_to_all),
    Api("POST", "/cgi-bin/message/mass/send", send_to_list),
    Api("POST", "/cgi-bin/message/mass/preview", preview),
    Api("POST", "/cgi-bin/message/mass/delete", delete),
    Api("POST", "/cgi-bin/message/mass/get", get),
)
