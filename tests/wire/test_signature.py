"""The signature of every call: who signed, what, when, and only once (transport faults carry HTTP 401)."""

import time
from typing import Any

import httpx
import pytest

from kanghu_sandbox.wire.signature import Credentials, new_nonce, signed_headers
from tests.wire.conftest import Platform, Vendor, eventually
from tests.wire.hospital import demo_vendor, staff
from tests.wire.scripted import new_app

PATH = "/open/v1/exam/checklist-queries"
BODY = b'{"exam_account": "TJ-NOBODY"}'


def call(vendor: Vendor, headers: dict[str, str], body: bytes = BODY, path: str = PATH) -> httpx.Response:
    return vendor.client.post(
        vendor.url + path, content=body, headers={"Content-Type": "application/json", **headers}
    )


def signed(vendor: Vendor, **changes: Any) -> dict[str, str]:
    """Headers of a right call but for `changes` of what is signed."""
    given: dict[str, Any] = {
        "secret": vendor.secret,
        "sign_type": "HMAC-SHA256",
        "app_id": vendor.app_id,
        "method": "POST",
        "target": PATH,
        "body": BODY,
        "at": int(time.time()),
        "nonce": new_nonce(),
        **changes,
    }
    credentials = Credentials(given["app_id"], (given["secret"],), given["sign_type"])
    return signed_headers(
        credentials,
        given["method"],
        given["target"],
        given["body"],
        timestamp=given["at"],
        nonce=given["nonce"],
    )


def refused(answer: httpx.Response, code: str) -> None:
    assert answer.status_code == 401, answer.text
    fault = answer.json()
    assert fault["code"] == f"exchange.{code}"
    assert set(fault) == {"code", "message", "request_id"}, "no envelope: nothing of business happened"
    assert fault["message"]


def accepted(answer: httpx.Response) -> None:
    assert answer.status_code == 200, answer.text
    assert [message["code"] for message in answer.json()["messages"]] == ["301"]


@pytest.mark.parametrize("sign_type", ["HMAC-SHA256", "HMAC-SM3"])
def test_a_right_signature_passes(vendor: Vendor, sign_type: str) -> None:
    accepted(call(vendor, signed(vendor, sign_type=sign_type)))


def test_sha256_is_the_default(vendor: Vendor) -> None:
    headers = signed(vendor)
    del headers["X-Sign-Type"]
    accepted(call(vendor, headers))


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "not-the-secret"},
        {"app_id": "no-such-app"},
        {"method": "PUT"},
        {"target": "/open/v1/exam/guides"},
        {"target": PATH + "?page=1"},
        {"body": BODY + b" "},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_anything_else_signed_is_refused(vendor: Vendor, changes: dict[str, Any]) -> None:
    refused(call(vendor, signed(vendor, **changes)), "signature_invalid")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Timestamp", "a second ago"),
        ("X-Nonce", "another-nonce-of-the-caller"),
        ("X-Sign-Type", "HMAC-SM3"),
        ("X-Sign-Type", "HMAC-MD5"),
        ("X-Signature", "0" * 64),
        ("X-Signature", "é"),
    ],
)
def test_a_changed_header_is_refused(vendor: Vendor, name: str, value: str) -> None:
    headers: dict[str, Any] = signed(vendor)
    if name == "X-Timestamp":
        value = str(int(headers[name]) - 1)
    headers[name] = value.encode("latin-1")
    refused(call(vendor, headers), "signature_invalid")


def test_an_upper_case_signature_is_refused(vendor: Vendor) -> None:
    headers = signed(vendor)
    refused(call(vendor, {**headers, "X-Signature": headers["X-Signature"].upper()}), "signature_invalid")


def test_unknown_app_and_wrong_secret_look_alike(vendor: Vendor) -> None:
    one = call(vendor, signed(vendor, app_id="no-such-app")).json()
    other = call(vendor, signed(vendor, secret="x")).json()
    assert {**one, "request_id": ""} == {**other, "request_id": ""}


@pytest.mark.parametrize("name", ["X-App-Id", "X-Timestamp", "X-Nonce", "X-Signature"])
def test_a_missing_header_is_named(vendor: Vendor, name: str) -> None:
    headers = signed(vendor)
    del headers[name]
    answer = call(vendor, headers)
    refused(answer, "signature_missing")
    assert name in answer.json()["message"]


@pytest.mark.parametrize("seconds", [-301, -3600, 302, 3600])
def test_a_clock_that_is_off_is_refused(vendor: Vendor, seconds: int) -> None:
    refused(call(vendor, signed(vendor, at=int(time.time()) + seconds)), "timestamp_outside_window")


@pytest.mark.parametrize("seconds", [-298, -60, 60, 299])
def test_a_clock_that_is_a_little_off_passes(vendor: Vendor, seconds: int) -> None:
    accepted(call(vendor, signed(vendor, at=int(time.time()) + seconds)))


