"""All SQL of the exam centre, except that of the outbox. Every function works inside the caller's transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kanghu_sandbox.wire.messages import IdentifiedPerson

from . import clock, identity
from .store import Tx

KEPT_CALLS = 500
KEPT_CHARACTERS = 100_000  # of a request or an answer in the log: strangers can write there too


@dataclass(frozen=True, slots=True)
class Account:
    """A person with an exam account."""

    exam_account: str
    person: IdentifiedPerson
    origin: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Booking:
    """One exam of one person.

    `items` are the centre's own codes; `unmatched` the names of items that came without one.
    """

    exam_no: str
    exam_account: str
    appointment_date: str
    items: tuple[str, ...]
    unmatched: tuple[str, ...]
    origin: str
    report_version: int
    created_at: str


@dataclass(frozen=True, slots=True)
class StoredResult:
    """The state of one item in one exam; `change` is what was last said of it."""

    item_code: str
    sequence: int
    change: str
    result: dict[str, Any]


# persons


def add_person(tx: Tx, person: IdentifiedPerson, origin: str) -> str:
    """Store a person and give the new exam account. Raises sqlite3.IntegrityError when the document is known."""
    number = tx.execute("SELECT coalesce(max(id), 0) + 1 FROM persons").fetchone()[0]
    account = f"TJ{number:08d}"
    tx.execute(
        "INSERT INTO persons (exam_account, name, sex, birth_date, id_type, id_number, id_key, phone, origin, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            account,
            person.name,
            person.sex,
            person.birth_date,
            person.id_type,
            person.id_number,
            identity.id_key(person.id_type, person.id_number),
            person.phone,
            origin,
            clock.stamp(),
        ),
    )
    return account


def find_by_document(tx: Tx, id_type: str, number: str) -> Account | None:
    """The person who holds a document, however its number is spelled."""
    key = identity.id_key(id_type, number)
    row = tx.execute("SELECT * FROM persons WHERE id_type = ? AND id_key = ?", (id_type, key)).fetchone()
    return _account(row) if row else None


def find_account(tx: Tx, exam_account: str) -> Account | None:
    """The person behind an exam account."""
    row = tx.execute("SELECT * FROM persons WHERE exam_account = ?", (exam_account,)).fetchone()
    return _account(row) if row else None


def list_accounts(tx: Tx, limit: int = 200) -> list[Account]:
    """The newest accounts first."""
    return [_account(row) for row in tx.execute("SELECT * FROM persons ORDER BY id DESC LIMIT ?", (limit,))]


def _account(row: Any) -> Account:
    person = IdentifiedPerson(
        name=row["name"],
        sex=row["sex"],
        birth_date=row["birth_date"],
        id_type=row["id_type"],
        id_number=row["id_number"],
        phone=row["phone"],
    )
    return Account(row["exam_account"], person, row["origin"], row["created_at"])


# appointments


def capacity(tx: Tx, day: str, default: int) -> int:
    """How many people the centre takes on a day (YYYYMMDD)."""
    row = tx.execute("SELECT capacity FROM day_capacities WHERE day = ?", (day,)).fetchone()
    return int(row["capacity"]) if row else default


def set_capacity(tx: Tx, day: str, places: int) -> None:
    """Give one day its own capacity."""
    tx.execute(
        "INSERT INTO day_capacities (day, capacity) VALUES (?, ?)"
        " ON CONFLICT (day) DO UPDATE SET capacity = excluded.capacity",
        (day, places),
    )


def booked(tx: Tx, day: str) -> int:
    """How many exams are booked on a day."""
    query = "SELECT count(*) FROM appointments WHERE appointment_date = ?"
    return int(tx.execute(query, (day,)).fetchone()[0])


def add_booking(
    tx: Tx, exam_account: str, day: str, items: Sequence[str], unmatched: Sequence[str], origin: str
) -> Booking:
    """Store an appointment and give it its exam number."""
    number = tx.execute("SELECT coalesce(max(id), 0) + 1 FROM appointments").fetchone()[0]
    exam_no = f"{day}{number:06d}"
    tx.execute(
        "INSERT INTO appointments (exam_no, exam_account, appointment_date, items, unmatched, origin, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            exam_no,
            exam_account,
            day,
            json.dumps(items),
            json.dumps(unmatched, ensure_ascii=False),
            origin,
            clock.stamp(),
        ),
    )
    booking = find_booking(tx, exam_no)
    assert booking is not None
    return booking


def find_booking(tx: Tx, exam_no: str) -> Booking | None:
    """One exam by its number."""
    row = tx.execute("SELECT * FROM appointments WHERE exam_no = ?", (exam_no,)).fetchone()
    return _booking(row) if row else None


def latest_booking(tx: Tx, exam_account: str) -> Booking | None:
    """The newest exam of an account."""
    query = "SELECT * FROM appointments WHERE exam_account = ? ORDER BY id DESC LIMIT 1"
    row = tx.execute(query, (exam_account,)).fetchone()
    return _booking(row) if row else None


def list_bookings(tx: Tx, limit: int = 200) -> list[Booking]:
    """The newest exams first."""
    return [
        _booking(row) for row in tx.execute("SELECT * FROM appointments ORDER BY id DESC LIMIT ?", (limit,))
    ]


def next_report_version(tx: Tx, exam_no: str) -> int:
    """Count a report that is being issued; the first one is 1."""
    query = "UPDATE appointments SET report_version = report_version + 1 WHERE exam_no = ? RETURNING report_version"
    return int(tx.execute(query, (exam_no,)).fetchone()[0])


def _booking(row: Any) -> Booking:
    return Booking(
        row["exam_no"],
        row["exam_account"],
        row["appointment_date"],
        tuple(json.loads(row["items"])),
        tuple(json.loads(row["unmatched"])),
        row["origin"],
        row["report_version"],
        row["created_at"],
    )


# the catalogue's changeable part


def seed_item(tx: Tx, item_code: str, name: str, unit: str) -> None:
    """Put an item into the store unless it is there (and perhaps renamed since)."""
    tx.execute(
        "INSERT INTO items (item_code, name, unit, active) VALUES (?, ?, ?, 1) ON CONFLICT (item_code) DO NOTHING",
        (item_code, name, unit),
    )


def item_states(tx: Tx) -> dict[str, tuple[str, str, bool]]:
    """Name, unit and activity of every item by code."""
    rows = tx.execute("SELECT item_code, name, unit, active FROM items")
    return {row["item_code"]: (row["name"], row["unit"], bool(row["active"])) for row in rows}


def change_item(tx: Tx, item_code: str, name: str | None, unit: str | None, active: bool | None) -> None:
    """Rename, re-unit, retire or revive an item; None leaves a field as it is."""
    tx.execute(
        "UPDATE items SET name = coalesce(?, name), unit = coalesce(?, unit), active = coalesce(?, active)"
        " WHERE item_code = ?",
        (name, unit, active, item_code),
    )


# results


def results(tx: Tx, exam_no: str) -> list[StoredResult]:
    """Every item's state in an exam, in the order of the codes."""
    rows = tx.execute("SELECT * FROM results WHERE exam_no = ? ORDER BY item_code", (exam_no,))
    return [
        StoredResult(row["item_code"], row["sequence"], row["change"], json.loads(row["result"]))
        for row in rows
    ]


