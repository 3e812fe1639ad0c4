"""People, staff and messages for the tests over the wire. Everybody here is invented."""

import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.wire.conftest import Platform, eventually

PASSWORD = "Wire-test-7431-lantern"
SIGNED_UP: list["Customer"] = []
"""Everybody who signed up in this process; the search for leaked personal data looks for all of them."""

_serials = itertools.count(1)
_numbers = itertools.count(1)
# A region of this process's own, so that tests may run again on a platform that is still up.
_REGION = f"13{secrets.randbelow(9000) + 1000}"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def citizen_number(born: date, sex: str, serial: int) -> str:
    """A number with a right check digit (GB 11643-1999); the serial's last digit is odd for men."""
    place = serial * 2 + (sex == "1")
    stem = f"{_REGION}{born:%Y%m%d}{place % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(stem, _WEIGHTS, strict=True))
    return stem + "10X98765432"[total % 11]


@dataclass
class Customer:
    """Somebody who signed up and, once `bind` was called, has an exam account."""

    client: httpx.Client
    person: dict[str, str]
    person_id: str
    exam_account: str = ""
    vendor_id: str = ""

    def bind(self, vendor_id: str) -> httpx.Response:
        """US-K1, as the phone does it."""
        version = self.client.get("/api/patient/people/agreements/data_use_agreement").json()["version"]
        body = {"vendor_id": vendor_id, "agreement_version": version, "accepted": True}
        answer = self.client.post("/api/patient/exchange/bindings", json=body)
        if answer.status_code == 201:
            self.exam_account, self.vendor_id = answer.json()["exam_account"], vendor_id
        return answer

    def notices(self, code: str | None = None) -> list[dict[str, Any]]:
        found = self.client.get("/api/patient/notices", params={"limit": 100}).json()["items"]
        return [notice for notice in found if code is None or notice["template_code"] == code]

    def bookings(self) -> list[dict[str, Any]]:
        return self.client.get("/api/patient/exams/bookings", params={"limit": 100}).json()["items"]

    def booking(self, exam_no: str) -> dict[str, Any]:
        return next(found for found in self.bookings() if found["exam_no"] == exam_no)

    def results(self, exam_no: str) -> dict[str, dict[str, Any]]:
        """The visible results of an exam by the vendor's item code."""
        answer = self.client.get(f"/api/patient/exams/bookings/{self.booking(exam_no)['id']}/results")
        assert answer.status_code == 200, answer.text
        return {result["vendor_item_code"]: result for result in answer.json()}

    def guide(self, exam_no: str) -> dict[str, Any] | None:
        return self.client.get(f"/api/patient/exams/bookings/{self.booking(exam_no)['id']}/guide").json()

    def reports(self, exam_no: str) -> list[dict[str, Any]]:
        return self.client.get(f"/api/patient/exams/bookings/{self.booking(exam_no)['id']}/reports").json()


def sign_up(
    platform: Platform,
    name: str = "康小试",
    sex: str = "1",
    born: date = date(1979, 5, 17),
    *,
    bind: bool = True,
    **more: str,
) -> Customer:
    """A new customer with a session of their own, bound to the demonstration's exam centre unless told otherwise."""
    serial = next(_serials)
    username = f"wire{serial}{secrets.token_hex(3)}"
    given = {
        "name": name,
        "sex": sex,
        "birth_date": born.isoformat(),
        "id_type": "01",
        "id_number": citizen_number(born, sex, serial),
        "phone": f"1591{secrets.randbelow(10**7):07d}",
        **more,
    }
    client = httpx.Client(base_url=platform.url, timeout=40, trust_env=False)
    body = {
        "username": username,
        "password": PASSWORD,
        "person": given,
        "institution_id": institution(platform),
    }
    answer = client.post("/api/patient/people/sign-up", json=body)
    assert answer.status_code == 201, answer.text
    token = client.post("/api/session/login", json={"login": username, "password": PASSWORD}).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    person = {**given, "birth_date": f"{born:%Y%m%d}"}
    made = Customer(client, person, answer.json()["person_id"])
    SIGNED_UP.append(made)
    if bind:
        bound = made.bind(platform.info["vendor"]["vendor_id"])
        assert bound.status_code == 201, bound.text
    return made


