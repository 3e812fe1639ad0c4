"""Results arrive; assessments and important abnormal results follow, once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.exams import public as exams
from kanghu.modules.health.service import handle_findings

from .conftest import MORNING, Store, Ward

Work = Callable[[], Awaitable[list[str]]]
AsDoctor = Callable[..., Caller]
BLOOD = {"LAB.HGB": (58, "g/L"), "LAB.CREA": (88.4, "umol/L"), "LAB.UACR": (12, "mg/g")}


async def rows(database: Database, sql: str) -> list[dict[str, Any]]:
    async with database.transaction() as tx:
        return [dict(record) for record in await tx.fetch(sql)]


async def open_findings(database: Database) -> list[tuple[str, str]]:
    found = await rows(database, "SELECT rule_id, state FROM health.findings ORDER BY id")
    return [(entry["rule_id"], entry["state"]) for entry in found]


@pytest.fixture
def headers(sign_in: Any, as_doctor: AsDoctor, app: Any) -> dict[str, str]:
    made: dict[str, str] = sign_in(as_doctor())
    return made


async def test_results_become_assessments_and_findings(
    database: Database, ward: Ward, store: Store, work: Work, app: Any
) -> None:
    await store(BLOOD)
    names = await work()
    assert "health.judge_results" in names
    assert "health.tell_person" in names
    found = await rows(database, "SELECT * FROM health.findings")
    assert [(f["rule_id"], f["finding_class"], f["person_id"], f["exam_id"]) for f in found] == [
        ("A.HGB", "A", ward.person, ward.exam)
    ]
    assert found[0]["due_at"] - found[0]["found_at"] == timedelta(hours=2)
    assert found[0]["evidence"]["LAB.HGB"]["value"] == 58
    current = await rows(
        database,
        "SELECT model, status, value, level FROM health.risk_assessments WHERE superseded_at IS NULL",
    )
    by_model = {entry["model"]: entry for entry in current}
    assert len(by_model) == 9
    assert (by_model["ckd_epi_2021_cr"]["value"], by_model["kdigo_grid"]["level"]) == (86, "G2-A1-low")
    assert by_model["china_par_2016"]["status"] == "not_computable"
    told = await rows(
        database, "SELECT template_code, subject FROM notices.notices WHERE person_id IS NOT NULL"
    )
    assert ("abnormal_result", f"health.findings/{found[0]['id']}") in {
        (entry["template_code"], entry["subject"]) for entry in told
    }


async def test_the_same_push_again_changes_nothing(
    database: Database, ward: Ward, store: Store, work: Work, app: Any
) -> None:
    from kanghu.modules.health.service import monitor

    await store(BLOOD)
    await work()
    before = await rows(database, "SELECT id FROM health.risk_assessments ORDER BY id")
    assert await store(BLOOD) == 0
    async with database.transaction() as tx:  # the event delivered again
        await monitor.results_changed(tx, ward.person, ward.exam, ward.ours, tuple(BLOOD))
    assert await rows(database, "SELECT id FROM health.risk_assessments ORDER BY id") == before
    assert await open_findings(database) == [("A.HGB", "open")]


async def test_many_jobs_at_once_find_it_once(database: Database, ward: Ward, store: Store, app: Any) -> None:
    from kanghu.modules.health.service import monitor

    await store(BLOOD)

    async def job() -> None:
        async with database.transaction() as tx:
            await monitor.results_changed(tx, ward.person, ward.exam, ward.ours, tuple(BLOOD))

    await asyncio.gather(*(job() for _ in range(5)))
    assert await open_findings(database) == [("A.HGB", "open")]
    (count,) = await rows(database, "SELECT count(*) AS n FROM health.risk_assessments")
    (told,) = await rows(
        database,
        """SELECT count(*) AS n FROM pgqueuer
            WHERE entrypoint = 'kernel.hand_out' AND convert_from(payload, 'UTF8') LIKE '%"health.tell_person"%'""",
    )
    assert (count["n"], told["n"]) == (9, 1)


async def test_a_changed_result_keeps_the_older_assessment(
    database: Database, store: Store, work: Work, app: Any
) -> None:
    await store(BLOOD)
    await work()
    await store({"LAB.CREA": (150, "umol/L")}, minutes=5)
    await work()
    history = await rows(
        database,
        "SELECT value, superseded_at IS NULL AS now FROM health.risk_assessments WHERE model = 'ckd_epi_2021_cr' ORDER BY id",
    )
    assert [(entry["value"], entry["now"]) for entry in history] == [(86, False), (46, True)]
    assert ("B.CREA", "open") in await open_findings(database)


async def test_a_corrected_result_is_told_and_nothing_closes_by_itself(
    database: Database, store: Store, work: Work, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await store(BLOOD)
    await work()
    await store({"LAB.HGB": (138, "g/L")}, minutes=5)
    await work()
    (found,) = (await client.get("/api/admin/health/findings", headers=headers)).json()["items"]
    assert found["state"] == "open"
    assert found["result_changed_at"] is not None
    assert found["evidence"]["LAB.HGB"]["value"] == 58
    assert found["evidence_now"]["LAB.HGB"]["value"] == 138
    closed = await client.post(
        f"/api/admin/health/findings/{found['id']}/close", json={"reason": "检验科已更正"}, headers=headers
    )
    assert closed.json()["state"] == "closed"
    assert [step["action"] for step in closed.json()["steps"]] == ["result_changed", "close"]
    # and the wrong value comes back: a new finding, not silence
    await store({"LAB.HGB": (55, "g/L")}, minutes=10)
    await work()
    assert await open_findings(database) == [("A.HGB", "closed"), ("A.HGB", "open")]


async def test_a_deleted_result_is_told_too(
    database: Database, ward: Ward, store: Store, work: Work, app: Any
) -> None:
    await store(BLOOD)
    await work()
    async with database.transaction() as tx:
        await exams.delete_results(
            tx,
            booking_id=ward.exam,
            person_id=ward.person,
            institution_id=ward.ours,
            message_id=new_id(),
            versions=[("LAB.HGB", MORNING + timedelta(minutes=5), None)],
        )
    await work()
    (found,) = await rows(database, "SELECT state, evidence_now, result_changed_at FROM health.findings")
    assert found["state"] == "open"
    assert found["evidence_now"] == {"LAB.HGB": None}
    assert found["result_changed_at"] is not None


# -- blood pressure ---------------------------------------------------------------------------------------------------


async def test_still_so_after_rest_is_class_a(database: Database, store: Store, work: Work, app: Any) -> None:
    await store({"EXAM.SBP": (186, "mm[Hg]"), "EXAM.DBP": (96, "mm[Hg]")})
    await work()
    (first,) = await rows(database, "SELECT rule_id, needs_remeasure FROM health.findings")
    assert first == {"rule_id": "B.BP", "needs_remeasure": True}
    await store({"EXAM.SBP": (182, "mm[Hg]"), "EXAM.DBP": (94, "mm[Hg]")}, minutes=15)
    await work()
    assert await open_findings(database) == [("B.BP", "closed"), ("A.BP", "open")]
    older, urgent = await rows(database, "SELECT id, replaced_by, evidence FROM health.findings ORDER BY id")
    assert older["replaced_by"] == urgent["id"]
    assert [reading["sbp"] for reading in urgent["evidence"]["readings"]] == [186, 182]


async def test_better_after_rest_stays_class_b(
    database: Database, store: Store, work: Work, app: Any
) -> None:
    await store({"EXAM.SBP": (186, "mm[Hg]"), "EXAM.DBP": (96, "mm[Hg]")})
    await work()
    await store({"EXAM.SBP": (168, "mm[Hg]"), "EXAM.DBP": (92, "mm[Hg]")}, minutes=15)
    await work()
    (found,) = await rows(
        database, "SELECT rule_id, state, needs_remeasure, evidence_now FROM health.findings"
    )
    assert (found["rule_id"], found["state"], found["needs_remeasure"]) == ("B.BP", "open", False)
    assert [reading["sbp"] for reading in found["evidence_now"]["readings"]] == [186, 168]


async def test_a_corrected_reading_is_no_second_measurement(
    database: Database, store: Store, work: Work, app: Any
) -> None:
    await store({"EXAM.SBP": (186, "mm[Hg]"), "EXAM.DBP": (96, "mm[Hg]")})
    await work()
    await store({"EXAM.SBP": (184, "mm[Hg]")})
    await work()
    assert await open_findings(database) == [("B.BP", "open")]
    (found,) = await rows(database, "SELECT result_changed_at, evidence_now FROM health.findings")
    assert found["result_changed_at"] is not None
    assert len(found["evidence_now"]["readings"]) == 1


@pytest.mark.parametrize(
    ("body", "found_class", "state"),
    [
        ({"sbp": 184, "dbp": 100}, "A", "open"),
        ({"sbp": 150, "dbp": 90}, "B", "open"),
        ({"sbp": 184, "dbp": 100, "acute_symptoms": True}, "A", "open"),
    ],
)
async def test_a_nurse_measures_again(
    store: Store,
    work: Work,
    client: httpx.AsyncClient,
    headers: dict[str, str],
    body: dict[str, Any],
    found_class: str,
    state: str,
) -> None:
    await store({"EXAM.SBP": (186, "mm[Hg]"), "EXAM.DBP": (96, "mm[Hg]")})
    await work()
    (found,) = (await client.get("/api/admin/health/findings", headers=headers)).json()["items"]
    answer = await client.post(
        f"/api/admin/health/findings/{found['id']}/remeasure", json=body, headers=headers
    )
    assert answer.status_code == 200
    assert (answer.json()["finding_class"], answer.json()["state"]) == (found_class, state)
    older = (await client.get(f"/api/admin/health/findings/{found['id']}", headers=headers)).json()
    assert older["needs_remeasure"] is False
    assert "remeasure" in [step["action"] for step in older["steps"]]
    assert (older["state"] == "closed") is (found_class == "A")


# -- handling ---------------------------------------------------------------------------------------------------------

TOLD = {"channel": "phone", "said": "已电话告知本人，建议立即到血液科就诊"}


async def test_the_handling_keeps_who_when_how_and_what(
    store: Store,
    work: Work,
    client: httpx.AsyncClient,
    headers: dict[str, str],
    ward: Ward,
    database: Database,
) -> None:
    await store(BLOOD)
    await work()
    (found,) = (await client.get("/api/admin/health/findings?finding_class=A", headers=headers)).json()[
        "items"
    ]
    assert found["person_name"] == "王小明"
    path = f"/api/admin/health/findings/{found['id']}"
    too_early = await client.post(f"{path}/close", json={"reason": "误操作"}, headers=headers)
    assert too_early.status_code == 409
    assert too_early.json()["message"] == "当前为“待通知”，不能关闭"
    for action, state in (
        ("notify", "notified"),
        ("notify", "notified"),
        ("acknowledge", "acknowledged"),
        ("follow-up", "followed_up"),
        ("follow-up", "followed_up"),
    ):
        answer = await client.post(f"{path}/{action}", json=TOLD, headers=headers)
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    closed = (await client.post(f"{path}/close", json={"reason": "已住院治疗"}, headers=headers)).json()
    assert closed["state"] == "closed"
    assert [step["action"] for step in closed["steps"]] == [
        "notify", "notify", "acknowledge", "follow_up", "follow_up", "close",
    ]  # fmt: skip
    first = closed["steps"][0]
    assert (first["account_id"], first["channel"], first["said"]) == (str(ward.doctor), "phone", TOLD["said"])
    assert (first["account_name"], closed["person_name"]) == ("李医生", "王小明")
    again = await client.post(f"{path}/follow-up", json=TOLD, headers=headers)
    assert again.status_code == 409
    with pytest.raises(Exception, match="只能追加"):
        async with database.transaction() as tx:
            await tx.execute("UPDATE health.finding_steps SET said = ''")


async def test_class_b_may_be_closed_once_the_person_knows(
    store: Store,
    work: Work,
    client: httpx.AsyncClient,
    headers: dict[str, str],
    as_person: Caller,
    sign_in: Any,
) -> None:
    await store({"LAB.UA": (560, "umol/L")})
    await work()
    own = sign_in(as_person)
    (mine,) = (await client.get("/api/patient/health/findings", headers=own)).json()["items"]
    assert (mine["urgent"], mine["state_label"], mine["can_acknowledge"]) == (False, "待通知", False)
    path = f"/api/patient/health/findings/{mine['id']}/acknowledge"
    assert (await client.post(path, headers=own)).status_code == 409
    await client.post(f"/api/admin/health/findings/{mine['id']}/notify", json=TOLD, headers=headers)
    known = await client.post(path, headers=own)
    assert known.json()["state"] == "acknowledged"
    closed = await client.post(
        f"/api/admin/health/findings/{mine['id']}/close", json={"reason": "门诊随诊"}, headers=headers
    )
    assert closed.json()["state"] == "closed"
    assert closed.json()["steps"][1]["actor_kind"] == "customer"


async def test_a_doctor_reports_what_no_rule_sees(
    client: httpx.AsyncClient, headers: dict[str, str], ward: Ward, work: Work
) -> None:
    body = {
        "person_id": str(ward.person), "institution_id": str(ward.ours), "exam_id": str(ward.exam), "rule_id": "A.ECG",
        "item_code": "EXAM.ECG", "note": "V1–V4 ST 段抬高",
    }  # fmt: skip
    made = await client.post("/api/admin/health/findings", json=body, headers=headers)
    assert (made.status_code, made.json()["finding_class"]) == (201, "A")
    assert "health.tell_person" in await work()
    wrong = await client.post("/api/admin/health/findings", json=body | {"rule_id": "A.NO"}, headers=headers)
    assert wrong.status_code == 422
    rules = (await client.get("/api/admin/health/abnormal-rules", headers=headers)).json()
    assert len(rules) == 42
    assert any(rule["basis"] == "engineering_placeholder" and rule["needs_confirmation"] for rule in rules)


async def test_the_hospital_can_check_every_model_and_rule(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    models = (await client.get("/api/admin/health/risk-models", headers=headers)).json()
    assert [model["model"] for model in models if model["reviewed_by"]] == []
    assert len(models) == 9
    rules = {
        rule["id"]: rule
        for rule in (await client.get("/api/admin/health/checklist-rules", headers=headers)).json()
    }
    assert len(rules) == 25
    assert rules["lung"]["add"] == ["EXAM.LDCT"]
    assert "EXAM.CHEST_XRAY" in rules["contra_pregnancy"]["remove"]
    assert "待院方确认" in rules["bone"]["confidence"]


async def test_what_nobody_told_in_time_is_escalated_once(
    database: Database, store: Store, work: Work, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await store(BLOOD)
    await work()
    async with database.transaction() as tx:
        assert await handle_findings.escalate_overdue(tx) == 0
    late = clock.now() - timedelta(hours=3)
    async with database.transaction() as tx:
        await tx.execute("UPDATE health.findings SET due_at = $1", late)
        assert await handle_findings.escalate_overdue(tx) == 1
        assert await handle_findings.escalate_overdue(tx) == 0
    overdue = (await client.get("/api/admin/health/findings?overdue=true", headers=headers)).json()["items"]
    assert len(overdue) == 1
    assert overdue[0]["escalated_at"] is not None


async def test_pages_follow_each_other(
    store: Store, work: Work, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await store(
        {
            "LAB.HGB": (58, "g/L"),
            "LAB.PLT": (20, "10*9/L"),
            "LAB.K": (6.9, "mmol/L"),
            "LAB.UA": (600, "umol/L"),
        }
    )
    await work()
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(f"/api/admin/health/findings?limit=3{cursor}", headers=headers)).json()
        seen += [entry["rule_id"] for entry in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(seen) == ["A.HGB", "A.K", "A.PLT", "B.UA"]


async def test_each_latest_result_is_judged_by_sex_and_age(
    store: Store,
    work: Work,
    client: httpx.AsyncClient,
    headers: dict[str, str],
    ward: Ward,
    sign_in: Any,
    as_person: Caller,
) -> None:
    # 128 g/L is low for a man (130–175) and would be normal for a woman (115–150)
    await store(
        {"LAB.HGB": (128, "g/L"), "LAB.ALT": (30, "U/L"), "LAB.K": (6.9, "mmol/L"), "LAB.KET": (3, "rank")}
    )
    await work()
    path = f"/api/admin/health/persons/{ward.person}/monitoring"
    found = {row["item_code"]: row for row in (await client.get(path, headers=headers)).json()}
    assert {code: row["flag"] for code, row in found.items()} == {
        "LAB.HGB": "L", "LAB.ALT": "N", "LAB.K": "HH", "LAB.KET": "A",
    }  # fmt: skip
    assert (found["LAB.HGB"]["low"], found["LAB.HGB"]["high"]) == (130, 175)
    mine = (await client.get("/api/patient/health/monitoring", headers=sign_in(as_person))).json()
    assert {row["item_code"]: row["flag_label"] for row in mine}["LAB.HGB"] == "偏低"


async def test_what_one_exam_found_stands_when_a_later_exam_measures_again(
    database: Database, ward: Ward, store: Store, work: Work, app: Any
) -> None:
    await store(BLOOD)
    await work()
    async with database.transaction() as tx:
        later = await exams.ensure_booking(
            tx,
            vendor_id=ward.vendor,
            institution_id=ward.ours,
            person_id=ward.person,
            exam_account="TJ-1",
            exam_no="E-2",
        )
    await store({"LAB.HGB": (140, "g/L")}, minutes=90, exam=later)
    await work()
    await store({"LAB.HGB": (59, "g/L")}, minutes=30)
    await work()
    found = await rows(database, "SELECT exam_id, state, result_changed_at FROM health.findings")
    assert found == [{"exam_id": ward.exam, "state": "open", "result_changed_at": None}]


# -- whose data -------------------------------------------------------------------------------------------------------


async def test_another_institution_sees_nothing(
    store: Store,
    work: Work,
    client: httpx.AsyncClient,
    sign_in: Any,
    as_doctor: AsDoctor,
    ward: Ward,
    database: Database,
) -> None:
    await store(BLOOD)
    await work()
    (found,) = await rows(database, "SELECT id FROM health.findings")
    stranger = sign_in(as_doctor(institution=ward.other))
    assert (await client.get("/api/admin/health/findings", headers=stranger)).json()["items"] == []
    for method, path, body in (
        ("GET", f"/api/admin/health/findings/{found['id']}", None),
        ("POST", f"/api/admin/health/findings/{found['id']}/notify", TOLD),
        ("POST", f"/api/admin/health/findings/{found['id']}/remeasure", {"sbp": 150, "dbp": 90}),
        ("GET", f"/api/admin/health/persons/{ward.person}/risks", None),
        ("GET", f"/api/admin/health/persons/{ward.person}/risks/history", None),
        ("POST", f"/api/admin/health/persons/{ward.person}/risks", None),
        ("GET", f"/api/admin/health/persons/{ward.person}/monitoring", None),
    ):
        answer = await client.request(method, path, json=body, headers=stranger)
        assert answer.status_code == 404, path


async def test_without_the_permission_there_is_no_way(
    client: httpx.AsyncClient, sign_in: Any, as_doctor: AsDoctor, as_person: Caller, ward: Ward
) -> None:
    reader = sign_in(as_doctor(without="health.finding.handle"))
    path = f"/api/admin/health/findings/{new_id()}/notify"
    assert (await client.post(path, json=TOLD, headers=reader)).status_code == 403
    assert (await client.get("/api/admin/health/findings", headers=sign_in(as_person))).status_code == 403
    assert (await client.get("/api/admin/health/findings")).status_code == 401


async def test_risks_for_staff_and_for_the_person(
    store: Store,
    work: Work,
    answer: Callable[..., Awaitable[None]],
    client: httpx.AsyncClient,
    headers: dict[str, str],
    sign_in: Any,
    as_person: Caller,
    ward: Ward,
    database: Database,
) -> None:
    await store(
        {
            "EXAM.SBP": (150, "mm[Hg]"), "EXAM.DBP": (88, "mm[Hg]"), "EXAM.HEIGHT": (170, "cm"),
            "EXAM.WEIGHT": (65, "kg"), "EXAM.WAIST": (72, "cm"), "LAB.TC": (5.2, "mmol/L"), "LAB.HDL-C": (1.3, "mmol/L"),
        }
    )  # fmt: skip
    await work()
    await answer()
    await work()
    path = f"/api/admin/health/persons/{ward.person}/risks"
    current = {entry["model"]: entry for entry in (await client.get(path, headers=headers)).json()}
    assert (current["cdrs_cds"]["value"], current["cdrs_cds"]["level"]) == (27, "at_or_above_cutoff")
    assert current["china_par_2016"]["status"] == "computed"
    assert current["china_par_2016"]["version"] == "2016/refined"
    assert current["china_par_2016"]["inputs"]["sbp"]["source"] == "result"
    assert current["fib4"]["missing"] == ["天门冬氨酸氨基转移酶", "丙氨酸氨基转移酶", "血小板计数"]
    again = (await client.post(path, headers=headers)).json()
    assert {entry["id"] for entry in again} == {entry["id"] for entry in current.values()}
    page = (await client.get(f"{path}/history?model=cdrs_cds", headers=headers)).json()
    # the score was not computable before the questionnaire came
    assert [entry["status"] for entry in page["items"]] == ["computed", "not_computable"]
    cards = (await client.get("/api/patient/health/risks", headers=sign_in(as_person))).json()
    assert {card["model"] for card in cards} == set(current)
    told = {given["label"]: given for card in cards for given in card["inputs"]}
    assert told["年龄"]["unit"] == "岁"
    assert all("reference" not in given for given in told.values()), "of our ids a person learns nothing"
    audited = await rows(
        database, "SELECT DISTINCT action FROM kernel.audit_inbox WHERE person_id IS NOT NULL ORDER BY action"
    )
    assert {"health.risk.read", "health.own.use", "health.risk.assess"} <= {
        entry["action"] for entry in audited
    }