def save_result(tx: Tx, exam_no: str, item_code: str, change: str, result: dict[str, Any]) -> StoredResult:
    """Store what is now true of an item; its sequence goes up by one."""
    query = (
        "INSERT INTO results (exam_no, item_code, sequence, change, result) VALUES (?, ?, 1, ?, ?)"
        " ON CONFLICT (exam_no, item_code) DO UPDATE"
        " SET sequence = sequence + 1, change = excluded.change, result = excluded.result RETURNING sequence"
    )
    text = json.dumps(result, ensure_ascii=False)
    sequence = int(tx.execute(query, (exam_no, item_code, change, text)).fetchone()[0])
    return StoredResult(item_code, sequence, change, result)


# guards of the vendor interface


def burn_nonce(tx: Tx, app_id: str, nonce: str, expires_at: int, now: float) -> bool:
    """Use a nonce up; False when it was used before. Those nobody could replay any more are swept out on the way."""
    tx.execute("DELETE FROM nonces WHERE expires_at < ?", (int(now),))
    cursor = tx.execute(
        "INSERT INTO nonces (app_id, nonce, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (app_id, nonce, expires_at),
    )
    return cursor.rowcount == 1


def first_answer(tx: Tx, app_id: str, request_id: str) -> tuple[str, str] | None:
    """Fingerprint and answer of the first call under an idempotency key."""
    query = "SELECT fingerprint, answer FROM answers WHERE app_id = ? AND request_id = ?"
    row = tx.execute(query, (app_id, request_id)).fetchone()
    return (row["fingerprint"], row["answer"]) if row else None


def keep_answer(tx: Tx, app_id: str, request_id: str, fingerprint: str, answer: str) -> None:
    """Remember the first answer under an idempotency key."""
    tx.execute(
        "INSERT INTO answers (app_id, request_id, fingerprint, answer, created_at) VALUES (?, ?, ?, ?, ?)",
        (app_id, request_id, fingerprint, answer, clock.stamp()),
    )


# the call log


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call in either direction; `status` is None when there was no answer."""

    direction: str
    interface: str
    request_id: str
    status: int | None
    request: str
    answer: str
    millis: int
    note: str = ""
    at: str = ""
    id: int = 0


def add_call(tx: Tx, call: Call) -> None:
    """Log a call and let the oldest go."""
    cursor = tx.execute(
        "INSERT INTO calls (at, direction, interface, request_id, status, request, answer, millis, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            clock.stamp(),
            call.direction,
            call.interface,
            call.request_id[:64],
            call.status,
            call.request[:KEPT_CHARACTERS],
            call.answer[:KEPT_CHARACTERS],
            call.millis,
            call.note,
        ),
    )
    tx.execute("DELETE FROM calls WHERE id <= ?", ((cursor.lastrowid or 0) - KEPT_CALLS,))


def list_calls(tx: Tx, limit: int = 50) -> list[Call]:
    """The newest calls first."""
    rows = tx.execute(
        "SELECT id, at, direction, interface, request_id, status, request, answer, millis, note"
        " FROM calls ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    return [Call(**dict(row)) for row in rows]
