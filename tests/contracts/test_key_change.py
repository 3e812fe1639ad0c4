"""Every sealed column gets a new key, and everything still opens: for the process that changed it and for those that run on."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kanghu.kernel.config import Settings
from kanghu.kernel.crypto import SealBroken, Vault, new_secrets, vault
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.main import rotation
from kanghu.modules.messaging.repository import media
from kanghu.modules.people import public as people
from kanghu.modules.people.repository import identity_checks
from kanghu.modules.people.service import checking
from tests.wire.hospital import citizen_number

from ..copies import Copies
from .house import House, built, everything

# Bytes that are no sealed value: hashes and blind indexes, told by their comment.
NOT_SEALED = ("盲索引", "摘要", "SHA-256", "校验码")


@dataclass(frozen=True)
class Sealed:
    """A sealed column: what its values are bound to follows from its name and the row's key."""

    table: str
    column: str
    key: str

    @property
    def context(self) -> str:
        return f"{self.table}.{self.column.removesuffix('_sealed')}"


@pytest.fixture
def own_keys(tmp_path: Path) -> Iterator[Path]:
    """Keys of this test's own in a file; the other tests' keys come back afterwards."""
    kept = dict(vault.__dict__)
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps(new_secrets()), encoding="utf-8")
    vault.load_file(path)
    yield path
    vault.__dict__.update(kept)


@pytest.fixture
async def lived(copies: Copies, own_keys: Path) -> AsyncIterator[House]:
    async with copies.opened(size=4) as database, built(database) as house:
        await _begin_a_face_check(house)
        await _convert_a_media(house)
        yield house


async def sealed_columns(database: Database) -> list[Sealed]:
    async with database.transaction() as tx:
        found = await tx.fetch(
            """SELECT c.oid::regclass::text AS table, a.attname AS column,
                      (SELECT p.attname FROM pg_index i JOIN pg_attribute p
                                  ON p.attrelid = c.oid AND p.attnum = i.indkey[0]
                        WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
                      coalesce(col_description(c.oid, a.attnum), '') AS comment
                 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE c.relkind = 'r' AND a.atttypid = 'bytea'::regtype AND a.attnum > 0 AND NOT a.attisdropped
                  AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'public')
                ORDER BY 1, 2"""
        )
    return [
        Sealed(one["table"], one["column"], one["key"])
        for one in found
        if not any(word in one["comment"] for word in NOT_SEALED)
    ]


async def values(database: Database, sealed: Sealed) -> dict[Any, bytes]:
    async with database.transaction() as tx:
        found = await tx.fetch(
            f"SELECT {sealed.key} AS key, {sealed.column} AS value FROM {sealed.table} WHERE {sealed.column} IS NOT NULL"
        )
    return {one["key"]: one["value"] for one in found}


async def test_a_new_key_reaches_every_sealed_value(lived: House, own_keys: Path) -> None:
    columns = await sealed_columns(lived.database)
    assert {f"{sealed.table}.{sealed.column}" for sealed in columns} == {
        "accounts.accounts.display_name_sealed", "accounts.accounts.phone_sealed", "accounts.api_secrets.secret_sealed",
        "accounts.phone_codes.message_sealed", "accounts.totp.secret_sealed", "exams.guides.content", "exams.guides.original", "exams.reports.content",
        "exams.reports.original", "exchange.messages.answer", "exchange.messages.body", "exchange.vendors.call_secret",
        "kernel.exports.content", "messaging.media.content", "messaging.media.playable", "messaging.media.thumbnail", "messaging.messages.content", "messaging.service_sessions.comment",
        "messaging.service_sessions.summary", "messaging.transfers.note", "notices.deliveries.address", "notices.emails.code", "notices.emails.email",
        "notices.notices.body", "notices.notices.title", "people.id_card_pictures.content",
        "people.identity_checks.ticket", "people.persons.address_sealed",
        "people.persons.id_number_sealed", "people.persons.name_sealed", "people.persons.phone_sealed",
        "wechat.accounts.callback_keys", "wechat.accounts.secret", "wechat.inbox.body", "wechat.materials.content",
            "wechat.materials.playable", "wechat.materials.thumbnail", "wechat.tokens.value",
    }  # fmt: skip
    before = {sealed: await values(lived.database, sealed) for sealed in columns}
    assert [sealed for sealed, found in before.items() if not found] == [], "nothing to seal again there"
    plain = {
        (sealed, key): vault.open_bytes(value, sealed.context, key)
        for sealed, found in before.items()
        for key, value in found.items()
    }
    running = Vault()
    running.load_file(own_keys)
    old = vault.current_header()

    await rotation.rotate(Settings(home=own_keys.parent), lived.database)

    assert vault.current_header() != old
    for sealed in columns:
        after = await values(lived.database, sealed)
        assert after.keys() >= before[sealed].keys()
        for key, value in after.items():
            assert value[:4] == vault.current_header(), f"{sealed.table}.{sealed.column} {key}"
            assert vault.open_bytes(value, sealed.context, key) == plain[sealed, key]
            # A process that started before knows the old keys only, and reads the file again.
            assert running.open_bytes(value, sealed.context, key) == plain[sealed, key]
    await _all_is_readable(lived)


