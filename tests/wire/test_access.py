"""What an app may call, from where, and how often."""

import time

from tests.wire.conftest import Platform, Vendor
from tests.wire.hospital import demo_vendor
from tests.wire.scripted import new_app, new_vendor

NOBODY = {"exam_account": "TJ-NOBODY"}


def test_an_interface_that_was_not_granted_is_forbidden(platform: Platform) -> None:
    app = new_app(platform, demo_vendor(platform), interfaces=["H1", "H5"])
    assert app.post("/open/v1/exam/checklist-queries", NOBODY).status_code == 200
    for interface in ("guides", "results", "reports"):
        answer = app.post(f"/open/v1/exam/{interface}", NOBODY)
        assert answer.status_code == 403, interface
        assert answer.json()["code"] == "exchange.interface_not_allowed"
    assert app.post("/open/v1/exam/item-changes", {"items": [], "change": "1"}).status_code == 200


def test_an_address_outside_the_ranges_is_forbidden(platform: Platform) -> None:
    app = new_app(platform, demo_vendor(platform), ip_ranges=["192.0.2.0/24", "2001:db8::/32"])
    for headers in ({}, {"X-Forwarded-For": "192.0.2.7"}, {"X-Real-IP": "192.0.2.7"}):
        answer = app.post("/open/v1/exam/checklist-queries", NOBODY, **headers)
        assert answer.status_code == 403, headers
        assert answer.json()["code"] == "exchange.address_not_allowed"


def test_the_rate_is_bounded_and_says_when_to_come_back(platform: Platform) -> None:
    app = new_app(platform, demo_vendor(platform), rate_per_minute=30)
    answers = [app.post("/open/v1/exam/checklist-queries", NOBODY) for _ in range(32)]
    assert {answer.status_code for answer in answers[:30]} == {200}
    late = answers[-1]
    assert late.status_code == 429
    assert late.json()["code"] == "exchange.rate_exceeded"
    pause = int(late.headers["Retry-After"])
    assert 1 <= pause <= 2, "one call in two seconds"
    time.sleep(pause)
    assert app.post("/open/v1/exam/checklist-queries", NOBODY).status_code == 200


def test_a_call_over_the_rate_uses_up_no_nonce(platform: Platform) -> None:
    app = new_app(platform, demo_vendor(platform), rate_per_minute=30)
    path, body = "/open/v1/exam/checklist-queries", b'{"exam_account": "TJ-NOBODY"}'
    headers = app.headers(path, body)
    for _ in range(31):
        late = app.post(path, body)
    assert late.status_code == 429
    refused = app.client.post(app.url + path, content=body, headers=headers)
    assert refused.status_code == 429
    time.sleep(int(refused.headers["Retry-After"]))
    assert app.client.post(app.url + path, content=body, headers=headers).status_code == 200


def test_one_app_over_its_rate_does_not_stop_another(platform: Platform, vendor: Vendor) -> None:
    app = new_app(platform, demo_vendor(platform), rate_per_minute=1)
    assert [app.post("/open/v1/exam/checklist-queries", NOBODY).status_code for _ in range(2)] == [200, 429]
    assert vendor.post("/open/v1/exam/checklist-queries", NOBODY).status_code == 200


def test_an_app_of_another_vendor_knows_nobody_of_this_one(platform: Platform) -> None:
    """An exam account means something at its own vendor only."""
    app = new_app(platform, new_vendor(platform, "https://other.example"))
    customer = platform.customer()
    envelope = app.push("checklist-queries", {"exam_account": customer["exam_account"]})
    assert [message["details"] for message in envelope["messages"]] == [{"reason": "account_unknown"}]


def test_an_app_without_a_vendor_is_nobody(platform: Platform) -> None:
    app = new_app(platform, None)
    assert app.post("/open/v1/exam/checklist-queries", NOBODY).status_code == 401
