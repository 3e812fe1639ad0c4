"""Misbehaviour on demand, in both directions, seen from the other side of the socket."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from .conftest import RecordingPlatform, RunningCentre, eventually

ZHANG = "TJ00000001"


async def set_faults(centre: RunningCentre, **faults: Any) -> None:
    await centre.control("PUT", "/faults", faults)


async def push_guide(centre: RunningCentre) -> dict[str, Any]:
    done = await centre.control("POST", "/exams", {"exam_account": ZHANG, "steps": ["guide"]})
    return done["deliveries"][0]


# inbound


@pytest.mark.parametrize("status", [500, 503])
async def test_status(centre: RunningCentre, stranger: dict[str, Any], status: int) -> None:
    await set_faults(centre, inbound={"status": status})
    answer = await centre.bind(stranger)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("1" if status == 503 else None)
    assert len(await centre.control("GET", "/persons")) == 8
    await centre.control("DELETE", "/faults")
    assert (await centre.bind(stranger)).status_code == 200


async def test_wrong_signature(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    await set_faults(centre, inbound={"wrong_signature": True})
    assert (await centre.bind(zhang)).status_code == 401


async def test_delay(centre: RunningCentre, stranger: dict[str, Any]) -> None:
    await set_faults(centre, inbound={"delay_ms": 400})
    started = time.monotonic()
    assert (await centre.bind(stranger)).status_code == 200
    assert time.monotonic() - started >= 0.4


async def test_who_gave_up_waiting_finds_it_done(centre: RunningCentre, stranger: dict[str, Any]) -> None:
    await set_faults(centre, inbound={"delay_ms": 500})
    with pytest.raises(httpx.ReadTimeout):
        async with httpx.AsyncClient(timeout=0.2, trust_env=False) as impatient:
            await RunningCentre(centre.address, centre.home, impatient).bind(stranger, request_id="once")
    await asyncio.sleep(0.8)
    await centre.control("DELETE", "/faults")
    assert len(await centre.control("GET", "/persons")) == 9
    # The first answer, 103 included, comes on the second try.
    again = (await centre.bind(stranger, request_id="once")).json()
    assert [message["code"] for message in again["messages"]] == ["103"]


async def test_garbage_hides_work_that_was_done(centre: RunningCentre, stranger: dict[str, Any]) -> None:
    await set_faults(centre, inbound={"garbage_body": True})
    answer = await centre.bind(stranger, request_id="once")
    assert answer.status_code == 200
    with pytest.raises(ValueError):  # noqa: PT011 - not even UTF-8, or not JSON
        answer.json()
    await centre.control("DELETE", "/faults")
    again = (await centre.bind(stranger, request_id="once")).json()
    assert [message["code"] for message in again["messages"]] == ["103"]
    assert len(await centre.control("GET", "/persons")) == 9


async def test_down_says_nothing_while_the_desk_stays_up(
    centre: RunningCentre, stranger: dict[str, Any]
) -> None:
    await set_faults(centre, inbound={"down": True})
    with pytest.raises(httpx.ReadTimeout):
        async with httpx.AsyncClient(timeout=0.6, trust_env=False) as line:
            await RunningCentre(centre.address, centre.home, line).bind(stranger)
    assert len(await centre.control("GET", "/persons")) == 8
    assert (await centre.http.get(f"{centre.address}/healthz")).json() == {"status": "ok"}


async def test_a_mistyped_fault_is_refused(centre: RunningCentre) -> None:
    answer = await centre.http.put(f"{centre.address}/control/faults", json={"inbound": {"slow": 1}})
    assert answer.status_code == 422
    assert (await centre.control("GET", "/faults"))["inbound"]["delay_ms"] == 0


# outbound


@pytest.mark.parametrize("new_id", [False, True])
async def test_double(centre: RunningCentre, recording_platform: RecordingPlatform, new_id: bool) -> None:
    await set_faults(centre, outbound={"double": True, "double_with_new_id": new_id})
    assert (await push_guide(centre))["state"] == "delivered"
    first, second = recording_platform.received
    assert first.signed_well
    assert second.signed_well
    assert first.body == second.body
    assert (first.headers["x-request-id"] != second.headers["x-request-id"]) is new_id


async def test_reorder(centre: RunningCentre, recording_platform: RecordingPlatform) -> None:
    await set_faults(centre, outbound={"reorder": True})
    await centre.control("POST", "/exams", {"exam_account": ZHANG, "pushes": 2})
    paths = [call.path.rsplit("/", 1)[1] for call in recording_platform.received]
    assert paths == ["reports", "results", "results", "guides"]


async def test_late(centre: RunningCentre, recording_platform: RecordingPlatform) -> None:
    await set_faults(centre, outbound={"delay_ms": 300})
    started = time.time()
    await push_guide(centre)
    assert recording_platform.received[0].at - started >= 0.3


async def test_cut_off_then_sent_whole(centre: RunningCentre, recording_platform: RecordingPlatform) -> None:
    await set_faults(centre, outbound={"cut": True})
    delivery = await push_guide(centre)
    assert (delivery["state"], delivery["status"]) == ("pending", None)
    await eventually(lambda: len(recording_platform.received) == 1)
    [half] = recording_platform.received
    assert half.complete is False
    assert 0 < len(half.body) < int(half.headers["content-length"])
    await centre.control("DELETE", "/faults")
    [delivery] = await centre.control("POST", "/outbox/resend")
    assert delivery["state"] == "delivered"
    whole = recording_platform.received[1]
    assert whole.complete
    assert whole.signed_well
    assert whole.body.startswith(half.body)
    assert whole.headers["x-request-id"] == half.headers["x-request-id"]


@pytest.mark.parametrize(("seconds", "good"), [(-120, True), (120, True), (600, False), (-600, False)])
async def test_stale_clock(
    centre: RunningCentre, recording_platform: RecordingPlatform, seconds: int, good: bool
) -> None:
    await set_faults(centre, outbound={"stale_clock_s": seconds})
    delivery = await push_guide(centre)
    [call] = recording_platform.received
    assert abs(time.time() - seconds - int(call.headers["x-timestamp"])) < 10
    assert delivery["state"] == ("delivered" if good else "refused")


async def test_wrong_person(
    centre: RunningCentre, recording_platform: RecordingPlatform, zhang: dict[str, Any]
) -> None:
    await set_faults(centre, outbound={"wrong_person": True})
    await centre.control("POST", "/exams", {"exam_account": ZHANG})
    for call in recording_platform.received:
        assert call.payload["exam_account"] == ZHANG
        assert call.payload["person"]["name"] != zhang["name"]
        assert call.payload["person"]["birth_date"] != zhang["birth_date"]


async def test_nobody_there(centre: RunningCentre, recording_platform: RecordingPlatform) -> None:
    """The platform takes the call and never answers in time; the message waits in the outbox."""

    def too_slow(_: Any) -> Response:
        time.sleep(2.5)  # blocks the platform's loop, so that the later attempts wait as well
        raise RuntimeError("never answered")

    recording_platform.planned = [too_slow] * 4
    delivery = await push_guide(centre)
    assert (delivery["state"], delivery["status"], delivery["attempts"]) == ("pending", None, 4)
    assert len(await centre.control("GET", "/outbox")) == 1
