"""A report that came as PDF is a file: its bytes, a name without a name, and nobody's but the person's."""

import base64
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.exams import public as exams
from tests.conftest import SignIn

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF"


@dataclass(frozen=True)
class Exam:
    person: UUID
    booking: UUID


@pytest.fixture
async def exam(database: Database) -> Exam:
    person, institution = new_id(), new_id()
    async with database.transaction() as tx:
        booking = await exams.ensure_booking(
            tx,
            vendor_id=new_id(),
            institution_id=institution,
            person_id=person,
            exam_account="A1",
            exam_no="T1",
        )
        for kind, content in (
            ("pdf", base64.b64encode(PDF).decode()),
            ("text", "总检"),
            ("html", "<p>总检</p>"),
        ):
            await exams.store_report(
                tx,
                booking_id=booking,
                person_id=person,
                institution_id=institution,
                kind=kind,
                content=content,
                version=None,
                conclusions=[],
            )
    return Exam(person, booking)


def customer(person: UUID) -> Caller:
    grants = {"exams.own.use": Scope(persons=(person,))}
    return Caller(kind="customer", account_id=new_id(), person_id=person, grants=grants)


async def ids(client: httpx.AsyncClient, headers: dict[str, str], exam: Exam) -> dict[str, str]:
    listed = await client.get(f"/api/patient/exams/bookings/{exam.booking}/reports", headers=headers)
    return {report["kind"]: report["id"] for report in listed.json()}


async def test_the_bytes_of_a_pdf(
    client: httpx.AsyncClient, sign_in: SignIn, exam: Exam, database: Database
) -> None:
    headers = sign_in(customer(exam.person))
    report = (await ids(client, headers, exam))["pdf"]
    answer = await client.get(f"/api/patient/exams/reports/{report}/file", headers=headers)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-type"] == "application/pdf"
    shown, _, name = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert (shown, unquote(name)) == ("inline", f"体检报告-{clock.today():%Y%m%d}-第1版.pdf")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    async with database.transaction() as tx:
        read = await tx.fetch(
            "SELECT person_id FROM kernel.audit_inbox WHERE subject = $1", f"exams.reports/{report}"
        )
    assert [record["person_id"] for record in read] == [exam.person]


async def test_text_is_no_file_and_foreign_reports_do_not_exist(
    client: httpx.AsyncClient, sign_in: SignIn, exam: Exam
) -> None:
    headers = sign_in(customer(exam.person))
    found = await ids(client, headers, exam)
    for kind in ("text", "html"):
        answer = await client.get(f"/api/patient/exams/reports/{found[kind]}/file", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "exams.report_file_not_found")
    stranger = sign_in(customer(new_id()))
    answer = await client.get(f"/api/patient/exams/reports/{found['pdf']}/file", headers=stranger)
    assert answer.status_code == 404


async def test_staff_within_their_scope(client: httpx.AsyncClient, sign_in: SignIn, exam: Exam) -> None:
    report = (await ids(client, sign_in(customer(exam.person)), exam))["pdf"]
    for scope, status in ((Scope(everything=True), 200), (Scope(institutions=(new_id(),)), 404)):
        doctor = Caller(kind="staff", account_id=new_id(), grants={"exams.result.read": scope})
        answer = await client.get(f"/api/admin/exams/reports/{report}/file", headers=sign_in(doctor))
        assert answer.status_code == status
