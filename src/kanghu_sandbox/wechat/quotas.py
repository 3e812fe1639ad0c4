"""How often an interface may be called. Only quotas that a document gives stand in the tables; the others are merely counted."""

from datetime import datetime
from zoneinfo import ZoneInfo

from .codes import Refused
from .store import Tx

SHANGHAI = ZoneInfo("Asia/Shanghai")

DAILY = {
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/menu/create": 2_000,  # the document counts "adding" menus; create and addconditional are each held to it
    "/cgi-bin/menu/addconditional": 2_000,
    "/cgi-bin/menu/delete": 2_000,
    "/cgi-bin/menu/delconditional": 2_000,
    "/cgi-bin/menu/trymatch": 20_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/send": 100,
    "/cgi-bin/message/mass/preview": 100,
    "/cgi-bin/message/mass/delete": 10,
}
EVERY_MINUTE = {"/cgi-bin/stable_token": 10_000}
CLEARS_A_MONTH = 10

_FORMATS = {"month": "%Y-%m", "day": "%Y-%m-%d", "minute": "%Y-%m-%dT%H:%M"}


def count(tx: Tx, app_id: str, path: str, unit: str, now: float) -> int:
    """One call more in this month, day or minute; gives how many that makes."""
    period = _period(unit, now)
    row = tx.execute(
        "INSERT INTO counters (app_id, path, period, used) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (app_id, path, period) DO UPDATE SET used = used + 1 RETURNING used",
        (app_id, path, period),
    ).fetchone()
    if row["used"] == 1:  # periods of one unit are equally long texts, and sort by time
        tx.execute("DELETE FROM counters WHERE length(period) = length(?1) AND period < ?1", (period,))
    return int(row["used"])


def admit(tx: Tx, app_id: str, path: str, now: float) -> None:
    """Count a call. Raises Refused 45009 over the day's quota, 45011 over the minute's."""
    used, most = count(tx, app_id, path, "day", now), daily_limit(tx, path)
    if most is not None and used > most:
        raise Refused(45009)
    if path in EVERY_MINUTE and count(tx, app_id, path, "minute", now) > EVERY_MINUTE[path]:
        raise Refused(45011)


def daily_limit(tx: Tx, path: str) -> int | None:
    """Calls a day, None where no document says; a limit set by hand goes first."""
    row = tx.execute("SELECT most FROM daily_limits WHERE path = ?", (path,)).fetchone()
    return int(row["most"]) if row else DAILY.get(path)


def set_daily_limit(tx: Tx, path: str, most: int | None) -> None:
    """A limit by hand; None goes back to the document's."""
    tx.execute("DELETE FROM daily_limits WHERE path = ?", (path,))
    if most is not None:
        tx.execute("INSERT INTO daily_limits (path, most) VALUES (?, ?)", (path, most))


def used_today(tx: Tx, app_id: str, path: str, now: float) -> int:
    row = tx.execute(
        "SELECT used FROM counters WHERE app_id = ? AND path = ? AND period = ?",
        (app_id, path, _period("day", now)),
    ).fetchone()
    return int(row["used"]) if row else 0


def clear(tx: Tx, app_id: str, now: float) -> None:
    """Begin the day anew; raises Refused 48006 after ten times in a month."""
    if count(tx, app_id, "clear_quota", "month", now) > CLEARS_A_MONTH:
        raise Refused(48006)
    tx.execute("DELETE FROM counters WHERE app_id = ? AND period = ?", (app_id, _period("day", now)))


def _period(unit: str, now: float) -> str:
    return datetime.fromtimestamp(now, SHANGHAI).strftime(_FORMATS[unit])
