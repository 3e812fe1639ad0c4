"""What the vendor interface lets in: signature, clock, nonce, size, type, shape. And who may use the control desk."""

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from typing import Any

import httpx
import pytest

from kanghu_sandbox import sqlite as store
from kanghu_sandbox.desk import is_loopback
from kanghu_sandbox.exam_centre.app import create_app
from kanghu_sandbox.exam_centre.settings import Settings, read_settings

from .conftest import OUTBOUND, RunningCentre


async def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json()["accepted"] is False
    assert answer.json()["messages"][0]["code"] == code
    assert answer.json()["request_id"]


@pytest.mark.parametrize("kind", ["HMAC-SHA256", "HMAC-SM3"])
async def test_both_algorithms(centre: RunningCentre, zhang: dict[str, Any], kind: str) -> None:
    assert (await centre.bind(zhang, kind=kind)).status_code == 200


async def test_the_older_secret_still_works(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    assert (await centre.bind(zhang, secret="older-secret-older-secret")).status_code == 200


@pytest.mark.parametrize(
    "how",
    [{"secret": "guessed"}, {"app_id": "nobody"}, {"app_id": OUTBOUND[0], "secret": OUTBOUND[1]}],
)
async def test_wrong_credentials(centre: RunningCentre, zhang: dict[str, Any], how: dict[str, str]) -> None:
    """The centre's own outbound pair opens nothing inbound."""
    await refused(await centre.bind(zhang, **how), 401, "transport.signature")


@pytest.mark.parametrize(("skew", "status"), [(-310, 401), (-280, 200), (280, 200), (310, 401)])
async def test_clock(centre: RunningCentre, zhang: dict[str, Any], skew: int, status: int) -> None:
    assert (await centre.bind(zhang, skew=skew)).status_code == status


async def test_a_replay_is_refused(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    nonce = "0123456789abcdef"
    answers = await asyncio.gather(*(centre.bind(zhang, nonce=nonce) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
    await refused(await centre.bind(zhang, nonce=nonce), 401, "transport.replay")


async def test_a_nonce_is_kept_as_long_as_its_timestamp_is_good(
    centre: RunningCentre, zhang: dict[str, Any]
) -> None:
    """A clock 280 s ahead makes a call that stays good for 580 s."""
    now = time.time()
    await centre.bind(zhang, skew=280)
    with closing(sqlite3.connect(centre.home / "exam-centre.sqlite3")) as other:
        [(expires_at,)] = other.execute("SELECT expires_at FROM nonces").fetchall()
    assert now + 575 <= expires_at <= now + 590


async def test_a_stranger_cannot_burn_a_nonce(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    nonce = "0123456789abcdef"
    assert (await centre.bind(zhang, nonce=nonce, secret="guessed")).status_code == 401
    assert (await centre.bind(zhang, nonce=nonce)).status_code == 200


async def test_unsigned(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    answer = await centre.http.post(f"{centre.address}/exam/v1/account-bindings", json={"person": zhang})
    await refused(answer, 401, "transport.signature")


async def test_type_and_size(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    answer = await centre.call(
        "/account-bindings", {"person": zhang}, **{"Content-Type": "application/x-www-form-urlencoded"}
    )
    await refused(answer, 415, "transport.media_type")
    huge = json.dumps({"person": zhang, "filler": "x" * (1024 * 1024)}).encode()
    await refused(await centre.call("/account-bindings", None, raw=huge), 413, "transport.too_large")


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"sex": "3"},
        {"birth_date": "1968-03-15"},
        {"birth_date": "19680231"},
        {"birth_date": "１９６８０３１５"},
        {"id_number": None},
    ],
)
async def test_malformed(centre: RunningCentre, zhang: dict[str, Any], change: dict[str, Any]) -> None:
    await refused(await centre.bind(zhang | change), 422, "transport.malformed")


async def test_not_json_and_long_request_id(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    await refused(await centre.call("/account-bindings", None, raw=b"{cut of"), 422, "transport.malformed")
    await refused(await centre.bind(zhang, request_id="x" * 65), 422, "transport.request_id")


async def test_a_stranger_cannot_fill_the_log(centre: RunningCentre) -> None:
    raw, key = b"x" * 900_000, "k" * 1000
    assert (
        await centre.call("/appointments", None, raw=raw, secret="guessed", request_id=key)
    ).status_code == 401
    [call] = await centre.control("GET", "/calls")
    assert (call["direction"], call["interface"], call["status"]) == ("in", "K2", 401)
    assert (len(call["request"]), len(call["request_id"])) == (100_000, 64)


async def test_unknown_fields_are_ignored(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    answer = await centre.call("/account-bindings", {"person": zhang | {"hobby": "太极"}, "trace": 1})
    assert answer.status_code == 200


async def test_the_desk_is_for_this_machine_only(centre_settings: Settings) -> None:
    """The one question a socket on loopback can't ask: a caller from elsewhere."""
    for client, host, path, expected in [
        ("203.0.113.9", "127.0.0.1", "/control/persons", 403),
        ("203.0.113.9", "127.0.0.1", "/", 403),
        ("203.0.113.9", "127.0.0.1", "/healthz", 200),
        ("127.0.0.1", "rebound.example", "/control/persons", 403),
        ("127.0.0.1", "rebound.example", "/", 403),
        ("127.0.0.1", "localhost:8100", "/control/persons", 200),
        ("127.0.0.1", "[::1]:8100", "/control/persons", 200),
    ]:
        app = create_app(centre_settings)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, client=(client, 40000))
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as http:
                answer = await http.get(path, headers={"X-Forwarded-For": "127.0.0.1"})
        assert answer.status_code == expected, (client, host, path)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("localhost.example", False),
    ],
)
def test_what_is_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_no_plain_http_beyond_this_machine() -> None:
    with pytest.raises(ValueError, match="HTTPS"):
        read_settings(["--host", "0.0.0.0"])


def test_no_credentials_no_start(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="缺少凭据"):
        create_app(read_settings(["--home", str(tmp_path)]))


async def test_a_busy_store_asks_to_come_again(
    centre: RunningCentre, stranger: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(centre.home / "exam-centre.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        busy = await centre.bind(stranger, request_id="once")
    await refused(busy, 503, "transport.busy")
    assert busy.headers["Retry-After"] == "1"
    assert (await centre.bind(stranger, request_id="once")).json()["messages"][0]["code"] == "103"


async def test_a_web_form_cannot_drive_the_desk(centre: RunningCentre) -> None:
    """What a browser sends across sites without asking first is no JSON, so nothing happens."""
    answer = await centre.http.post(
        f"{centre.address}/control/exams",
        content=b'{"exam_account": "TJ00000001"}',
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 422
    assert await centre.control("GET", "/appointments") == []
