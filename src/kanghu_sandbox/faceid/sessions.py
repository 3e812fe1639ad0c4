"""Face checks that were begun, and what came of them."""

import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from kanghu_sandbox.sqlite import Tx

TO_BEGIN_S = 7200
KEPT_S = 3 * 24 * 3600
OUTCOMES: Mapping[int, str] = {
    0: "成功",
    1002: "疑似非真人录制",
    2006: "姓名和身份证号不匹配，请核实身份后重试",
    2007: "未查询到照片信息，请通过其他渠道验证",
    2016: "无法判断为同一人，请确认身份后重试",
}
"""Code of an outcome → its message: those that the page offers."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    biz_token    TEXT PRIMARY KEY,
    rule_id      TEXT NOT NULL,
    id_card      TEXT NOT NULL,
    name         TEXT NOT NULL,
    redirect_url TEXT NOT NULL,
    extra        TEXT NOT NULL,
    begun_at     REAL NOT NULL,
    err_code     INTEGER
);
"""


@dataclass(frozen=True, slots=True)
class Session:
    """`err_code` is None until the person has finished."""

    biz_token: str
    rule_id: str
    id_card: str
    name: str
    redirect_url: str
    extra: str
    begun_at: float
    err_code: int | None


def begin(
    tx: Tx, rule_id: str, id_card: str, name: str, redirect_url: str, extra: str, now: float
) -> Session:
    tx.execute("DELETE FROM sessions WHERE begun_at < ?", (now - KEPT_S,))
    biz_token = secrets.token_hex(18).upper()
    tx.execute(
        "INSERT INTO sessions (biz_token, rule_id, id_card, name, redirect_url, extra, begun_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (biz_token, rule_id, id_card, name, redirect_url, extra, now),
    )
    found = get(tx, biz_token)
    assert found is not None
    return found


def get(tx: Tx, biz_token: str) -> Session | None:
    row = tx.execute("SELECT * FROM sessions WHERE biz_token = ?", (biz_token,)).fetchone()
    return _session(row) if row else None


def newest(tx: Tx, limit: int = 50) -> list[Session]:
    rows = tx.execute("SELECT * FROM sessions ORDER BY begun_at DESC, rowid DESC LIMIT ?", (limit,))
    return [_session(row) for row in rows]


def finish(tx: Tx, biz_token: str, err_code: int) -> bool:
    """False when it is finished already: an outcome never changes."""
    done = tx.execute(
        "UPDATE sessions SET err_code = ? WHERE biz_token = ? AND err_code IS NULL", (err_code, biz_token)
    )
    return done.rowcount == 1


def _session(row: sqlite3.Row) -> Session:
    return Session(**{name: row[name] for name in Session.__slots__})
