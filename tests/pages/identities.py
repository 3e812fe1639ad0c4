"""Customers who prove who they are, without a page: agreements, pictures of a card."""

import httpx

from tests.pages import talks
from tests.pages.talks import new_name as new_name
from tests.wire import hospital
from tests.wire.conftest import Platform

PICTURE = talks.picture(320, 202)
ROOT = "/api/patient/people"


def agree(client: httpx.Client, kind: str) -> None:
    shown = client.get(f"{ROOT}/identity").json()
    text = client.get(f"{ROOT}/agreements/{kind}").json()
    body = {
        "kind": kind,
        "institution_id": shown["institution_id"],
        "text_version": text["version"],
        "channel": "h5",
    }
    signed = client.post(f"{ROOT}/consents", json=body)
    assert signed.status_code == 201, signed.text


def send_card(client: httpx.Client) -> None:
    """Both sides, which then wait for staff."""
    agree(client, "identity_check")
    for side in ("front", "back"):
        kept = client.post(
            f"{ROOT}/identity/card/{side}",
            content=PICTURE,
            headers={"Content-Type": "application/octet-stream"},
        )
        assert kept.status_code == 204, kept.text
    sent = client.post(f"{ROOT}/identity/card")
    assert sent.status_code == 201, sent.text


def leave_some(platform: Platform) -> None:
    """Documents for the screenshots: two that wait, one that was sent back."""
    for serial in range(3):
        customer = hospital.sign_up(platform, new_name(), "12"[serial % 2])
        send_card(customer.client)
    desk = hospital.staff(platform, "customer_service")
    waiting = desk.get("/api/admin/people/id-cards").json()["items"]
    first, second = (one["id"] for one in waiting[:2])
    for check, body in ((first, {"agrees": False, "reason": "unclear"}), (second, {"agrees": True})):
        decided = desk.post(f"/api/admin/people/id-cards/{check}/decision", json=body)
        assert decided.status_code == 200, decided.text
