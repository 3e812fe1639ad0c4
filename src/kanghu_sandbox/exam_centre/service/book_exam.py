"""US-K2 预约体检, and appointments that the centre's own front desk makes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from kanghu_sandbox.wire.envelope import Envelope, error
from kanghu_sandbox.wire.messages import Appointment, format_date, parse_date

from .. import catalogue, identity, repository
from ..repository import Booking
from ..store import Tx

DAYS_AHEAD = 14


class CannotBook(Exception):
    """No appointment; `str()` is the Chinese reason, `details` is for programs."""

    def __init__(self, reason: str, **details: object) -> None:
        super().__init__(reason)
        self.details = details


def bookable_days(today: date) -> tuple[date, date]:
    """First and last day one may choose: today … today+14, both included."""
    return today, today + timedelta(days=DAYS_AHEAD)


def book_by_platform(tx: Tx, wanted: Appointment, today: date, daily_capacity: int) -> Envelope:
    """US-K2: an exam number, or 201 (not one of the allowed days) or 202 (anything else, with the reason).

    Items that the platform hasn't matched yet come without a code: they are noted for the front desk and named in the
    answer's `unmatched_items`; the rest is booked.
    """
    first, last = bookable_days(today)
    if not first <= parse_date(wanted.appointment_date) <= last:
        first_day, last_day = format_date(first), format_date(last)
        text = f"请输入{first_day}至{last_day}的任意日期。"
        return _refused("201", text, first_date=first_day, last_date=last_day)
    try:
        _check_person(tx, wanted)
        codes = [item.item_code for item in wanted.items if item.item_code]
        unmatched = [item.name or item.standard_code or "" for item in wanted.items if not item.item_code]
        booking = book(
            tx, wanted.exam_account, wanted.appointment_date, codes, daily_capacity, "K2", unmatched
        )
    except CannotBook as reason:
        return _refused("202", f"体检预约失败。{reason}", **reason.details)
    data: dict[str, Any] = {"exam_no": booking.exam_no}
    if booking.unmatched:
        data["unmatched_items"] = list(booking.unmatched)
    return Envelope(accepted=True, data=data)


def book(
    tx: Tx,
    exam_account: str,
    day: str,
    item_codes: Sequence[str],
    daily_capacity: int,
    origin: str,
    unmatched: Sequence[str] = (),
) -> Booking:
    """Take a place on a day. Raises CannotBook. Two exams of one person on one day are allowed.

    Counting and storing happen under the write lock of the transaction, so a day is never overbooked.
    """
    account = repository.find_account(tx, exam_account)
    if account is None:
        raise CannotBook("体检账号不存在", exam_account=exam_account)
    codes = list(dict.fromkeys(item_codes))
    _check_items(tx, codes, account.person.sex)
    places = repository.capacity(tx, day, daily_capacity)
    if repository.booked(tx, day) >= places:
        raise CannotBook(f"{day}已约满", appointment_date=day, capacity=places)
    return repository.add_booking(tx, exam_account, day, codes, unmatched, origin)


def _check_person(tx: Tx, wanted: Appointment) -> None:
    account = repository.find_account(tx, wanted.exam_account)
    if account and (fields := identity.differing_fields(account.person, wanted.person)):
        raise CannotBook(f"{identity.in_chinese(fields)}与体检账号不符", fields=fields)


def _check_items(tx: Tx, codes: list[str], sex: str) -> None:
    if not codes:
        raise CannotBook("体检项目清单为空，或没有一项已与本中心对照")
    items = catalogue.current(tx)
    if unknown := [code for code in codes if code not in items or not items[code].active]:
        raise CannotBook(f"本中心没有这些项目：{'、'.join(unknown)}", items=unknown)
    if unfit := [code for code in codes if not items[code].is_for(sex)]:
        names = "、".join(items[code].name for code in unfit)
        raise CannotBook(f"这些项目不适用于该性别：{names}", items=unfit)


def _refused(code: str, text: str, **details: object) -> Envelope:
    return Envelope(accepted=False, messages=[error(code, text, **details)])
