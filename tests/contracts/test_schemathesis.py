"""Whatever the documents allow, and what they don't: no answer is an error of ours, and every answer is as documented."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.python.asgi import ASGIClient, get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import PERMISSIONS, Caller, Scope
from kanghu.main.app import create_app
from kanghu.modules.exchange.wire.signature import signed_headers

from ..conftest import TEMPLATE, dsn_of
from .house import SECRET, House, Side, built
from .requests import BODIES, GLOBAL
from .test_openapi import DOCUMENTS

EXAMPLES = int(os.environ.get("KANGHU_FUZZ_EXAMPLES", "5"))
"""Per operation and mode; a hundred find nothing more at the time of writing."""

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMAS = {name: schemathesis.openapi.from_dict(document) for name, document in DOCUMENTS.items()}
OPERATIONS = {
    (name, operation.definition.raw["operationId"]): operation
    for name, schema in SCHEMAS.items()
    for operation in (found.ok() for found in schema.get_all_operations())
}


@dataclass
class Lived:
    """A house that the requests may turn upside down, and how they come in."""

    app: FastAPI
    client: ASGIClient
    side: Side
    common: dict[str, Any]
    headers: dict[str, dict[str, str]]

    def known(self) -> dict[str, Any]:
        return {**GLOBAL, **self.common, **self.side.ids}


@pytest.fixture(scope="module")
async def furnished(server: str, template: str) -> AsyncIterator[House]:
    name = f"fuzz_{new_id().hex}"
    admin = await asyncpg.connect(server)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    await admin.close()
    database = Database(dsn_of(server, name), size=4)
    await database.open()
    async with built(database) as house:
        # Nobody listens there: calls of vendors fail at once.
        async with database.transaction() as tx:
            await tx.execute("UPDATE exchange.vendors SET base_url = 'http://127.0.0.1:9'")
            await tx.execute("UPDATE accounts.api_apps SET rate_per_minute = 1000000")
        await database.close()
        yield house


@pytest.fixture(scope="module")
def lived(furnished: House) -> Iterator[Lived]:
    side = furnished.sides["ours"]
    staff = Caller(
        kind="staff",
        account_id=side.ids["staff"],
        session_id=new_id(),
        institution_id=side.institution,
        department_id=side.department,
        grants=dict.fromkeys(PERMISSIONS, Scope(everything=True)),
    )
    customer = Caller(
        kind="customer",
        account_id=side.ids["customer_id"],
        session_id=side.ids["session_id"],
        institution_id=side.institution,
        person_id=side.person,
        grants={name: Scope(persons=(side.person,)) for name in PERMISSIONS if ".own." in name},
    )
    headers = {"admin": furnished.stand_in(staff), "patient": furnished.stand_in(customer)}
    app = create_app(Database(furnished.database.dsn, size=4), furnished.authenticate)
    with get_client(app) as client:
        yield Lived(app, client, side, furnished.common, headers)


def with_known(value: Any, known: dict[str, Any]) -> Any:
    """The value with real ids wherever a field is called like one."""
    if isinstance(value, dict):
        return {
            name: str(known[name]) if name in known and isinstance(part, str) else with_known(part, known)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [with_known(part, known) for part in value]
    return value


def closer_to_life(lived: Lived, operation: str, case: Any, how: str) -> None:
    """Random ids are never found: `ids` puts real ones in, `mixed` also takes most of a good body."""
    if how == "as_is":
        return
    known = lived.known()
    case.path_parameters = {name: str(known.get(name, value)) for name, value in case.path_parameters.items()}
    if isinstance(case.body, dict):
        case.body = with_known(case.body, known)
        if how == "mixed" and operation in BODIES:
            good = BODIES[operation](lived.side)
            kept = sorted(case.body)[:1]
            case.body = {**case.body, **{name: value for name, value in good.items() if name not in kept}}


def send_signed(lived: Lived, case: Any) -> requests.Response:
    body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    path = case.operation.path
    headers = signed_headers(lived.side.app, SECRET, "POST", path, body)
    return lived.client.post(path, data=body, headers={**headers, "Content-Type": "application/json"})


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize(("audience", "operation"), list(OPERATIONS), ids=lambda part: str(part))
def test_answers_are_as_documented(lived: Lived, audience: str, operation: str, mode: GenerationMode) -> None:
    described = OPERATIONS[audience, operation]
    ways = ["as_is", "ids", "mixed"] if mode is GenerationMode.POSITIVE else ["as_is", "ids"]

    @given(case=described.as_strategy(generation_mode=mode), how=st.sampled_from(ways))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers(case: Any, how: str) -> None:
        closer_to_life(lived, operation, case, how)
        if audience == "open":
            answer: Any = send_signed(lived, case)
        else:
            answer = case.call(session=lived.client, app=lived.app, headers=lived.headers[audience])
        # 502: the vendor whom this route calls is not there.
        expected = answer.status_code == 502 and operation == "exchange_bind_account"
        assert answer.status_code < 500 or expected, (case.body, answer.text)
        case.validate_response(answer, checks=CHECKS)

    if mode is GenerationMode.NEGATIVE and not can_be_wrong(described):
        # Nothing can be wrong with a request that has neither parameters nor a body; the good one was tried.
        return
    answers()


def can_be_wrong(described: Any) -> bool:
    raw = described.definition.raw
    return bool(raw.get("requestBody") or raw.get("parameters"))