@pytest.mark.parametrize("timestamp", ["now", "1.5e9", "-1", "１７０００００００", "9" * 13])
def test_a_timestamp_that_is_no_number_is_refused(vendor: Vendor, timestamp: str) -> None:
    headers: dict[str, Any] = {**signed(vendor), "X-Timestamp": timestamp.encode()}
    answer = call(vendor, headers)
    assert answer.status_code == 401
    assert answer.json()["code"] in ("exchange.timestamp_outside_window", "exchange.signature_missing")


@pytest.mark.parametrize("nonce", ["short", "a" * 15, "a" * 65, "with a blank inside it"])
def test_a_nonce_of_another_form_is_refused(vendor: Vendor, nonce: str) -> None:
    refused(call(vendor, signed(vendor, nonce=nonce)), "nonce_invalid")


@pytest.mark.parametrize("length", [16, 64])
def test_the_shortest_and_the_longest_nonce_pass(vendor: Vendor, length: int) -> None:
    accepted(call(vendor, signed(vendor, nonce=(new_nonce() * 2)[:length])))


def test_a_nonce_is_good_for_one_call(vendor: Vendor) -> None:
    headers = signed(vendor)
    accepted(call(vendor, headers))
    refused(call(vendor, headers), "nonce_replayed")
    accepted(call(vendor, signed(vendor)))


def test_a_stranger_cannot_use_up_a_nonce(vendor: Vendor) -> None:
    headers = signed(vendor)
    refused(call(vendor, {**headers, "X-Signature": "0" * 64}), "signature_invalid")
    accepted(call(vendor, headers))


def test_two_apps_may_choose_the_same_nonce(platform: Platform, vendor: Vendor) -> None:
    other = new_app(platform, demo_vendor(platform))
    nonce = new_nonce()
    accepted(call(vendor, signed(vendor, nonce=nonce)))
    accepted(call(other, signed(other, nonce=nonce)))


@pytest.mark.parametrize("query", ["trace=1", "a=1&b=%E5%BA%B7", "", "x?y=1"])
def test_the_query_string_is_signed_as_it_stands(vendor: Vendor, query: str) -> None:
    target = f"{PATH}?{query}" if query else PATH
    accepted(call(vendor, signed(vendor, target=target), path=target))
    if query:
        refused(call(vendor, signed(vendor), path=target), "signature_invalid")


def test_an_app_without_sm3_may_not_use_it(platform: Platform) -> None:
    app = new_app(platform, demo_vendor(platform), sign_types=["HMAC-SHA256"])
    refused(call(app, signed(app, sign_type="HMAC-SM3")), "signature_invalid")
    accepted(call(app, signed(app)))


def test_both_secrets_work_while_one_is_rotated_and_a_revoked_one_stops(platform: Platform) -> None:
    app = new_app(platform, demo_vendor(platform))
    desk = staff(platform, "it_staff")
    listed = desk.get("/api/admin/accounts/apps").json()
    uuid = next(found["id"] for found in listed if found["app_id"] == app.app_id)
    first = desk.get(f"/api/admin/accounts/apps/{uuid}").json()["secrets"][0]["id"]
    rotated = desk.post(f"/api/admin/accounts/apps/{uuid}/secrets", json={"old_valid_minutes": 60})
    new_secret = rotated.json()["secret"]
    eventually(lambda: call(app, signed(app, secret=new_secret)).status_code == 200, seconds=5)
    accepted(call(app, signed(app)))
    third = desk.post(f"/api/admin/accounts/apps/{uuid}/secrets", json={})
    assert third.status_code == 409, "two live secrets are enough"
    gone = desk.delete(f"/api/admin/accounts/apps/{uuid}/secrets/{first}")
    assert gone.status_code == 204, gone.text
    eventually(lambda: call(app, signed(app)).status_code == 401, seconds=5)
    accepted(call(app, signed(app, secret=new_secret)))


def test_a_disabled_app_stops_within_seconds(platform: Platform) -> None:
    app = new_app(platform, demo_vendor(platform))
    accepted(call(app, signed(app)))
    desk = staff(platform, "it_staff")
    found = next(one for one in desk.get("/api/admin/accounts/apps").json() if one["app_id"] == app.app_id)
    kept = ("name", "vendor_id", "interfaces", "ip_ranges", "rate_per_minute", "sign_types", "version")
    change = {**{name: found[name] for name in kept}, "state": "disabled"}
    answer = desk.put(f"/api/admin/accounts/apps/{found['id']}", json=change)
    assert answer.status_code == 204, answer.text
    eventually(lambda: call(app, signed(app)).status_code == 401, seconds=5)


def test_a_session_token_opens_no_vendor_interface(platform: Platform, vendor: Vendor) -> None:
    token = staff(platform, "it_staff").headers["Authorization"]
    refused(call(vendor, {"Authorization": token}), "signature_missing")


def test_what_was_refused_leaves_no_message(platform: Platform, vendor: Vendor) -> None:
    desk = staff(platform, "it_staff")
    newest = desk.get("/api/admin/exchange/messages", params={"limit": 1}).json()["items"]
    refused(call(vendor, signed(vendor, secret="x")), "signature_invalid")
    assert desk.get("/api/admin/exchange/messages", params={"limit": 1}).json()["items"] == newest
