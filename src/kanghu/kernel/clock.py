"""Time: aware UTC inside, Asia/Shanghai where people read it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The calendar day in Asia/Shanghai: every date rule of the hospital means this one."""
    return datetime.now(SHANGHAI).date()


def age_in_years(birth_date: date, on: date) -> int:
    """Completed years; somebody born on 29 February has the birthday on 1 March in other years."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
