"""What is left behind: an unbroken audit chain, and nowhere a name, number, phone or address in clear.

The last file of this folder by name, so that it looks at what all the others have left; alone it makes its own traces.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.wire.appointments import book, booking_in
from tests.wire.behind import query
from tests.wire.conftest import Platform, Vendor, eventually
from tests.wire.hospital import (
    SIGNED_UP,
    Customer,
    guide_body,
    in_days,
    report_body,
    result,
    results_body,
    sign_up,
    staff,
)

ADDRESS = "云南省大理州喜洲镇四方街八十八号"


@pytest.fixture(scope="module")
def customer(platform: Platform) -> Customer:
    """Somebody about whom everything has happened: bound, booked, guided, examined, refused, read by staff."""
    made, vendor = sign_up(platform, "司徒无踪", "1", date(1972, 9, 30), address=ADDRESS), platform.vendor()
    exam_no = str(booking_in(made, book(platform, made, in_days(12)), "booked")["exam_no"])
    vendor.push("guides", guide_body(made, exam_no, f"{made.person['name']}请空腹"))
    vendor.push(
        "results", results_body(made, exam_no, result("CHO", "7.9", abnormal_flag="H"), result("ODD", "1"))
    )
    vendor.push(
        "reports", report_body(made, exam_no, f"{made.person['name']}（{made.person['phone']}）血脂偏高")
    )
    vendor.push("reports", report_body(made, exam_no, "no pdf", "pdf"))
    stranger = {**made.person, "name": "司徒有踪", "id_number": "110101199001010015"}
    vendor.push("results", {**results_body(made, exam_no, result("CHO", "1")), "person": stranger})
    bad = {**results_body(made, exam_no, result("CHO", "1", performed_at="never"))}
    assert vendor.post("/open/v1/exam/results", bad).status_code == 422
    other = sign_up(platform, "司徒有主", "1")
    vendor.push("results", results_body(other, exam_no, result("CHO", "1")))  # 502, kept and tried again
    doctor = staff(platform, "doctor")
    doctor.get(f"/api/admin/people/persons/{made.person_id}")
    doctor.post("/api/admin/people/persons/search", json={"name": made.person["name"]})
    doctor.post("/api/admin/people/persons/search", json={"id_number": made.person["id_number"]})
    made.client.get("/api/patient/people/me")
    eventually(lambda: made.notices("report_received"))
    return made


def personal(platform: Platform, customer: Customer) -> dict[str, str]:
    """Everything that must stay sealed → what it is. Of everybody who was ever registered here."""
    people = [customer.person, *[one.person for one in SIGNED_UP]]
    people += [found["person"] for found in platform.info["customers"]]
    found: dict[str, str] = {"司徒有踪": "name", "110101199001010015": "id_number"}
    for person in people:
        for field in ("name", "id_number", "phone", "address"):
            if person.get(field):
                found[person[field]] = field
        number = person["id_number"]
        found[number[:6] + number[8:17]] = "id_number of 15 digits"
    return found


_BYTEA = re.compile(r"[0-9a-f]{12,}")


def disguises(text: str) -> Iterator[str]:
    """The ways in which a text stands in clear: as it is, and JSON-escaped."""
    yield text
    if not text.isascii():
        yield text.encode("unicode_escape").decode()


def leaks(text: str, wanted: dict[str, str]) -> set[str]:
    """Which of `wanted` stand in `text`: in clear, or as the bytes of a column that should be sealed (printed as hex)."""
    plain, stored = _BYTEA.sub(" ", text), " ".join(_BYTEA.findall(text))
    found = {kind + " " + value for value, kind in wanted.items() if value.encode().hex() in stored}
    return found | {
        kind + " " + value for value, kind in wanted.items() for form in disguises(value) if form in plain
    }


def tables(platform: Platform) -> list[str]:
    found = query(
        platform,
        """SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
            WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1""",
    )
    return [str(record["name"]) for record in found]


def dump(platform: Platform, table: str) -> str:
    """Every row of a table as PostgreSQL writes it."""
    return "\n".join(
        record["line"] for record in query(platform, f"SELECT t::text AS line FROM {table} AS t")
    )


def test_the_search_finds_what_is_there(platform: Platform, customer: Customer) -> None:
    """Or its silence would prove nothing."""
    wanted = personal(platform, customer)
    name = customer.person["name"]
    planted = (
        f"x{name}x",
        rf'(1,"\x{name.encode().hex()}")',
        '{"n": "' + name.encode("unicode_escape").decode() + '"}',
    )
    for text in planted:
        assert leaks(text, wanted) == {f"name {name}"}
    assert leaks("(1,nothing)", wanted) == set()
    assert len(wanted) > 15
    assert customer.exam_account in dump(platform, "exams.exam_accounts"), (
        "the dump shows what is stored in clear"
    )
    assert "LAB.TC" in dump(platform, "exams.results")


def test_no_personal_data_stand_in_clear_in_the_database(platform: Platform, customer: Customer) -> None:
    wanted, found = personal(platform, customer), {}
    names = tables(platform)
    assert len(names) > 50
    assert {"people.persons", "exchange.messages", "kernel.audit_log", "public.pgqueuer_log"} <= set(names)
    for table in names:
        leaked = leaks(dump(platform, table), wanted)
        if leaked:
            found[table] = leaked
    assert found == {}


def test_messages_and_documents_are_sealed(platform: Platform, customer: Customer) -> None:
    """Nor are bodies merely packed: what is stored begins with the seal's header and holds no JSON."""
    stored = query(
        platform, "SELECT body, answer FROM exchange.messages WHERE person_id = $1", customer.person_id
    )
    assert len(stored) > 5
    headers = {bytes(record["body"][:4]) for record in stored}
    assert len(headers) == 1
    for record in stored:
        for sealed in (record["body"], record["answer"]):
            if sealed is not None:
                assert b"exam_account" not in sealed
                assert b"accepted" not in sealed
                assert sealed[4:6] not in (b"\x78\x01", b"\x78\x9c"), "not a bare zlib stream"