_staff: dict[tuple[str, str], httpx.Client] = {}


def staff(platform: Platform, role: str) -> httpx.Client:
    """One session a role and platform. `it_staff` keeps vendors, mappings, messages and credentials."""
    key = (platform.url, role)
    if key not in _staff:
        _staff[key] = _admin(platform) if role == "admin" else platform.sign_in(role)
    return _staff[key]


def _admin(platform: Platform) -> httpx.Client:
    """A one-time code is good once: somebody else may have used the present one."""

    def attempt() -> httpx.Client | None:
        try:
            return platform.sign_in("admin")
        except AssertionError:
            time.sleep(5)
            return None

    signed_in: httpx.Client = eventually(attempt, seconds=65)
    return signed_in


def institution(platform: Platform) -> str:
    found: str = staff(platform, "it_staff").get("/api/admin/exchange/vendors").json()[0]["institution_id"]
    return found


# ---- messages --------------------------------------------------------------------------------------------------


def new_exam_no() -> str:
    return f"WT{next(_numbers):04d}{secrets.token_hex(4)}"


def result(code: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "item_code": code,
        "value": value,
        "value_type": "numeric",
        "performed_at": "2026-11-20T08:30:00+08:00",
        **more,
    }


def about(customer: Customer, exam_no: str | None = None) -> dict[str, Any]:
    """What every push about a person begins with."""
    body: dict[str, Any] = {"exam_account": customer.exam_account, "person": customer.person}
    return body if exam_no is None else {**body, "exam_no": exam_no}


def results_body(customer: Customer, exam_no: str | None, *results: Any, change: str = "1") -> dict[str, Any]:
    return {**about(customer, exam_no), "change": change, "results": list(results)}


def guide_body(
    customer: Customer, exam_no: str, content: str, kind: str = "text", **more: Any
) -> dict[str, Any]:
    return {**about(customer, exam_no), "guide": {"kind": kind, "content": content}, **more}


def report_body(
    customer: Customer, exam_no: str, content: str, kind: str = "text", **more: Any
) -> dict[str, Any]:
    return {**about(customer, exam_no), "report": {"kind": kind, "content": content}, **more}


def codes(envelope: dict[str, Any]) -> list[str]:
    return [message["code"] for message in envelope["messages"]]


def only_message(envelope: dict[str, Any], code: str) -> dict[str, Any]:
    assert codes(envelope) == [code], envelope
    found: dict[str, Any] = envelope["messages"][0]
    return found


def messages(platform: Platform, **wanted: str) -> list[dict[str, Any]]:
    """Lines of the message log, newest first."""
    answer = staff(platform, "it_staff").get("/api/admin/exchange/messages", params={"limit": 100, **wanted})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def demo_vendor(platform: Platform) -> str:
    found: str = platform.info["vendor"]["vendor_id"]
    return found


def map_items(
    platform: Platform, mappings: dict[str, str], vendor_id: str | None = None, **more: str
) -> None:
    """Confirms vendor code → standard code, as a person does on the mapping page."""
    desk = staff(platform, "it_staff")
    choices = []
    for code, item_code in mappings.items():
        found = desk.get(f"/api/admin/catalog/vendors/{vendor_id}/items", params={"q": code, "limit": 200})
        seen = next(item["changed_at"] for item in found.json()["items"] if item["code"] == code)
        choices.append({"vendor_item_code": code, "item_code": item_code, "seen": seen, **more})
    answer = desk.post(f"/api/admin/catalog/vendors/{vendor_id}/mappings/confirm", json={"mappings": choices})
    assert answer.status_code == 200, answer.text


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def in_days(days: int) -> date:
    return today() + timedelta(days=days)


def utc_now() -> datetime:
    return datetime.now(UTC)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """(answer, seconds)."""
    started = time.perf_counter()
    return work(), time.perf_counter() - started
