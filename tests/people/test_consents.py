"""Agreement texts and consents: to the letter, append-only, revoked by a new row."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from importlib.resources import files

import asyncpg
import httpx
import pytest

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.people import public as people
from kanghu.modules.people.policy import CONSENT_KINDS

from .conftest import Hospital, Register, a_customer, a_person, build_hospital

ROOT = "/api/patient/people"
SHIPPED = files("kanghu.modules.people") / "data" / "agreements"


@pytest.mark.parametrize("kind", list(CONSENT_KINDS))
async def test_the_shipped_text_is_in_force_to_the_letter(client: httpx.AsyncClient, kind: str) -> None:
    shown = (await client.get(f"{ROOT}/agreements/{kind}")).json()
    text = (SHIPPED / f"{kind}.v1.md").read_bytes()
    about = json.loads((SHIPPED / f"{kind}.v1.json").read_text(encoding="utf-8"))
    assert shown["content"].encode() == text
    assert shown["content_hash"] == hashlib.sha256(text).hexdigest() == about["sha256"]
    assert (shown["version"], shown["title"]) == ("v1", CONSENT_KINDS[kind])


async def test_an_unknown_agreement_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{ROOT}/agreements/other")).status_code == 422


async def test_signing_revoking_and_signing_again(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Callable[..., Caller], hospital: Hospital, register: Register,
    database: Database,
) -> None:  # fmt: skip
    me = await register(a_person(), hospital.ours)
    caller = a_customer(me, hospital.ours)
    headers = sign_in(caller)
    body = {
        "kind": "data_use_agreement", "institution_id": str(hospital.ours), "text_version": "v1",
        "channel": "mini_program",
    }  # fmt: skip
    text = (await client.get(f"{ROOT}/agreements/data_use_agreement")).json()

    async def holds() -> bool:
        async with database.transaction() as tx:
            return await people.has_consent(tx, me, "data_use_agreement", hospital.ours)

    assert not await holds()
    signed = (await client.post(f"{ROOT}/consents", json=body, headers=headers)).json()
    assert (signed["text_hash"], signed["channel"]) == (text["content_hash"], "mini_program")
    assert await holds()
    again = (await client.post(f"{ROOT}/consents", json=body, headers=headers)).json()
    assert again["id"] == signed["id"]

    url = f"{ROOT}/consents/{signed['id']}/revoke"
    revoked = (await client.post(url, json={"channel": "h5"}, headers=headers)).json()
    assert revoked["revoked_at"] is not None
    assert not await holds()
    assert (await client.post(url, json={"channel": "h5"}, headers=headers)).json() == revoked

    anew = (await client.post(f"{ROOT}/consents", json=body, headers=headers)).json()
    assert anew["id"] != signed["id"]
    assert await holds()
    mine = (await client.get(f"{ROOT}/consents", headers=headers)).json()
    assert [(item["id"], item["revoked_at"] is None) for item in mine] == [
        (anew["id"], True),
        (signed["id"], False),
    ]
    seen = await client.get(
        f"/api/admin/people/persons/{me}/consents", headers=sign_in(staff("people.consent.read"))
    )
    assert seen.json() == mine
    async with database.transaction() as tx:
        standing = await people.standing_consent(tx, me, "data_use_agreement", hospital.ours)
        rows = await tx.fetch("SELECT action, ip, account_id FROM people.consents ORDER BY id")
    assert standing is not None
    assert (standing.text_version, standing.text_hash) == ("v1", text["content_hash"])
    assert [row["action"] for row in rows] == ["signed", "revoked", "signed"]
    assert {row["account_id"] for row in rows} == {caller.account_id}


async def test_a_consent_is_for_one_institution_and_kind(tx: Tx) -> None:
    hospital = await build_hospital(tx)
    me = await people.register_person(tx, SYSTEM, a_person(), hospital.ours)
    await people.sign_consent(tx, SYSTEM, me, "privacy", hospital.ours, "v1", "counter", None)
    assert await people.has_consent(tx, me, "privacy", hospital.ours)
    assert not await people.has_consent(tx, me, "privacy", hospital.other)
    assert not await people.has_consent(tx, me, "sensitive_data", hospital.ours)


async def test_nobody_revokes_for_somebody_else(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, hospital: Hospital, register: Register, database: Database
) -> None:
    me, other = await register(a_person(), hospital.ours), await register(a_person(), hospital.ours)
    async with database.transaction() as tx:
        consent = await people.sign_consent(tx, SYSTEM, me, "privacy", hospital.ours, "v1", "h5", "10.0.0.1")
    url = f"{ROOT}/consents/{consent}/revoke"
    answer = await client.post(url, json={"channel": "h5"}, headers=sign_in(a_customer(other, hospital.ours)))
    assert (answer.status_code, answer.json()["code"]) == (404, "people.consent_not_found")
    async with database.transaction() as tx:
        assert await people.has_consent(tx, me, "privacy", hospital.ours)


async def test_a_double_click_signs_once(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, hospital: Hospital, register: Register, database: Database
) -> None:
    headers = sign_in(a_customer(await register(a_person(), hospital.ours), hospital.ours))
    body = {"kind": "privacy", "institution_id": str(hospital.ours), "text_version": "v1", "channel": "app"}
    answers = await asyncio.gather(
        *[client.post(f"{ROOT}/consents", json=body, headers=headers) for _ in range(5)]
    )
    assert len({answer.json()["id"] for answer in answers}) == 1
    url = f"{ROOT}/consents/{answers[0].json()['id']}/revoke"
    revoked = await asyncio.gather(
        *[client.post(url, json={"channel": "app"}, headers=headers) for _ in range(5)]
    )
    assert {answer.status_code for answer in revoked} == {200}
    async with database.transaction() as tx:
        counted = await tx.fetch("SELECT action, count(*) AS n FROM people.consents GROUP BY action")
    assert {record["action"]: record["n"] for record in counted} == {"signed": 1, "revoked": 1}


async def test_a_new_version_is_signed_anew_and_the_old_one_stays(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Callable[..., Caller], hospital: Hospital, register: Register
) -> None:
    headers = sign_in(a_customer(await register(a_person(), hospital.ours), hospital.ours))
    body = {"kind": "privacy", "institution_id": str(hospital.ours), "text_version": "v1", "channel": "h5"}
    first = (await client.post(f"{ROOT}/consents", json=body, headers=headers)).json()
    text = {"title": "隐私政策", "content": "新的全文", "provenance": "法务审定"}
    publisher = sign_in(staff("people.agreement.write"))
    published = (
        await client.post("/api/admin/people/agreements/privacy", json=text, headers=publisher)
    ).json()
    assert (published["version"], published["content_hash"]) == (
        "v2",
        hashlib.sha256("新的全文".encode()).hexdigest(),
    )
    stale = await client.post(f"{ROOT}/consents", json=body, headers=headers)
    assert (stale.status_code, stale.json()["code"]) == (409, "people.agreement_outdated")
    second = (
        await client.post(f"{ROOT}/consents", json=body | {"text_version": "v2"}, headers=headers)
    ).json()
    assert second["text_hash"] == published["content_hash"]
    versions = (await client.get("/api/admin/people/agreements/privacy", headers=publisher)).json()
    assert [(one["version"], one["standing"]) for one in versions] == [("v2", 1), ("v1", 1)]
    assert versions[0]["provenance"] == "法务审定"
    # saying no to the agreement takes both back
    await client.post(f"{ROOT}/consents/{first['id']}/revoke", json={"channel": "h5"}, headers=headers)
    mine = (await client.get(f"{ROOT}/consents", headers=headers)).json()
    assert [item["revoked_at"] is not None for item in mine] == [True, True]
    versions = (await client.get("/api/admin/people/agreements/privacy", headers=publisher)).json()
    assert [one["standing"] for one in versions] == [0, 0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people.consents SET channel = 'app'",
        "DELETE FROM people.consents",
        "TRUNCATE people.consents CASCADE",
        "UPDATE people.agreements SET title = 'x'",
        "DELETE FROM people.agreements",
        "TRUNCATE people.agreements CASCADE",
    ],
)
async def test_nothing_is_changed_or_taken_away(tx: Tx, statement: str) -> None:
    hospital = await build_hospital(tx)
    me = await people.register_person(tx, SYSTEM, a_person(), hospital.ours)
    await people.sign_consent(tx, SYSTEM, me, "privacy", hospital.ours, "v1", "h5", None)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with tx.transaction():
            await tx.execute(statement)
    assert await people.has_consent(tx, me, "privacy", hospital.ours)


async def test_only_a_published_text_can_be_signed(tx: Tx) -> None:
    """The database refuses what the service would never write."""
    hospital = await build_hospital(tx)
    me = await people.register_person(tx, SYSTEM, a_person(), hospital.ours)
    other = await people.register_person(tx, SYSTEM, a_person(), hospital.ours)
    consent = await people.sign_consent(tx, SYSTEM, me, "privacy", hospital.ours, "v1", "h5", None)
    text = await people.agreement(tx, "privacy")
    insert = """INSERT INTO people.consents
                       (id, person_id, kind, institution_id, action, revokes, text_version, text_hash, channel)
                VALUES ($1, $2, 'privacy', $3, $4, $5, 'v1', $6, 'h5')"""
    wrong = [
        (me, "signed", None, "0" * 64),  # a text that nobody published
        (other, "revoked", consent, text.content_hash),  # somebody else's signature
        (me, "revoked", None, text.content_hash),  # a revocation of nothing
        (me, "signed", consent, text.content_hash),
    ]
    for person, action, revokes, digest in wrong:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with tx.transaction():
                await tx.execute(insert, new_id(), person, hospital.ours, action, revokes, digest)
