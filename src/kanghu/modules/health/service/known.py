"""What is known of a person: gathered from people, exams and forms into the facts that models and rules read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.modules.exams import public as exams
from kanghu.modules.forms import public as forms
from kanghu.modules.health import facts
from kanghu.modules.health.facts import DERIVED, Fact
from kanghu.modules.health.monitoring import Range, pick_range
from kanghu.modules.health.risk import Assessment, assess_all
from kanghu.modules.health.service import reference
from kanghu.modules.people import public as people

QUESTIONNAIRE = "health_self_test"
SCALES = {"phq9": "phq9_total", "gad7": "gad7_total"}


@dataclass(frozen=True, slots=True)
class Known:
    """`results` by item code; `facts` with the models' own answers added."""

    sex: str | None
    age: int | None
    results: Mapping[str, exams.ResultRow]
    facts: Mapping[str, Fact]
    assessments: list[Assessment]
    ranges: Mapping[str, Range]


async def gather(tx: Tx, person_id: UUID) -> Known:
    """Everything the pure engines need about this person, as of now. The caller answers for scope and audit."""
    person = await people.person_facts(tx, person_id)
    latest = await exams.latest_results(tx, person_id)
    response = await forms.latest_response(tx, person_id, QUESTIONNAIRE)
    today = clock.today()
    sex, age = facts.SEX.get(person.sex), clock.age_in_years(person.birth_date, today)
    ranges = await _ranges(tx, [row.item_code for row in latest], sex, age)
    collected = facts.collect(
        sex=person.sex,
        birth_date=person.birth_date,
        results=latest,
        answers=response.answers if response else {},
        answered_at=response.completed_at if response else None,
        today=today,
        upper_limits={code: found.high for code, found in ranges.items() if found.high is not None},
    )
    collected |= await _scales(tx, person_id)
    assessments, grown = assess_all(collected)
    by_code = {row.item_code: row for row in latest}
    return Known(sex, age, by_code, grown, assessments, ranges)


async def _ranges(tx: Tx, codes: list[str], sex: str | None, age: int | None) -> dict[str, Range]:
    found = await reference.ranges_of(tx, codes)
    picked = {code: pick_range(ranges, sex, age) for code, ranges in found.items()}
    return {code: entry for code, entry in picked.items() if entry is not None}


async def _scales(tx: Tx, person_id: UUID) -> dict[str, Fact]:
    """Scores of the mood scales, when filled in."""
    found: dict[str, Fact] = {}
    for form, name in SCALES.items():
        response = await forms.latest_response(tx, person_id, form)
        score = response.scores.get(name) if response else None
        if response is None or score is None or score.value is None:
            continue
        found[name] = Fact(
            name=name,
            label=DERIVED[name],
            value=float(score.value),
            unit="分",
            source="answer",
            at=response.completed_at,
        )
        if form == "phq9":
            alarmed = any(flag.code == "phq9_self_harm" for flag in response.flags)
            label = DERIVED["phq9_self_harm"]
            found["phq9_self_harm"] = Fact(
                name="phq9_self_harm", label=label, value=alarmed, source="answer", at=response.completed_at
            )
    return found


def fingerprint(*content: Any) -> bytes:
    """SHA-256 over JSON with sorted keys: the same content gives the same bytes."""
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).digest()