def files_of(platform: Platform) -> list[Path]:
    """Whatever our own processes wrote: not the database's own files, nor the sandbox's, which is another house."""
    outside = (platform.home / "pg" / "data", platform.home / "sandbox")
    return [
        path
        for path in platform.home.rglob("*")
        if path.is_file() and not any(path.is_relative_to(folder) for folder in outside)
    ]


def test_no_personal_data_stand_in_any_file(platform: Platform, customer: Customer) -> None:
    wanted, found = personal(platform, customer), {}
    files = files_of(platform)
    assert {"web.log", "worker.log", "postgres.log", "upgrade.log"} <= {path.name for path in files}
    for path in files:
        leaked = leaks(path.read_text("utf-8", errors="replace"), wanted)
        if leaked:
            found[path.name] = leaked
    assert found == {}


def test_no_secret_stands_in_a_log_or_table(platform: Platform, customer: Customer, vendor: Vendor) -> None:
    session = customer.client.headers["Authorization"].removeprefix("Bearer ")
    secrets = {vendor.secret: "secret of the vendor", session: "session token"}
    secrets |= {account["password"]: "password" for account in platform.info["accounts"]}
    for path in files_of(platform):
        if path.suffix == ".log":
            assert leaks(path.read_text("utf-8", errors="replace"), secrets) == set(), path.name
    for table in tables(platform):
        assert leaks(dump(platform, table), secrets) == set(), table


def test_every_message_about_a_person_is_in_the_audit_trail(platform: Platform, customer: Customer) -> None:
    """Waiting entries count: the worker chains them within seconds."""
    unheard = query(
        platform,
        """SELECT interface, state, id FROM exchange.messages AS m
            WHERE person_id IS NOT NULL AND state <> 'sending'
              AND NOT EXISTS (SELECT FROM kernel.audit_log WHERE subject = 'exchange.messages/' || m.id)
              AND NOT EXISTS (SELECT FROM kernel.audit_inbox WHERE subject = 'exchange.messages/' || m.id)""",
    )
    assert [tuple(record) for record in unheard] == []
    heard = query(
        platform,
        """SELECT action FROM kernel.audit_log WHERE person_id = $1
            UNION SELECT action FROM kernel.audit_inbox WHERE person_id = $1""",
        customer.person_id,
    )
    actions = {record["action"] for record in heard}
    for expected in ("exchange.k1.send", "exchange.h2.receive", "exchange.h3.receive", "exchange.h4.receive"):
        assert expected in actions


def test_the_audit_chain_is_unbroken(platform: Platform, customer: Customer) -> None:
    eventually(lambda: query(platform, "SELECT count(*) AS n FROM kernel.audit_inbox")[0]["n"] < 50)
    chained = query(platform, "SELECT count(*) AS n, max(seq) AS last FROM kernel.audit_log")[0]
    assert chained["n"] == chained["last"] > 20
    verified = platform.command("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    checked = max(int(number) for number in re.findall(r"\d+", verified.stdout.replace(",", "")))
    assert checked >= chained["n"]


def test_jobs_and_events_carry_no_more_than_ids(platform: Platform, customer: Customer) -> None:
    payloads = query(
        platform, "SELECT convert_from(payload, 'UTF8') AS text FROM pgqueuer WHERE payload IS NOT NULL"
    )
    for record in payloads:
        assert not re.search(r"[\u4e00-\u9fff]", record["text"]), record["text"]
        assert leaks(record["text"], personal(platform, customer)) == set()