async def _convert_a_media(house: House) -> None:
    media_id = house.sides["ours"].ids["media_id"]
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE messaging.messages SET kind = 'voice' WHERE media_id = $1::uuid", media_id)
        await tx.execute(
            "UPDATE messaging.media SET kind = 'voice', conversion = 'waiting' WHERE id = $1::uuid", media_id
        )
        assert await media.converted(tx, media_id, "done", 1000, b"a voice", b"a picture")


async def _begin_a_face_check(house: House) -> None:
    """Of somebody new: whoever is here has sent an id card, and a person has one check at a time."""
    side = house.sides["ours"]
    born = date(1991, 2, 3)
    someone = people.PersonInput(
        name="查验人", sex="2", birth_date=born, id_type="01", id_number=citizen_number(born, "2", 71)
    )
    async with house.database.transaction() as tx:
        person = await people.register_person(tx, SYSTEM, someone, side.institution)
        caller = Caller(kind="customer", person_id=person, institution_id=side.institution)
        await people.sign_consent(tx, caller, person, "face_check", side.institution, "v1", "h5", None)
        check, _person = await checking.begin(tx, caller, "tencent_face", timedelta(minutes=2))
        ticket = vault.seal("a session", identity_checks.TICKET, check.id)
        assert await identity_checks.hand_out(tx, check.id, "N1", ticket, check.expires_at)


async def _all_is_readable(house: House) -> None:
    """Over HTTP, with the sessions, passwords, second factors and signatures from before."""
    side = house.sides["ours"]
    me = await house.sign_in("customer-ours")
    assert (await house.call("GET", "/api/patient/people/me", me))["name"] == side.person_name
    boss = house.stand_in(everything())
    for path in (
        f"/api/admin/people/persons/{side.person}/id-number",
        f"/api/admin/exchange/messages/{side.ids['message_id']}?masked=false",
        f"/api/admin/exams/bookings/{side.ids['booking_id']}/guide",
        f"/api/admin/exams/bookings/{side.ids['booking_id']}/reports",
        f"/api/admin/accounts/accounts/{side.ids['account_id']}",
    ):
        assert await house.call("GET", path, boss)
    assert await house.call("GET", "/api/patient/notices", me)
    conversation = f"/api/admin/messaging/conversations/{side.ids['conversation_id']}"
    for path in ("", "/messages", "/service-sessions"):
        assert await house.call("GET", f"{conversation}{path}", boss)
    answer = await house.push(side, "checklist-queries", {"exam_account": side.exam_account})
    assert answer["accepted"] is True


async def test_a_change_of_keys_that_was_interrupted_is_finished_by_the_next_one(
    lived: House, own_keys: Path
) -> None:
    columns = await sealed_columns(lived.database)
    path, kept = own_keys, json.loads(own_keys.read_text(encoding="utf-8"))
    path.write_text(json.dumps(rotation.add_vault_key(kept)), encoding="utf-8")
    vault.load_file(path)
    for _name, reseal in rotation.RESEALERS:
        async with lived.database.transaction() as tx:
            await reseal(tx, 1)
    headers = {value[:4] for sealed in columns for value in (await values(lived.database, sealed)).values()}
    assert len(headers) == 2, "half of it under the new key"

    await rotation.rotate(Settings(home=path.parent), lived.database)

    for sealed in columns:
        for key, value in (await values(lived.database, sealed)).items():
            assert value[:4] == vault.current_header()
            vault.open_bytes(value, sealed.context, key)


async def test_the_other_cipher_is_a_change_too(lived: House, own_keys: Path) -> None:
    """KANGHU_CIPHER=SM4-GCM: what AES sealed is sealed by SM4 afterwards."""
    await rotation.rotate(Settings(home=own_keys.parent, cipher="SM4-GCM"), lived.database)
    for sealed in await sealed_columns(lived.database):
        for key, value in (await values(lived.database, sealed)).items():
            assert value[1] == 2
            vault.open_bytes(value, sealed.context, key)


async def test_a_value_opens_nowhere_but_in_its_own_place(lived: House) -> None:
    columns = await sealed_columns(lived.database)
    for place, sealed in enumerate(columns):
        key, value = next(iter((await values(lived.database, sealed)).items()))
        with pytest.raises(SealBroken):
            vault.open_bytes(value, sealed.context, new_id())
        with pytest.raises(SealBroken):
            vault.open_bytes(value, columns[place - 1].context, key)


def test_every_resealer_is_of_the_module_whose_values_it_seals() -> None:
    modules = {reseal.__module__.split(".")[2] for _name, reseal in rotation.RESEALERS}
    assert modules == {"people", "accounts", "exams", "messaging", "notices", "exchange", "exports", "wechat"}
