"""Who may do what with bookings and results, and the rules of dates."""

from datetime import date, timedelta

PERMISSIONS = {
    "exams.booking.read": "查看体检预约与体检指引",
    "exams.booking.write": "维护体检预约与每日名额",
    "exams.result.read": "查看体检结果与报告",
    "exams.own.use": "本人体检预约、结果与报告",
}

BOOKING_WINDOW = timedelta(days=14)

# State → the states it may be reached from. Who is at the vendor (booked) is cancelled there, not here.
COMES_FROM = {
    "sending": ("requested",),
    "booked": ("sending",),
    "failed": ("requested", "sending"),
    "cancelled": ("requested",),
}


def first_and_last_day(today: date) -> tuple[date, date]:
    """The days a customer may choose: today … today + 14, both included (decision 1)."""
    return today, today + BOOKING_WINDOW


def is_bookable(day: date, today: date) -> bool:
    first, last = first_and_last_day(today)
    return first <= day <= last


def date_hint(today: date) -> str:
    """The text of 201."""
    first, last = first_and_last_day(today)
    return f"请输入{first:%Y%m%d}至{last:%Y%m%d}的任意日期。"
