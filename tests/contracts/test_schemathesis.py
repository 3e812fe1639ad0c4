"""Whatever the documents allow, and what they don't: no answer is an error of ours, and every answer is as documented."""

import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

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

from kanghu.kernel.ids import new_id
from kanghu.kernel.security import PERMISSIONS, Caller, Scope
from kanghu.main.app import create_app
from kanghu.modules.exchange.wire import examples
from kanghu.modules.exchange.wire.signature import signed_headers

from ..copies import Copies
from .house import SECRET, House, Side, Undone, built
from .requests import CALLING_WECHAT, body_of, values_of
from .test_openapi import DOCUMENTS

EXAMPLES = int(os.environ.get("KANGHU_FUZZ_EXAMPLES", "4"))
"""Per operation and mode. With 60 of each, and 400 of each for the open interfaces, nothing more was found."""

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMAS = {name: schemathesis.openapi.from_dict(document) for name, document in DOCUMENTS.items()}
OPERATIONS = {
    (name, operation.definition.raw["operationId"]): operation
    for name, schema in SCHEMAS.items()
    for operation in (found.ok() for found in schema.get_all_operations())
}


@dataclass
class Lived:
    """A house that every request finds as it was built, and how the requests come in."""

    app: "FromHere"
    client: ASGIClient
    side: Side
    common: dict[str, Any]
    headers: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
async def furnished(copies: Copies) -> AsyncIterator[House]:
    async with copies.opened(size=4) as database, built(database) as house:
        # Nobody listens there: calls of vendors fail at once.
        async with database.transaction() as tx:
            await tx.execute("UPDATE exchange.vendors SET base_url = 'http://127.0.0.1:9'")
            await tx.execute("UPDATE accounts.api_apps SET rate_per_minute = 1000000")
        yield house


class FromHere:
    """The application as it is reached from this machine: the client of these tests has no address."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app({**scope, "client": ("127.0.0.1", 50000)}, receive, send)


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
    app = FromHere(create_app(Undone(furnished.database.dsn, size=4), furnished.authenticate))
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
    known = values_of(operation, lived.side, lived.common)
    case.path_parameters = {name: str(known.get(name, value)) for name, value in case.path_parameters.items()}
    if isinstance(case.body, dict):
        case.body = with_known(case.body, known)
        good = body_of(operation, lived.side, lived.common)
        if how == "mixed" and isinstance(good, dict):
            kept = sorted(case.body)[:1]
            case.body = {**case.body, **{name: value for name, value in good.items() if name not in kept}}


def good_case(lived: Lived, described: Any, operation: str) -> Any:
    """What a screen would send."""
    known = values_of(operation, lived.side, lived.common)
    named = re.findall(r"\{(\w+)\}", described.path)
    body = body_of(operation, lived.side, lived.common)
    return described.Case(
        path_parameters={name: str(known[name]) for name in named},
        query=good_query(described, known),
        **({} if body is None else {"body": body, "media_type": media_type_of(body)}),
    )


def media_type_of(body: Any) -> str:
    return "application/octet-stream" if isinstance(body, bytes) else "application/json"


def good_query(described: Any, known: dict[str, Any]) -> dict[str, str]:
    required = [
        param["name"]
        for param in described.definition.raw.get("parameters", [])
        if param["in"] == "query" and param.get("required")
    ]
    return {name: str({**known, "permission": "people.person.read"}[name]) for name in required}


def send_signed(lived: Lived, case: Any) -> requests.Response:
    body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    path = case.operation.path
    headers = signed_headers(lived.side.app, SECRET, "POST", path, body)
    return lived.client.post(path, data=body, headers={**headers, "Content-Type": "application/json"})


def check(lived: Lived, audience: str, operation: str, case: Any) -> int:
    """The status of an answer that is as documented and no fault of ours."""
    if audience == "open":
        answer: Any = send_signed(lived, case)
    else:
        answer = case.call(session=lived.client, app=lived.app, headers=lived.headers[audience])
    # 502: the vendor, or WeChat, whom this route calls is not there.
    expected = answer.status_code == 502 and operation in CALLS_OUT
    assert answer.status_code < 500 or expected, (case.body, answer.text)
    case.validate_response(answer, checks=CHECKS)
    status: int = answer.status_code
    return status


@pytest.mark.parametrize(("audience", "operation"), list(OPERATIONS), ids=str)
def test_a_good_request_is_answered_as_documented(lived: Lived, audience: str, operation: str) -> None:
    if audience == "open":
        interface = INTERFACES[operation]
        case = OPERATIONS[audience, operation].Case(
            body=examples.REQUESTS[interface], media_type="application/json"
        )
        assert check(lived, audience, operation, case) == 200
        return
    status = check(lived, audience, operation, good_case(lived, OPERATIONS[audience, operation], operation))
    # 409: not in the state of these things, or with an old revision; but it is there and may be asked for.
    assert status < 300 or status in REFUSED.get(operation, (409,)), status


CALLS_OUT = (
    "exchange_bind_account",
    "wechat_clear_quota",
    "wechat_publish_menu",
    "wechat_roll_back_menu",
    "wechat_list_templates",
    "wechat_preview_broadcast",
    "wechat_compare_menu",
    *CALLING_WECHAT,
)

INTERFACES = {
    "exchange_query_checklist": "H1",
    "exchange_push_guide": "H2",
    "exchange_push_results": "H3",
    "exchange_push_report": "H4",
    "exchange_change_items": "H5",
}
# Good requests whose answer is a refusal here: an empty draft, a wrong password or code, a vendor who is not there, …
REFUSED = {
    "catalog_submit_tree": (422,),
    "forms_publish_version": (422,),
    "forms_complete_response": (422,),
    "people_sign_up": (422,),
    "accounts_sign_in": (401,),
    "accounts_sign_in_by_phone": (422,),
    "accounts_reset_password_by_phone": (422,),
    "accounts_revoke_session": (404,),
    "accounts_sign_in_by_wechat": (403,),
    "accounts_sign_in_by_mini_program": (422,),
    "accounts_bind_wechat": (403, 409),
    "accounts_unbind_wechat": (404,),
    "exchange_bind_account": (502,),
    "wechat_clear_quota": (502,),
    "wechat_publish_menu": (502,),
    "wechat_roll_back_menu": (409, 502),
    "notices_confirm_own_email": (422,),
    "wechat_preview_broadcast": (502,),
    "wechat_list_templates": (502,),
    "wechat_compare_menu": (502,),
    **dict.fromkeys(CALLING_WECHAT, (502,)),
}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize(("audience", "operation"), list(OPERATIONS), ids=str)
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
        check(lived, audience, operation, case)

    if mode is GenerationMode.NEGATIVE and not can_be_wrong(described):
        # Nothing can be wrong with a request that has neither parameters nor a body; the good one was tried.
        return
    answers()


def can_be_wrong(described: Any) -> bool:
    raw = described.definition.raw
    return bool(raw.get("requestBody") or raw.get("parameters"))
