"""Time of the exam centre: Asia/Shanghai."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The aware present moment in Shanghai."""
    return datetime.now(SHANGHAI)


def today() -> date:
    """The calendar day in Shanghai."""
    return now().date()


def stamp() -> str:
    """Now as ISO 8601 with offset, to the second."""
    return now().isoformat(timespec="seconds")
