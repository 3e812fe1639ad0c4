"""Booking an exam: the customer, the doctor, and what the sandbox's exam centre makes of it."""

from datetime import date
from typing import Any

import httpx

from tests.wire.conftest import Platform, eventually
from tests.wire.hospital import Customer, staff


def request_booking(customer: Customer, day: date) -> httpx.Response:
    """The customer chooses a day."""
    body = {"vendor_id": customer.vendor_id, "appointment_date": day.isoformat()}
    return customer.client.post("/api/patient/exams/bookings", json=body)


def confirm_list(platform: Platform, customer: Customer) -> None:
    """The doctor sends the list that the worker has drawn up for the customer's open booking."""
    doctor = staff(platform, "doctor")

    def draft() -> dict[str, Any] | None:
        found = doctor.get("/api/admin/health/checklists", params={"person_id": customer.person_id})
        bound_to_booking = [one for one in found.json()["items"] if one["booking_id"]]
        return bound_to_booking[0] if bound_to_booking else None

    found = eventually(draft)
    answer = doctor.post(
        f"/api/admin/health/checklists/{found['id']}/confirm", json={"revision": found["revision"]}
    )
    assert answer.status_code == 200, answer.text


def book(platform: Platform, customer: Customer, day: date) -> str:
    """From the chosen day to the moment when the appointment is on its way; the booking's id."""
    answer = request_booking(customer, day)
    assert answer.status_code == 201, answer.text
    confirm_list(platform, customer)
    booking_id: str = answer.json()["id"]
    return booking_id


def booking_in(customer: Customer, booking_id: str, state: str, *, seconds: float = 60) -> dict[str, Any]:
    """The booking once it is in `state`."""

    def found() -> dict[str, Any] | None:
        booking = next(one for one in customer.bookings() if one["id"] == booking_id)
        assert booking["state"] in (state, "requested", "sending"), booking
        return booking if booking["state"] == state else None

    arrived: dict[str, Any] = eventually(found, seconds=seconds)
    return arrived


def set_faults(platform: Platform, **inbound: Any) -> None:
    """How the sandbox treats K1 and K2 from now on; without arguments it behaves."""
    answer = httpx.put(f"{platform.sandbox}/control/faults", json={"inbound": inbound}, trust_env=False)
    assert answer.status_code == 200, answer.text


def appointments(platform: Platform, exam_account: str) -> list[dict[str, Any]]:
    """What the sandbox's exam centre has booked for an account."""
    found = httpx.get(
        f"{platform.sandbox}/control/appointments", params={"limit": 500}, trust_env=False
    ).json()
    return [one for one in found if one["exam_account"] == exam_account]


def calls(platform: Platform, interface: str) -> list[dict[str, Any]]:
    """Calls that the sandbox has seen, newest first."""
    found = httpx.get(f"{platform.sandbox}/control/calls", params={"limit": 500}, trust_env=False).json()
    return [one for one in found if one["interface"] == interface]
