"""The examples of the open document are true: posted as they stand, they get the answers that stand beside them."""

import json
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI

from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM
from kanghu.main.app import create_app
from kanghu.modules.accounts import public as accounts
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange import public as exchange
from kanghu.modules.exchange.wire import examples
from kanghu.modules.exchange.wire.signature import signed_headers
from kanghu.modules.forms import public as forms
from kanghu.modules.people import public as people
from kanghu_sandbox.exam_centre.app import create_app as create_centre
from kanghu_sandbox.exam_centre.settings import Settings as CentreSettings

from .house import ANSWERS, SECRET, House, everything
from .test_openapi import DOCUMENTS

OPEN = DOCUMENTS["open"]
PATHS = {
    "H1": "/open/v1/exam/checklist-queries",
    "H2": "/open/v1/exam/guides",
    "H3": "/open/v1/exam/results",
    "H4": "/open/v1/exam/reports",
    "H5": "/open/v1/exam/item-changes",
}
# The order in which a vendor would say these things.
ORDER = ["H5", "H1", "H2", "H3", "H4"]


def valid(schema: dict[str, Any], value: Any) -> bool:
    whole = {**schema, "components": OPEN["components"]}
    return jsonschema_rs.is_valid(whole, value)


def described(interface: str) -> dict[str, Any]:
    if interface in OPEN["webhooks"]:
        found: dict[str, Any] = OPEN["webhooks"][interface]["post"]
        return found
    found = OPEN["paths"][PATHS[interface]]["post"]
    return found


def body_schema(interface: str) -> dict[str, Any]:
    found: dict[str, Any] = described(interface)["requestBody"]["content"]["application/json"]["schema"]
    return found


