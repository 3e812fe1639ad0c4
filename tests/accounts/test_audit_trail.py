"""Searching the audit log, the record of the search itself, and the check of the chain."""

from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pyotp
import pytest

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import jobs
from kanghu.modules.accounts.service import audit_trail

from .hospital import TOTP_SECRET, Enter, Hospital

BASE = "/api/admin/accounts/audit"


@pytest.fixture
async def root(hospital: Hospital, enter: Enter) -> dict[str, str]:
    await hospital.staff("root", ("admin", "all"), totp=True)
    return await enter("root", pyotp.TOTP(TOTP_SECRET).at(clock.now()))


async def seal(database: Database) -> None:
    async with database.transaction() as tx:
        await audit.seal(tx)


async def test_searching_narrows_pages_and_is_recorded(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    person, doctor = new_id(), Caller(kind="staff", account_id=new_id(), institution_id=hospital.west)
    async with hospital.database.transaction() as tx:
        for n in range(5):
            await audit.record(
                tx, doctor, "health.record.read", subject=f"health.records/{n}", person_id=person
            )
        await audit.record(tx, doctor, "health.record.write", subject="health.records/1", detail={"n": 1})
    await seal(hospital.database)

    async def ask(**params: str) -> list[dict[str, object]]:
        answer = await web.get(BASE, headers=root, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    assert len(await ask(person_id=str(person))) == 5
    assert [e["detail"] for e in await ask(action="health.record.w")] == [{"n": 1}]
    assert len(await ask(subject="health.records/1")) == 2
    assert len(await ask(actor_id=str(doctor.account_id))) == 6
    assert await ask(actor_id=str(doctor.account_id), until="2020-01-01T00:00:00+08:00") == []
    page = (await web.get(BASE, headers=root, params={"person_id": str(person), "limit": 3})).json()
    rest = await ask(person_id=str(person), cursor=page["next"])
    assert [e["subject"] for e in page["items"] + rest] == [f"health.records/{n}" for n in (4, 3, 2, 1, 0)]

    await seal(hospital.database)
    own = await ask(action="accounts.audit.read")
    assert {"asked": {"person_id": str(person)}} in [e["detail"] for e in own]
    assert str(person) in [e["person_id"] for e in own]


async def test_entries_name_who_it_was(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    doctor, gone = await hospital.staff("doctor"), new_id()
    app = {
        "app_id": "exam-centre",
        "name": "体检系统",
        "institution_id": str(hospital.east),
        "interfaces": ["H3"],
        "ip_ranges": ["10.0.0.0/8"],
        "rate_per_minute": 60,
        "sign_types": ["HMAC-SM3"],
    }
    made = await web.post("/api/admin/accounts/apps", headers=root, json=app)
    assert made.status_code == 201, made.text
    async with hospital.database.transaction() as tx:
        await audit.record(tx, Caller(kind="app", account_id=UUID(made.json()["id"])), "health.record.read")
        for account in (doctor, gone):
            await audit.record(tx, Caller(kind="staff", account_id=account), "health.record.read")
        await audit.record(tx, Caller(kind="system"), "health.record.read")
    await seal(hospital.database)
    found = (await web.get(BASE, headers=root, params={"action": "health."})).json()["items"]
    assert [entry["actor_name"] for entry in found] == [None, None, "张三丰", "体检系统"]


async def test_an_institutions_auditor_sees_its_own_entries_only(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter, root: dict[str, str]
) -> None:
    role = {"code": "auditor", "name": "审计员", "permissions": ["accounts.audit.read"]}
    assert (await web.post("/api/admin/accounts/roles", headers=root, json=role)).status_code == 201
    await hospital.staff("auditor", ("auditor", "institution"))
    session = await enter("auditor")
    async with hospital.database.transaction() as tx:
        for institution in (hospital.east, hospital.west):
            await audit.record(tx, Caller(kind="staff", institution_id=institution), "exams.result.read")
    await seal(hospital.database)
    items = (await web.get(BASE, headers=session)).json()["items"]
    assert items
    assert {e["institution_id"] for e in items} == {str(hospital.east)}
    assert (await web.get(f"{BASE}/check", headers=session)).status_code == 403


async def test_the_chain_is_checked_in_the_background_and_tampering_shows(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], tmp_path: Path
) -> None:
    assert (await web.get(f"{BASE}/check", headers=root)).json() is None
    await seal(hospital.database)
    assert (await web.post(f"{BASE}/check", headers=root)).status_code == 202
    assert (await web.post(f"{BASE}/check", headers=root)).status_code == 202
    async with hospital.database.transaction() as tx:
        assert (
            await tx.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'accounts.check_audit_chain'")
            == 1
        )
        await jobs.check_audit_chain(tx, jobs.CheckAuditChain())
    whole = (await web.get(f"{BASE}/check", headers=root)).json()
    assert (whole["broken_at"], whole["reason"]) == (None, "")
    assert whole["checked"] >= 1

    anchors = tmp_path / "anchors.txt"
    anchors.write_text(f"{whole['checked']} {whole['head']}\n{whole['checked'] + 7} {'0' * 64}\n12 abc")
    async with hospital.database.transaction() as tx:
        assert (await audit_trail.check_chain(tx, anchors)).reason == "末尾的记录被删除"

    owner = await asyncpg.connect(hospital.database.dsn)  # somebody with the database's own password
    await owner.execute("ALTER TABLE kernel.audit_log DISABLE TRIGGER USER")
    await owner.execute("UPDATE kernel.audit_log SET action = 'nothing.happened.here' WHERE seq = 1")
    await owner.close()
    async with hospital.database.transaction() as tx:
        await jobs.check_audit_chain(tx, jobs.CheckAuditChain())
    broken = (await web.get(f"{BASE}/check", headers=root)).json()
    assert (broken["broken_at"], broken["reason"]) == (1, "记录内容被改动")


async def test_old_sessions_and_counters_are_removed(hospital: Hospital, enter: Enter) -> None:
    await hospital.staff("zhang")
    await enter("zhang")
    await enter("zhang")
    async with hospital.database.transaction() as tx:
        await tx.execute(
            """UPDATE accounts.sessions SET created_at = now() - interval '300 days', expires_at = now() - interval '200 days'
                WHERE id = (SELECT id FROM accounts.sessions LIMIT 1)"""
        )
        await tx.execute(
            """INSERT INTO accounts.sign_in_failures (key, failures, last_failed_at, locked_until) VALUES
               ('name:old', 3, now() - interval '2 days', NULL),
               ('name:fresh', 3, now() - interval '1 hour', NULL),
               ('name:paused', 500, now() - interval '2 days', now() + interval '1 hour')"""
        )
        await jobs.purge_sessions(tx)
        assert await tx.fetchval("SELECT count(*) FROM accounts.sessions") == 1
        kept = {record["key"] for record in await tx.fetch("SELECT key FROM accounts.sign_in_failures")}
    assert kept == {"name:fresh", "name:paused"}
