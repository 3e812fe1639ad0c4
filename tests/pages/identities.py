"""Customers who prove who they are, without a page: agreements, pictures of a card."""

import httpx

from tests.pages import talks
from tests.pages.talks import new_name as new_name

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