def answer_schema(interface: str) -> dict[str, Any]:
    found: dict[str, Any] = described(interface)["responses"]["200"]["content"]["application/json"]["schema"]
    return found


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """A vendor, and the person of the examples, bound to the account of the examples."""
    made = House(database, FastAPI(), httpx.AsyncClient())
    made.app = create_app(database, made.authenticate)
    vendor = new_id()
    async with database.transaction() as tx:
        institution = await accounts.create_institution(tx, "ours", "康护医院")
        await exchange.ensure_vendor(
            tx, vendor_id=vendor, name="体检系统", institution_id=institution, base_url="http://127.0.0.1:9",
            url_hosts=[], call_app_id="kanghu", call_secret=SECRET,
        )  # fmt: skip
        app_id = f"vendor-{new_id().hex[-8:]}"
        await accounts.create_api_app(
            tx, app_id=app_id, name="体检系统", institution_id=institution, vendor_id=vendor, secret=SECRET
        )
        given = examples.PERSON
        born = given["birth_date"]
        person = await people.register_person(
            tx,
            SYSTEM,
            people.PersonInput(**{**given, "birth_date": date(int(born[:4]), int(born[4:6]), int(born[6:]))}),
            institution,
        )
        await exams.bind_account(tx, SYSTEM, vendor, institution, person, examples.ACCOUNT)
        await forms.save_completed(tx, person, "health_self_test", ANSWERS, SYSTEM)
    made.common = {"vendor": vendor, "app": app_id}
    transport = httpx.ASGITransport(made.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        made.client = client
        yield made


async def post(house: House, interface: str, content: Any) -> Any:
    path, body = PATHS[interface], json.dumps(content).encode()
    request_id = new_id().hex
    headers = signed_headers(house.common["app"], SECRET, "POST", path, body)
    answer = await house.client.post(
        path,
        content=body,
        headers={**headers, "Content-Type": "application/json", "X-Request-Id": request_id},
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert valid(answer_schema(interface), found)
    assert found.pop("request_id") == request_id
    return found


def without_id(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "request_id"}


async def confirm(house: House) -> None:
    boss, vendor = house.stand_in(everything()), house.common["vendor"]
    listed = await house.call("GET", f"/api/admin/catalog/vendors/{vendor}/items", boss)
    choices = [
        {"vendor_item_code": item["code"], "item_code": "LAB.FPG", "seen": item["changed_at"]}
        for item in listed["items"]
    ]
    await house.call(
        "POST", f"/api/admin/catalog/vendors/{vendor}/mappings/confirm", boss, {"mappings": choices}
    )


async def test_requests_get_the_answers_beside_them(house: House) -> None:
    for interface in ORDER:
        answer = await post(house, interface, examples.REQUESTS[interface])
        expected = without_id(examples.ANSWERS[interface])
        if interface == "H1":
            # The document shows one line of the list; the real one is as long as the person needs.
            lines, shown = answer["data"].pop("items"), expected["data"].copy()
            assert [line for line in lines if line["item_code"]] == shown.pop("items")
            assert len(lines) > 10
            expected = {**expected, "data": shown}
        assert answer == expected, interface
        if interface == "H5":
            await confirm(house)


async def test_refusals_are_as_shown(house: House) -> None:
    stranger = {**examples.PERSON, "name": "李建国"}
    asked = {
        "H1": {"exam_account": "TJ20269999"},
        "H2": {**examples.REQUESTS["H2"], "guide": {"kind": "url", "content": "http://10.0.0.1/guide"}},
        "H3": {**examples.REQUESTS["H3"], "person": stranger},
        "H4": {**examples.REQUESTS["H4"], "person": stranger},
    }
    assert set(asked) | {"K1", "K2"} == set(examples.REFUSED)
    for interface, content in asked.items():
        assert await post(house, interface, content) == without_id(examples.REFUSED[interface]), interface


@pytest.mark.parametrize("interface", ["K1", "K2", *PATHS])
def test_examples_are_what_the_schemas_say(interface: str) -> None:
    assert valid(body_schema(interface), examples.REQUESTS[interface])
    for answers in (examples.ANSWERS, examples.REFUSED):
        if interface in answers:
            assert valid(answer_schema(interface), answers[interface])
    assert not valid(body_schema(interface), {})
    assert not valid(answer_schema(interface), {**examples.ANSWERS[interface], "accepted": "yes"})


# --- what the vendor serves --------------------------------------------------------------------------------------


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The exam centre of the sandbox: it serves K1 and K2 and shares no code with the platform."""
    (tmp_path / "inbound").write_text("inbound-secret-inbound-secret\n")
    (tmp_path / "outbound").write_text("outbound-secret-outbound-secret\n")
    chosen = CentreSettings(
        home=tmp_path / "home", platform_url="http://127.0.0.1:9", app_id="centre", inbound_app_id="kanghu",
        secret_file=tmp_path / "outbound", inbound_secret_file=tmp_path / "inbound",
    )  # fmt: skip
    app = create_centre(chosen)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            yield client


async def test_k1_and_k2_as_documented_are_what_a_vendor_serves(centre: httpx.AsyncClient) -> None:
    async def call(path: str, content: Any) -> Any:
        body = json.dumps(content).encode()
        headers = signed_headers("kanghu", "inbound-secret-inbound-secret", "POST", path, body)
        answer = await centre.post(
            path, content=body, headers={**headers, "Content-Type": "application/json"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    bound = await call("/exam/v1/account-bindings", examples.REQUESTS["K1"])
    assert bound["accepted"] is True
    assert valid(answer_schema("K1"), bound)
    tomorrow = time.strftime("%Y%m%d", time.localtime(time.time() + 86400))
    wanted = {
        **examples.REQUESTS["K2"],
        "exam_account": bound["data"]["exam_account"],
        "appointment_date": tomorrow,
    }
    booked = await call("/exam/v1/appointments", wanted)
    assert booked["accepted"] is True, booked
    assert valid(answer_schema("K2"), booked)
    refused = await call("/exam/v1/appointments", {**wanted, "appointment_date": "20200101"})
    assert refused["accepted"] is False
    assert [message["code"] for message in refused["messages"]] == ["201"]
    assert valid(answer_schema("K2"), refused)
