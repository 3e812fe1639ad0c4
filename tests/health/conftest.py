"""A hospital, a person with an exam, and the jobs of health run by hand."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import JOBS, run_job
from kanghu.kernel.security import SYSTEM, Caller, Scope
from kanghu.modules.accounts import public as accounts
from kanghu.modules.exams import public as exams
from kanghu.modules.forms import public as forms
from kanghu.modules.people import public as people
from tests.results import new_result

MORNING = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Ward:
    """Two institutions, two doctors of the first, and a man of 60 with an exam there."""

    ours: UUID
    other: UUID
    doctor: UUID
    second_doctor: UUID
    person: UUID
    exam: UUID
    vendor: UUID


@pytest.fixture
async def ward(database: Database) -> Ward:
    async with database.transaction() as tx:
        ours = await accounts.create_institution(tx, "ours", "康护医院")
        other = await accounts.create_institution(tx, "other", "另一医院")
        doctors = [
            await accounts.create_staff_account(
                tx, username=name, password="Ying-Shan-Hong-7", display_name=shown, institution_id=ours
            )
            for name, shown in (("doctor", "李医生"), ("doctor2", "赵医生"))
        ]
        person = await people.register_person(
            tx,
            SYSTEM,
            people.PersonInput(name="王小明", sex="1", birth_date=date(clock.today().year - 60, 1, 1)),
            ours,
        )
        vendor = new_id()
        await exams.bind_account(tx, SYSTEM, vendor, ours, person, "TJ-1")
        await exams.set_daily_capacity(tx, vendor, 10)
        exam = await exams.ensure_booking(
            tx, vendor_id=vendor, institution_id=ours, person_id=person, exam_account="TJ-1", exam_no="E-1"
        )
    return Ward(ours, other, doctors[0], doctors[1], person, exam, vendor)


@pytest.fixture
def as_doctor(ward: Ward) -> Callable[..., Caller]:
    """A doctor of our institution with the permissions of health, on its people."""

    def make(account: UUID | None = None, *, institution: UUID | None = None, without: str = "") -> Caller:
        reach = Scope(institutions=(institution or ward.ours,))
        names = (
            "health.checklist.read", "health.checklist.confirm", "health.finding.read", "health.finding.handle",
            "health.risk.read", "health.risk.assess",
        )  # fmt: skip
        return Caller(
            kind="staff",
            account_id=account or ward.doctor,
            institution_id=institution or ward.ours,
            grants={name: reach for name in names if name != without},
        )

    return make


@pytest.fixture
def as_person(ward: Ward) -> Caller:
    reach = Scope(persons=(ward.person,))
    return Caller(
        kind="customer", account_id=new_id(), person_id=ward.person, grants={"health.own.use": reach}
    )


Store = Callable[..., Awaitable[int]]


@pytest.fixture
def store(database: Database, ward: Ward) -> Store:
    """`await store({"LAB.HGB": (58, "g/L")}, minutes=10)`: results of the exam arrive, newest by time."""

    async def make(
        values: Mapping[str, tuple[Any, str]], *, minutes: int = 0, exam: UUID | None = None
    ) -> int:
        batch: list[exams.NewResult] = []
        for code, (value, unit) in values.items():
            rank = value if unit == "rank" else None
            number = None if rank is not None else float(value)
            batch.append(
                new_result(
                    code,
                    str(value),
                    MORNING + timedelta(minutes=minutes),
                    value_type="numeric" if rank is None else "ordinal",
                    numeric_value=number,
                    ordinal_rank=rank,
                    unit="" if unit == "rank" else unit,
                    raw_unit=unit,
                )
            )
        async with database.transaction() as tx:
            return await exams.store_results(
                tx,
                booking_id=exam or ward.exam,
                person_id=ward.person,
                institution_id=ward.ours,
                message_id=new_id(),
                batch=batch,
            )

    return make


ANSWERS: dict[str, Any] = {
    "height_cm": 171, "weight_kg": 66,
    "diagnosed": ["none"], "family_cancer": ["none"], "smoking_status": "former", "cigarettes_per_day": 20,
    "smoking_years": 35, "quit_years": 3, "passive_smoking_years": 0, "alcohol": "never", "residence_north": True,
    "residence_urban": True, "bp_drug_2_weeks": False, "glucose_drug": False, "family_ascvd_first_degree": False,
    "family_hypertension": False, "family_diabetes_first_degree": False, "salty_diet": False, "pickled_food": False,
    "chronic_cough": False, "dyspnea": False, "occupational_dust_years": 0, "hp_positive": "no",
}  # fmt: skip


@pytest.fixture
def answer(database: Database, ward: Ward) -> Callable[..., Awaitable[None]]:
    """The person completes the health questionnaire."""

    async def make(**changes: Any) -> None:
        author = Caller(kind="customer", account_id=new_id(), person_id=ward.person)
        async with database.transaction() as tx:
            given = {name: value for name, value in {**ANSWERS, **changes}.items() if value is not None}
            await forms.save_completed(
                tx, ward.person, "health_self_test", given, author, context={"%sex": "1"}
            )

    return make


@pytest.fixture
def work(database: Database) -> Callable[[], Awaitable[list[str]]]:
    """Runs every waiting job of health, and what hands events out, until none is left; returns the names of all jobs that waited."""

    async def run() -> list[str]:
        seen: list[str] = []
        while True:
            async with database.transaction() as tx:
                waiting = await tx.fetch("SELECT id, entrypoint, payload FROM pgqueuer ORDER BY id")
                await tx.execute("DELETE FROM pgqueuer")
            if not waiting:
                return seen
            for job in waiting:
                seen.append(job["entrypoint"])
                if job["entrypoint"].startswith(("health.", "kernel.")):
                    await run_job(database, JOBS[job["entrypoint"]], job["id"], job["payload"])

    return run
