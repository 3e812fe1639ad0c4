"""An exam from the guide to the report: what is stored, and the messages of US-H2, H3 and H4 that follow from it.

Everything here happens in the caller's transaction, messages included; sending comes after the commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kanghu_sandbox.wire.messages import ADD, DELETE, MODIFY, Change, Person, parse_date

from .. import catalogue, clock, documents, outbox, repository, simulation
from ..outbox import OutMessage
from ..repository import Booking, StoredResult
from ..store import Tx
from .book_exam import book

RESULTS_PER_PUSH = 2000


class NotKnown(Exception):
    """There is no such account, exam or item; `str()` is the Chinese reason."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One exam with its person, and how its messages are to be written."""

    person: Person
    booking: Booking
    lease_seconds: float
    wrong_person: bool = False

    def put(self, tx: Tx, interface: str, **fields: Any) -> OutMessage:
        """Store one message about this exam in the outbox."""
        person = _somebody_else(self.person) if self.wrong_person else self.person
        payload = {
            "exam_account": self.booking.exam_account,
            "exam_no": self.booking.exam_no,
            "person": person.model_dump(exclude_none=True),
            **fields,
        }
        return outbox.put(tx, interface, payload, self.lease_seconds)


def open_desk(
    tx: Tx, exam_no: str | None, exam_account: str | None, lease_seconds: float, wrong_person: bool
) -> Desk:
    """The exam of that number, or the newest one of that account. Raises NotKnown."""
    booking = None
    if exam_no:
        booking = repository.find_booking(tx, exam_no)
    elif exam_account:
        booking = repository.latest_booking(tx, exam_account)
    if booking is None:
        raise NotKnown("没有这次体检，请先预约")
    account = repository.find_account(tx, booking.exam_account)
    if account is None:
        raise NotKnown("体检账号不存在")
    return Desk(account.person, booking, lease_seconds, wrong_person)


def walk_in(tx: Tx, exam_account: str, day: str, item_codes: Sequence[str] | None, capacity: int) -> Booking:
    """An appointment made at the centre's own desk; without a list, everything that suits the person's sex.

    Raises NotKnown or CannotBook.
    """
    account = repository.find_account(tx, exam_account)
    if account is None:
        raise NotKnown("体检账号不存在")
    full = [
        code
        for code, item in catalogue.current(tx).items()
        if item.active and item.is_for(account.person.sex)
    ]
    return book(tx, exam_account, day, list(item_codes) if item_codes else full, capacity, origin="前台")


def issue_guide(tx: Tx, desk: Desk, kind: str, content: str | None, url_base: str) -> OutMessage:
    """US-H2. `content` replaces what the centre would write."""
    items = catalogue.current(tx)
    booked = [items[code] for code in desk.booking.items if code in items]
    written = documents.guide(kind, desk.person, desk.booking, booked, url_base)
    listed = [
        {"item_code": item.item_code, "name": item.name, "category": item.category_name, "optional": False}
        for item in booked
    ]
    return desk.put(
        tx,
        "H2",
        guide=written if content is None else {"kind": kind, "content": content},
        exam_date=desk.booking.appointment_date,
        items=listed,
    )


def perform(tx: Tx, desk: Desk, values: Mapping[str, str], pushes: int) -> list[OutMessage]:
    """US-H3. Do what isn't done yet and push the whole exam as it stands, in `pushes` parts per change.

    `values` fixes printed values of items that are done now; what is done is changed by `correct`. Doing it again
    changes nothing and pushes the same sequences again. Raises NotKnown for a code that isn't there to be done.
    """
    done = {stored.item_code for stored in repository.results(tx, desk.booking.exam_no)}
    _known(values, [code for code in desk.booking.items if code not in done], "这些项目没有预约或已有结果")
    items = catalogue.current(tx)
    todo = [items[code] for code in desk.booking.items if code in items and code not in done]
    for result in simulation.perform(todo, items, desk.person, desk.booking.exam_no, _exam_day(desk)):
        code = result["item_code"]
        fixed = _measured(tx, desk, code, values[code]) if code in values else result
        repository.save_result(tx, desk.booking.exam_no, code, ADD, fixed)
    return push_results(tx, desk, repository.results(tx, desk.booking.exam_no), pushes)


