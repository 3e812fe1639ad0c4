"""Staff and people: roles × scopes × other people's data, search by blind index, masks, corrections."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.accounts import public as accounts

from .conftest import Hospital, Register, a_customer, a_person, as_json, citizen_number

Staff = Callable[..., Caller]
ROOT = "/api/admin/people"


@pytest.fixture
def reader(sign_in, staff: Staff, hospital: Hospital) -> dict[str, str]:  # type: ignore[no-untyped-def]
    return sign_in(staff("people.person.read", institution=hospital.ours))


@pytest.fixture
def writer(sign_in, staff: Staff, hospital: Hospital) -> dict[str, str]:  # type: ignore[no-untyped-def]
    return sign_in(staff("people.person.read", "people.person.write", institution=hospital.ours))


async def actions_on(database: Database, person_id: UUID) -> list[str]:
    async with database.transaction() as tx:
        found = await tx.fetch(
            "SELECT action FROM kernel.audit_inbox WHERE person_id = $1 ORDER BY id", person_id
        )
    return [record["action"] for record in found]


# ---- who may ---------------------------------------------------------------------------------------------------

ROUTES = [
    ("GET", "/persons", "people.person.read"),
    ("POST", "/persons/search", "people.person.read"),
    ("POST", "/persons", "people.person.write"),
    ("GET", "/placement", "people.person.write"),
    ("GET", "/domains", "people.person.read"),
    ("GET", "/persons/{id}", "people.person.read"),
    ("GET", "/persons/{id}/id-number", "people.person.reveal"),
    ("PATCH", "/persons/{id}", "people.person.write"),
    ("GET", "/persons/{id}/enrolments", "people.person.read"),
    ("PUT", "/persons/{id}/enrolments/{institution}", "people.person.write"),
    ("DELETE", "/persons/{id}/enrolments/{institution}", "people.person.write"),
    ("POST", "/persons/{id}/activation-codes", "people.person.write"),
    ("GET", "/persons/{id}/consents", "people.consent.read"),
    ("GET", "/agreements/privacy", "people.agreement.write"),
    ("POST", "/agreements/privacy", "people.agreement.write"),
]
ALL = {permission for _, _, permission in ROUTES}
BODIES = {
    "/persons/search": {"name": "王小明"},
    "/persons": {"person": as_json(a_person("周一"))},
    "/persons/{id}": {"version": 1, "occupation": "教师"},
    "/persons/{id}/enrolments/{institution}": {},
    "/agreements/privacy": {"title": "隐私政策", "content": "全文", "provenance": "测试"},
}


@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
async def test_a_route_opens_to_its_permission_only(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Staff, hospital: Hospital, register: Register,
    method: str, path: str, permission: str,
) -> None:  # fmt: skip
    person_id = await register(a_person(), hospital.ours)
    url = ROOT + path.format(id=person_id, institution=hospital.ours)

    async def ask(headers: dict[str, str]) -> int:
        answer = await client.request(method, url, json=BODIES.get(path), headers=headers)
        return answer.status_code

    assert await ask({}) == 401
    assert await ask(sign_in(staff(*(ALL - {permission}), institution=hospital.ours))) == 403
    assert await ask(sign_in(a_customer(person_id, hospital.ours))) == 403
    assert await ask(sign_in(staff(permission, institution=hospital.ours))) in (200, 201, 204)


@pytest.mark.parametrize(("method", "path", "permission"), [route for route in ROUTES if "{id}" in route[1]])
async def test_nobody_reaches_a_person_outside_the_scope(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Staff, hospital: Hospital, register: Register,
    method: str, path: str, permission: str,
) -> None:  # fmt: skip
    stranger = await register(a_person(), hospital.other)
    for scope in (
        Scope(institutions=(hospital.ours,)),
        Scope(departments=(hospital.checkup,)),
        Scope(account=hospital.doctor),
        Scope(),
    ):
        headers = sign_in(staff(*ALL, institution=hospital.ours, scope=scope))
        for person_id in (stranger, new_id()):
            url = ROOT + path.format(id=person_id, institution=hospital.ours)
            answer = await client.request(method, url, json=BODIES.get(path), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "people.person_not_found")


async def test_lists_and_search_stay_inside_the_scope(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Staff, hospital: Hospital, register: Register
) -> None:
    ours = await register(a_person(), hospital.ours, department_id=hospital.checkup)
    own = await register(a_person(), hospital.ours, responsible_account_id=hospital.doctor)
    other = await register(a_person(), hospital.other)
    expected = [
        (Scope(everything=True), {ours, own, other}),
        (Scope(institutions=(hospital.ours,)), {ours, own}),
        (Scope(departments=(hospital.checkup,)), {ours}),
        (Scope(account=hospital.doctor), {own}),
        (Scope(), set()),
    ]
    for scope, whom in expected:
        headers = sign_in(staff("people.person.read", scope=scope))
        listed = (await client.get(f"{ROOT}/persons", headers=headers)).json()["items"]
        found = (
            await client.post(f"{ROOT}/persons/search", json={"name": "王小明"}, headers=headers)
        ).json()["items"]
        assert {UUID(item["id"]) for item in listed} == whom
        assert {UUID(item["id"]) for item in found} == whom


# ---- lists and search ------------------------------------------------------------------------------------------


async def test_pages_meet_without_gap_or_double(
    client: httpx.AsyncClient, reader: dict[str, str], hospital: Hospital, register: Register
) -> None:
    everybody = [await register(a_person(), hospital.ours) for _ in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"{ROOT}/persons", params=query, headers=reader)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [str(person_id) for person_id in reversed(everybody)]


async def test_a_list_shows_masks_only(
    client: httpx.AsyncClient, reader: dict[str, str], hospital: Hospital, register: Register
) -> None:
    person = a_person(phone="13912345678")
    await register(person, hospital.ours)
    answer = await client.get(f"{ROOT}/persons", headers=reader)
    item = answer.json()["items"][0]
    number = person.id_number or ""
    assert (item["name"], item["phone"]) == ("王*明", "139****5678")
    assert item["id_number"] == f"110***********{number[-4:]}"
    assert not any(secret in answer.text for secret in ("王小明", "13912345678", number, "中关村"))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"name": " 阿依古丽 • 买买提 "}, True),
        ({"name": "阿依古丽"}, False),
        ({"id_number": "110105800506002"}, True),
        ({"id_number": "11010519800506002x"}, False),
        ({"phone": "+86 139-1234-5678"}, True),
        ({"phone": "13912345679"}, False),
        ({"phone_last4": "5678"}, True),
        ({"phone_last4": "5679"}, False),
        ({"name": "阿依古丽·买买提", "phone_last4": "5678"}, True),
        ({"name": "阿依古丽·买买提", "phone_last4": "0000"}, False),
    ],
)
async def test_search_by_blind_index(
    client: httpx.AsyncClient, reader: dict[str, str], hospital: Hospital, register: Register,
    asked: dict[str, str], found: bool,
) -> None:  # fmt: skip
    number = citizen_number(a_person().birth_date, "2", serial=2)
    wanted = await register(
        a_person("阿依古丽·买买提", sex="2", id_number=number, phone="13912345678"), hospital.ours
    )
    await register(a_person("别人", phone="13700001111"), hospital.ours)
    answer = await client.post(f"{ROOT}/persons/search", json=asked, headers=reader)
    assert answer.status_code == 200
    assert [item["id"] for item in answer.json()["items"]] == ([str(wanted)] if found else [])


async def test_search_pages_by_cursor(
    client: httpx.AsyncClient, reader: dict[str, str], hospital: Hospital, register: Register
) -> None:
    everybody = [str(await register(a_person(), hospital.ours)) for _ in range(3)]
    first = (
        await client.post(f"{ROOT}/persons/search", json={"name": "王小明", "limit": 2}, headers=reader)
    ).json()
    following = {"name": "王小明", "limit": 2, "cursor": first["next"]}
    second = (await client.post(f"{ROOT}/persons/search", json=following, headers=reader)).json()
    assert [item["id"] for item in first["items"] + second["items"]] == everybody[::-1]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "people.search_empty"),
        ({"name": "张3"}, "people.person_invalid"),
        ({"phone": "abc"}, "people.person_invalid"),
        ({"phone_last4": "12"}, "request.invalid"),
        ({"surname": "王"}, "request.invalid"),
    ],
)
async def test_a_search_that_says_nothing_is_refused(
    client: httpx.AsyncClient, reader: dict[str, str], asked: dict[str, str], code: str
) -> None:
    answer = await client.post(f"{ROOT}/persons/search", json=asked, headers=reader)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


# ---- reading ---------------------------------------------------------------------------------------------------


async def test_reading_and_revealing_are_written_down_apart(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient,
    sign_in,
    staff: Staff,
    hospital: Hospital,
    register: Register,
    database: Database,
) -> None:
    person = a_person()
    person_id = await register(person, hospital.ours)
    headers = sign_in(staff("people.person.read", "people.person.reveal", institution=hospital.ours))
    read = await client.get(f"{ROOT}/persons/{person_id}", headers=headers)
    assert read.json()["name"] == "王小明"
    assert (person.id_number or "") not in read.text
    assert await actions_on(database, person_id) == ["people.person.register", "people.person.read"]
    revealed = await client.get(f"{ROOT}/persons/{person_id}/id-number", headers=headers)
    assert revealed.json() == {"id_number": person.id_number}
    assert (await actions_on(database, person_id))[2:] == ["people.person.reveal"]
    async with database.transaction() as tx:
        details = await tx.fetch("SELECT detail FROM kernel.audit_inbox")
    assert not any(
        secret in record["detail"] for record in details for secret in ("王小明", person.phone or "")
    )


# ---- registering -----------------------------------------------------------------------------------------------


async def test_registering_somebody_known_adds_an_enrolment_not_a_person(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Staff, hospital: Hospital, register: Register
) -> None:
    person = a_person()
    known = await register(person, hospital.other)
    headers = sign_in(staff("people.person.read", "people.person.write", institution=hospital.ours))
    assert (await client.get(f"{ROOT}/persons/{known}", headers=headers)).status_code == 404
    number = person.id_number or ""
    as_fifteen = as_json(person) | {"id_number": number[:6] + number[8:17], "name": "王 小明"}
    made = await client.post(f"{ROOT}/persons", json={"person": as_fifteen}, headers=headers)
    assert (made.status_code, made.json()["person_id"]) == (201, str(known))
    enrolments = (await client.get(f"{ROOT}/persons/{known}/enrolments", headers=headers)).json()
    assert {item["institution_id"] for item in enrolments} == {str(hospital.ours), str(hospital.other)}


async def test_a_known_number_under_another_name_is_refused(
    client: httpx.AsyncClient, writer: dict[str, str], hospital: Hospital, register: Register
) -> None:
    person = a_person()
    known = await register(person, hospital.other)
    body = {"person": as_json(person) | {"name": "李四"}}
    answer = await client.post(f"{ROOT}/persons", json=body, headers=writer)
    assert (answer.status_code, answer.json()["code"]) == (409, "people.identity_conflict")
    assert answer.json()["fields"] == {"name": "与档案不一致"}
    assert "王" not in answer.text
    # nothing of the attempt stays: the person is still out of reach
    assert (await client.get(f"{ROOT}/persons/{known}", headers=writer)).status_code == 404


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": " "}, {"name"}),
        ({"name": "王3"}, {"name"}),
        ({"sex": "3"}, {"sex"}),
        ({"sex": "2"}, {"sex"}),
        ({"birth_date": "1980-05-07"}, {"birth_date"}),
        ({"birth_date": "2999-01-01", "id_type": "03", "id_number": "E123"}, {"birth_date"}),
        ({"id_number": "110105198005060011"}, {"id_number"}),
        ({"id_number": None}, {"id_number"}),
        ({"id_type": None}, {"id_number"}),
        ({"id_type": "77", "id_number": "E123"}, {"id_type"}),
        ({"nation": "57"}, {"nation"}),
        ({"marital_status": "11"}, {"marital_status"}),
        ({"education": "72"}, {"education"}),
        ({"blood_type_abo": "6"}, {"blood_type_abo"}),
        ({"blood_type_rh": "1"}, {"blood_type_rh"}),
        ({"phone": "12"}, {"phone"}),
        ({"sex": "3", "nation": "57", "phone": "x"}, {"sex", "nation", "phone"}),
    ],
)
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient, writer: dict[str, str], change: dict[str, str], fields: set[str]
) -> None:
    # 110105198005060011 differs from the right number in its check digit
    body = as_json(a_person(id_number=citizen_number(a_person().birth_date, "1", serial=1))) | change
    answer = await client.post(f"{ROOT}/persons", json={"person": body}, headers=writer)
    assert (answer.status_code, answer.json()["code"]) == (422, "people.person_invalid")
    assert set(answer.json()["fields"]) == fields


async def test_staff_put_people_only_where_their_scope_reaches(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Staff, hospital: Hospital
) -> None:
    async def put(scope: Scope, **where: UUID) -> int:
        headers = sign_in(staff("people.person.write", institution=hospital.ours, scope=scope))
        body = {"person": as_json(a_person())} | {name: str(value) for name, value in where.items()}
        return (await client.post(f"{ROOT}/persons", json=body, headers=headers)).status_code

    ours, department = Scope(institutions=(hospital.ours,)), Scope(departments=(hospital.checkup,))
    assert await put(ours) == 201
    assert await put(ours, institution_id=hospital.other) == 403
    assert await put(department, department_id=hospital.checkup) == 201
    assert await put(department, department_id=hospital.chronic) == 403
    assert await put(department) == 403
    assert await put(department, institution_id=hospital.other, department_id=hospital.checkup) == 403
    assert await put(Scope(account=hospital.doctor)) == 201
    assert await put(Scope(persons=(new_id(),))) == 403
    assert await put(Scope(everything=True), institution_id=hospital.other) == 201


async def test_a_doctor_sees_whom_they_registered_and_takes_nobody_away(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient,
    sign_in,
    staff: Staff,
    hospital: Hospital,
    register: Register,
    database: Database,
) -> None:
    own = sign_in(
        staff(
            "people.person.read",
            "people.person.write",
            institution=hospital.ours,
            scope=Scope(account=hospital.doctor),
        )
    )
    made = await client.post(f"{ROOT}/persons", json={"person": as_json(a_person())}, headers=own)
    assert (await client.get(f"{ROOT}/persons/{made.json()['person_id']}", headers=own)).status_code == 200

    async with database.transaction() as tx:
        colleague = await accounts.create_staff_account(
            tx,
            username="colleague",
            password="Ying-Shan-Hong-7",
            display_name="赵医生",
            institution_id=hospital.ours,
        )
    person = a_person()
    theirs = await register(person, hospital.ours, responsible_account_id=colleague)
    answer = await client.post(f"{ROOT}/persons", json={"person": as_json(person)}, headers=own)
    assert (answer.status_code, answer.json()["code"]) == (409, "people.cared_for_elsewhere")
    assert (await client.get(f"{ROOT}/persons/{theirs}", headers=own)).status_code == 404


# ---- correcting ------------------------------------------------------------------------------------------------


async def test_a_correction_changes_what_was_sent_and_nothing_else(
    client: httpx.AsyncClient,
    writer: dict[str, str],
    hospital: Hospital,
    register: Register,
    database: Database,
) -> None:
    person_id = await register(a_person(nation="01"), hospital.ours)
    url = f"{ROOT}/persons/{person_id}"
    before = (await client.get(url, headers=writer)).json()
    change = {"version": before["version"], "name": "王大明", "phone": "13700001111", "address": None}
    after = (await client.patch(url, json=change, headers=writer)).json()
    expected = {"name": "王大明", "phone": "13700001111", "address": None, "version": before["version"] + 1}
    assert {name: after[name] for name in expected} == expected
    kept = ("sex", "birth_date", "id_number", "nation", "created_at")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    for asked, count in (({"name": "王大明"}, 1), ({"name": "王小明"}, 0), ({"phone_last4": "1111"}, 1)):
        found = await client.post(f"{ROOT}/persons/search", json=asked, headers=writer)
        assert len(found.json()["items"]) == count
    async with database.transaction() as tx:
        detail = await tx.fetchval(
            "SELECT detail FROM kernel.audit_inbox WHERE action = 'people.person.correct' AND person_id = $1",
            person_id,
        )
    assert detail == '{"fields":["name","phone","address"]}'


async def test_two_corrections_of_one_version(
    client: httpx.AsyncClient, writer: dict[str, str], hospital: Hospital, register: Register
) -> None:
    url = f"{ROOT}/persons/{await register(a_person(), hospital.ours)}"
    first = await client.patch(url, json={"version": 1, "occupation": "教师"}, headers=writer)
    second = await client.patch(url, json={"version": 1, "occupation": "医生"}, headers=writer)
    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (409, "people.stale_version")
    assert (await client.get(url, headers=writer)).json()["occupation"] == "教师"


async def test_a_number_cannot_be_moved_onto_somebody_elses(
    client: httpx.AsyncClient, writer: dict[str, str], hospital: Hospital, register: Register
) -> None:
    taken = a_person()
    await register(taken, hospital.ours)
    url = f"{ROOT}/persons/{await register(a_person(), hospital.ours)}"
    answer = await client.patch(url, json={"version": 1, "id_number": taken.id_number}, headers=writer)
    assert (answer.status_code, answer.json()["code"]) == (409, "people.id_number_taken")


async def test_correcting_against_the_id_number_is_refused(
    client: httpx.AsyncClient, writer: dict[str, str], hospital: Hospital, register: Register
) -> None:
    url = f"{ROOT}/persons/{await register(a_person(), hospital.ours)}"
    answer = await client.patch(url, json={"version": 1, "birth_date": "1980-05-07"}, headers=writer)
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"birth_date"})


# ---- enrolments ------------------------------------------------------------------------------------------------


async def test_department_and_doctor_decide_who_sees(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient,
    sign_in,
    staff: Staff,
    writer: dict[str, str],
    hospital: Hospital,
    register: Register,
) -> None:
    person_id = await register(a_person(), hospital.ours)
    url = f"{ROOT}/persons/{person_id}"
    doctor = sign_in(staff("people.person.read", scope=Scope(account=hospital.doctor)))
    nurse = sign_in(staff("people.person.read", scope=Scope(departments=(hospital.checkup,))))

    async def seen() -> list[bool]:
        return [(await client.get(url, headers=who)).status_code == 200 for who in (doctor, nurse, writer)]

    place = f"{url}/enrolments/{hospital.ours}"
    assert await seen() == [False, False, True]
    placed = {"department_id": str(hospital.checkup), "responsible_account_id": str(hospital.doctor)}
    answer = (await client.put(place, json=placed, headers=writer)).json()
    assert answer.items() >= placed.items()
    names = ("institution_name", "department_name", "responsible_name")
    assert [answer[name] for name in names] == ["康护医院", "体检中心", "李医生"]
    assert (await client.get(f"{url}/enrolments", headers=writer)).json() == [answer]
    assert await seen() == [True, True, True]
    await client.put(place, json={"department_id": str(hospital.chronic)}, headers=writer)
    assert await seen() == [False, False, True]
    await client.put(place, json=placed, headers=writer)
    assert (await client.delete(place, headers=writer)).status_code == 204
    assert await seen() == [False, False, False]


async def test_only_staff_of_the_institution_can_be_responsible(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Staff, hospital: Hospital, register: Register
) -> None:
    person_id = await register(a_person(), hospital.ours)
    headers = sign_in(staff("people.person.write"))
    for institution, account in ((hospital.ours, new_id()), (hospital.other, hospital.doctor)):
        answer = await client.put(
            f"{ROOT}/persons/{person_id}/enrolments/{institution}",
            json={"responsible_account_id": str(account)},
            headers=headers,
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "people.responsible_unfit")


async def test_what_the_codes_of_a_record_mean(client: httpx.AsyncClient, reader: dict[str, str]) -> None:
    found = (await client.get(f"{ROOT}/domains", headers=reader)).json()
    assert (found["sex"]["2"], found["id_type"]["03"], found["nation"]["11"]) == ("女性", "护照", "满族")


async def test_departments_and_staff_to_choose_from(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Staff, hospital: Hospital, database: Database
) -> None:
    async with database.transaction() as tx:
        await accounts.create_staff_account(
            tx,
            username="reader",
            password="Ying-Shan-Hong-7",
            display_name="赵医生",
            institution_id=hospital.ours,
            grants=[("doctor", "institution")],
        )
    headers = sign_in(staff("people.person.write", institution=hospital.ours))
    found = (await client.get(f"{ROOT}/placement", headers=headers)).json()
    assert found["institution_name"] == "康护医院"
    assert [choice["name"] for choice in found["departments"]] == ["体检中心", "慢病科"]
    # 李医生 holds no role yet, so nobody could be put into his care.
    assert [choice["name"] for choice in found["staff"]] == ["赵医生"]
    nowhere = await client.get(f"{ROOT}/placement", headers=sign_in(staff("people.person.write")))
    assert (nowhere.status_code, nowhere.json()["code"]) == (403, "people.outside_scope")


async def test_staff_cannot_enrol_a_person_elsewhere(
    client: httpx.AsyncClient, writer: dict[str, str], hospital: Hospital, register: Register
) -> None:
    person_id = await register(a_person(), hospital.ours)
    url = f"{ROOT}/persons/{person_id}/enrolments/{hospital.other}"
    assert (await client.put(url, json={}, headers=writer)).json()["code"] == "people.outside_scope"
    assert (await client.delete(url, headers=writer)).json()["code"] == "people.enrolment_not_found"
