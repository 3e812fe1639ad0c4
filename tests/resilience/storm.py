"""A good vendor under way with several customers at once: it sends the same message under the same X-Request-Id until it is told
that the message was taken over."""

import itertools
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.resilience.battered import Battered
from tests.wire.conftest import Vendor

ITEMS = 60


@dataclass
class Push:
    """One message: a new exam with 60 results."""

    request_id: str
    exam_no: str
    body: dict[str, Any]
    answer: dict[str, Any] | None = None
    tries: int = 0

    @property
    def acknowledged(self) -> bool:
        return self.answer is not None


def template(platform: Battered, customer: dict[str, Any]) -> dict[str, Any]:
    """A push of this customer with 60 results that all match, taken from an exam that the sandbox really did."""
    asked = {"exam_account": customer["exam_account"], "steps": ["results"], "new_exam": True}
    with httpx.Client(base_url=platform.sandbox, timeout=60, trust_env=False) as desk:
        (delivery,) = desk.post("/control/exams", json=asked).json()["deliveries"]
        sent = next(
            call
            for call in desk.get("/control/calls").json()
            if call["request_id"] == delivery["request_id"] and call["direction"] == "out"
        )
    envelope = delivery["envelope"]
    assert envelope["data"]["stored"] >= ITEMS, envelope
    waiting = {
        row["vendor_item_code"]
        for row in platform.rows("SELECT vendor_item_code FROM exchange.staged_results")
    }
    body = httpx.Response(200, content=sent["request"]).json()
    body["results"] = [result for result in body["results"] if result["item_code"] not in waiting][:ITEMS]
    assert len(body["results"]) == ITEMS
    return body


@dataclass
class Storm:
    """One thread a customer, until `end()`. Every fifth message is given up by its sender at the first failure."""

    platform: Battered
    templates: list[dict[str, Any]]
    doors: list[str] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.name = uuid.uuid4().hex[:8]
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._send_all, args=(known, place))
            for place, known in enumerate(self.templates)
        ]

    def __enter__(self) -> "Storm":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()

    def end(self) -> None:
        """No new messages; what is under way is sent to its end."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def acknowledged(self) -> int:
        return sum(push.acknowledged for push in self.pushes)

    def _send_all(self, known: dict[str, Any], place: int) -> None:
        vendor = self.platform.vendor()
        if self.doors:
            vendor.url = self.doors[place % len(self.doors)]
        for number in self.numbers:
            push = self.push(known, f"{place}-{number}")
            self.pushes.append(push)
            self._send(vendor, push, patient=number % 5 != 0)
            time.sleep(0.2)
            if self._over.is_set():
                return

    def push(self, known: dict[str, Any], name: str) -> Push:
        """A new exam of the storm."""
        exam_no = f"{self.name}-{name}"
        return Push(f"request-{exam_no}", exam_no, {**known, "exam_no": exam_no})

    def _send(self, vendor: Vendor, push: Push, *, patient: bool) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            push.tries += 1
            try:
                answer = vendor.post("/open/v1/exam/results", push.body, **{"X-Request-Id": push.request_id})
            except httpx.HTTPError:
                self.statuses[0] += 1
            else:
                self.statuses[answer.status_code] += 1
                if answer.status_code == 200:
                    push.answer = answer.json()
                    return
            if not patient:
                return
            time.sleep(0.2)


def stored(platform: Battered, storm: Storm) -> dict[str, dict[str, int]]:
    """What is there of every exam of the storm, by exam number."""
    return {
        record["exam_no"]: dict(record)
        for record in platform.rows(
            """SELECT booking.exam_no,
                      (SELECT count(*) FROM exams.results WHERE booking_id = booking.id) AS results,
                      (SELECT count(*) FROM exams.results WHERE booking_id = booking.id AND revision <> 1) AS revised,
                      (SELECT count(*) FROM exams.result_history WHERE booking_id = booking.id) AS history,
                      (SELECT count(*) FROM exchange.messages
                        WHERE request_id = 'request-' || booking.exam_no AND direction = 'in' AND state = 'done') AS messages,
                      (SELECT count(*) FROM notices.notices
                        WHERE subject = 'exams.bookings/' || booking.id AND template_code = 'results_received') AS notices
                 FROM exams.bookings AS booking WHERE exam_no LIKE $1""",
            f"{storm.name}-%",
        )
    }


WHOLE = {"results": ITEMS, "revised": 0, "history": ITEMS, "messages": 1, "notices": 1}


def assert_nothing_lost_nothing_doubled(platform: Battered, storm: Storm) -> None:
    """Every acknowledged push is there whole and once, its jobs ran; of the others each is there whole or not at all."""
    platform.await_idle()
    assert platform.dead_letters() == 0
    found = stored(platform, storm)
    for push in storm.pushes:
        kept = found.pop(push.exam_no, None)
        if push.acknowledged:
            assert push.answer is not None
            assert push.answer["accepted"], push.answer
            assert push.answer["data"] == {"stored": ITEMS, "staged": 0, "unchanged": 0}, push.answer
        assert kept is not None or not push.acknowledged, f"{push.exam_no} is lost"
        assert kept in (None, {"exam_no": push.exam_no, **WHOLE}), kept
    assert found == {}
    judged, told = (
        platform.value(
            """SELECT count(DISTINCT job_id) FROM pgqueuer_log AS entry JOIN kernel.jobs_done USING (job_id)
                WHERE entry.entrypoint = $1 AND entry.status = 'successful'""",
            name,
        )
        for name in ("health.judge_results", "exams.tell_results")
    )
    assert judged == told == platform.value("SELECT count(DISTINCT booking_id) FROM exams.results")
    double = platform.value(
        "SELECT count(*) FROM (SELECT FROM health.findings WHERE state <> 'closed' GROUP BY result_id, rule_id HAVING count(*) > 1) AS d"
    )
    assert double == 0
    assert platform.audit_is_whole()