def correct(tx: Tx, desk: Desk, values: Mapping[str, str], change: Change) -> list[OutMessage]:
    """US-H3 with change 1 (any item of the catalogue, booked or not) or 2 (items that have a result).

    `values` are the new printed values by item code. Raises NotKnown for other items.
    """
    if change == ADD:
        _known(values, catalogue.current(tx), "本中心没有这些项目")
    else:
        done = [stored.item_code for stored in repository.results(tx, desk.booking.exam_no)]
        _known(values, done, "这些项目还没有结果")
    saved = [
        repository.save_result(tx, desk.booking.exam_no, code, change, _measured(tx, desk, code, value))
        for code, value in values.items()
    ]
    return push_results(tx, desk, saved, pushes=1)


def withdraw(tx: Tx, desk: Desk, item_codes: Sequence[str]) -> list[OutMessage]:
    """US-H3 with change 3. Raises NotKnown for items without a result."""
    known = {stored.item_code: stored for stored in repository.results(tx, desk.booking.exam_no)}
    _known(item_codes, known, "这些项目还没有结果")
    saved = [
        repository.save_result(tx, desk.booking.exam_no, code, DELETE, known[code].result)
        for code in item_codes
    ]
    return push_results(tx, desk, saved, pushes=1)


def push_results(tx: Tx, desk: Desk, stored: Sequence[StoredResult], pushes: int) -> list[OutMessage]:
    """One or more H3 messages: a message has one change, so results are grouped by theirs."""
    messages = []
    for change in (ADD, MODIFY, DELETE):
        wires = [one.result | {"sequence": one.sequence} for one in stored if one.change == change]
        messages += [desk.put(tx, "H3", change=change, results=part) for part in split(wires, pushes)]
    return messages


def split(results: Sequence[dict[str, Any]], parts: int) -> list[Sequence[dict[str, Any]]]:
    """Even parts in order, none empty, none longer than the contract allows."""
    size = min(max(-(-len(results) // max(parts, 1)), 1), RESULTS_PER_PUSH)
    return [results[at : at + size] for at in range(0, len(results), size)]


def issue_report(tx: Tx, desk: Desk, kind: str, content: str | None) -> OutMessage:
    """US-H4. Raises NotKnown while there is no result. Every issue has the next version number."""
    stored = repository.results(tx, desk.booking.exam_no)
    standing = [one.result for one in stored if one.change != DELETE]
    if not standing:
        raise NotKnown("还没有结果，不能出总检报告")
    version = repository.next_report_version(tx, desk.booking.exam_no)
    written = documents.report(kind, desk.person, desk.booking, standing, version)
    return desk.put(
        tx,
        "H4",
        report=written if content is None else {"kind": kind, "content": content},
        conclusions=documents.conclusions(standing),
        version=version,
    )


def _measured(tx: Tx, desk: Desk, code: str, value: str) -> dict[str, Any]:
    item = catalogue.current(tx)[code]
    age = simulation.age_on(desk.person.birth_date, desk.booking.appointment_date)
    day = _exam_day(desk)
    return simulation.result_of(item, value, desk.person.sex, age, desk.booking.exam_no, day)


def _exam_day(desk: Desk) -> date:
    """The booked day; somebody who comes early is examined today, never in the future."""
    return min(parse_date(desk.booking.appointment_date), clock.today())


def _known(asked: Mapping[str, str] | Sequence[str], known: Any, reason: str) -> None:
    if unknown := [code for code in asked if code not in known]:
        raise NotKnown(f"{reason}：{'、'.join(unknown)}")


def _somebody_else(person: Person) -> Person:
    """Another name and birthday, as when two files are mixed up at the desk."""
    other_day = "19000101" if person.birth_date != "19000101" else "19000102"
    return person.model_copy(update={"name": "错档" + person.name[:1], "birth_date": other_day})
