"""H1–H5 as they reach a real server that checks the signature, with retries and the outbox."""

import base64
import re
from typing import Any

import pytest

from .conftest import RecordingPlatform, RunningCentre, envelope_response

ZHANG = "TJ00000001"


async def run_exam(centre: RunningCentre, **wanted: Any) -> dict[str, Any]:
    return await centre.control("POST", "/exams", {"exam_account": ZHANG} | wanted)


async def test_whole_exam(
    centre: RunningCentre, recording_platform: RecordingPlatform, zhang: dict[str, Any]
) -> None:
    done = await run_exam(centre, pushes=3)
    assert [call.path for call in recording_platform.received] == [
        "/open/v1/exam/guides",
        *["/open/v1/exam/results"] * 3,
        "/open/v1/exam/reports",
    ]
    assert all(call.signed_well for call in recording_platform.received)
    assert len({call.headers["x-request-id"] for call in recording_platform.received}) == 5
    assert {one["state"] for one in done["deliveries"]} == {"delivered"}
    assert all(one["envelope"]["accepted"] for one in done["deliveries"])
    for call in recording_platform.received:
        assert call.payload["exam_account"] == ZHANG
        assert call.payload["exam_no"] == done["exam_no"]
        assert {name: call.payload["person"][name] for name in zhang} == zhang
    results = [one for call in recording_platform.of("/results") for one in call.payload["results"]]
    assert len(results) >= 60
    assert len({one["item_code"] for one in results}) == len(results)
    assert {one["sequence"] for one in results} == {1}
    assert {call.payload["change"] for call in recording_platform.of("/results")} == {"1"}


async def test_doing_it_again_pushes_the_same(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    await run_exam(centre, steps=["results"])
    await run_exam(centre, steps=["results"])
    first, second = recording_platform.of("/results")
    assert first.payload == second.payload
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_two_exams_of_one_person_on_one_day(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    first = await run_exam(centre, steps=["results"])
    second = await run_exam(centre, steps=["results"], new_exam=True)
    assert first["exam_no"] != second["exam_no"]
    one, other = (call.payload["results"] for call in recording_platform.of("/results"))
    assert [result["value"] for result in one] != [result["value"] for result in other]


async def test_only_what_was_booked_is_done(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    wanted = {"exam_account": ZHANG, "item_codes": ["GLU0", "CR-X"]}
    booked = (await centre.control("POST", "/appointments", wanted))["appointment"]
    await centre.control(
        "POST", "/exams", {"exam_no": booked["exam_no"], "steps": ["results"], "values": {"GLU0": "152"}}
    )
    [call] = recording_platform.of("/results")
    by_code = {one["item_code"]: one for one in call.payload["results"]}
    assert set(by_code) == {"GLU0", "CR-X"}
    assert by_code["GLU0"]["value"] == "152"
    assert by_code["GLU0"]["unit"] == "mg/dL"
    assert by_code["GLU0"]["abnormal_flag"] == "H"
    assert by_code["GLU0"]["reference_range"] == "70-110"


async def test_correct_add_and_withdraw(centre: RunningCentre, recording_platform: RecordingPlatform) -> None:
    wanted = {"exam_account": ZHANG, "item_codes": ["GLU0", "CR-X"]}
    exam_no = (await centre.control("POST", "/appointments", wanted))["appointment"]["exam_no"]
    await centre.control("POST", "/exams", {"exam_no": exam_no, "steps": ["results"]})
    change: dict[str, Any] = {"exam_no": exam_no}
    await centre.control("POST", "/results", change | {"values": {"GLU0": "98"}})
    await centre.control("POST", "/results", change | {"change": "1", "values": {"HBA1C": "5.4"}})
    await centre.control("POST", "/results", change | {"change": "3", "item_codes": ["GLU0"]})
    said = [
        (call.payload["change"], one["item_code"], one["sequence"], one["value"])
        for call in recording_platform.of("/results")[1:]
        for one in call.payload["results"]
    ]
    assert said == [("2", "GLU0", 2, "98"), ("1", "HBA1C", 1, "5.4"), ("3", "GLU0", 3, "98")]
    # Pushing the whole exam again says of each item what is true of it now, one message per change.
    await centre.control("POST", "/exams", {"exam_no": exam_no, "steps": ["results", "report"]})
    again = {
        call.payload["change"]: call.payload["results"] for call in recording_platform.of("/results")[4:]
    }
    assert {change: [one["item_code"] for one in results] for change, results in again.items()} == {
        "1": ["CR-X", "HBA1C"],
        "3": ["GLU0"],
    }
    assert "葡萄糖" not in recording_platform.of("/reports")[0].payload["report"]["content"]


async def test_what_is_not_there_cannot_be_changed(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    for path, payload, status in [
        ("/exams", {"exam_no": "none"}, 404),
        ("/exams", {"exam_account": "TJ99999999"}, 404),
        ("/exams", {"exam_account": ZHANG, "steps": ["report"]}, 404),
        ("/exams", {"exam_account": ZHANG, "exam_no": "both"}, 422),
        ("/exams", {"exam_account": ZHANG, "values": {"NO-SUCH": "1"}}, 404),
        ("/results", {"exam_account": ZHANG, "values": {"GLU0": "98"}}, 404),
        ("/results", {"exam_account": ZHANG, "change": "3"}, 422),
        ("/catalogue/push", {"item_codes": ["NO-SUCH"]}, 404),
        ("/appointments", {"exam_account": ZHANG, "item_codes": ["CA153"]}, 409),
    ]:
        answer = await centre.http.post(f"{centre.address}/control{path}", json=payload)
        assert answer.status_code == status, (path, payload, answer.text)
    assert recording_platform.received == []
    assert await centre.control("GET", "/appointments") == []
    assert await centre.control("GET", "/outbox") == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("text", r"^康护参考体检中心 体检指引单\n体检编号：\d{14}"),
        ("html", r"^<h1>康护参考体检中心 体检指引单</h1><p>"),
        ("url", r"^https://exam-centre\.example/guides/\d{14}$"),
    ],
)
async def test_guides(
    centre: RunningCentre, recording_platform: RecordingPlatform, kind: str, expected: str
) -> None:
    await run_exam(centre, steps=["guide"], guide={"kind": kind})
    [call] = recording_platform.of("/guides")
    assert call.payload["guide"]["kind"] == kind
    assert re.search(expected, call.payload["guide"]["content"])
    assert len(call.payload["items"]) >= 60
    assert re.fullmatch(r"\d{8}", call.payload["exam_date"])


async def test_own_content_goes_out_untouched(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    evil = "<p>好</p><script>alert(1)</script>"
    inside = "http://169.254.169.254/latest/meta-data"
    await run_exam(centre, steps=["results", "report"], report={"kind": "html", "content": evil})
    await run_exam(centre, steps=["guide"], guide={"kind": "url", "content": inside})
    assert recording_platform.of("/reports")[0].payload["report"]["content"] == evil
    assert recording_platform.of("/guides")[0].payload["guide"]["content"] == inside


async def test_reports_count_their_versions(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    values = {"GLU0": "152", "ANA-T": "1:160"}
    await run_exam(centre, steps=["results", "report"], values=values, report={"kind": "pdf"})
    await run_exam(centre, steps=["report"], report={"kind": "text"})
    first, second = (call.payload for call in recording_platform.of("/reports"))
    assert (first["version"], second["version"]) == (1, 2)
    assert "葡萄糖(空腹)：152 mg/dL ↑（参考 70-110）" in first["conclusions"]
    assert "抗核抗体滴度(ANA)：1:160 异常" in first["conclusions"]
    assert base64.b64decode(first["report"]["content"], validate=True).startswith(b"%PDF-1.4\n")
    assert "（第2版）" in second["report"]["content"]


async def test_catalogue(centre: RunningCentre, recording_platform: RecordingPlatform) -> None:
    [delivery] = await centre.control("POST", "/catalogue/push", {})
    assert delivery["interface"] == "H5"
    [call] = recording_platform.of("/item-changes")
    assert call.payload["change"] == "1"
    items = {one["item_code"]: one for one in call.payload["items"]}
    assert len(items) >= 75
    assert items["GLU0"]["unit"] == "mg/dL"
    assert items["PSA-T"]["sex_limit"] == "1"
    assert {"sex": "2", "age": "60-79", "low": "0.46", "high": "0.92"} in items["CR-X"]["reference_ranges"]
    required = {"item_code", "name", "category_code", "category_name", "department", "result_type", "active"}
    assert all(required <= one.keys() for one in items.values())


async def test_an_item_renamed_under_the_same_code(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    await centre.control("PUT", "/catalogue/GLU0", {"name": "空腹血糖(己糖激酶法)", "active": False})
    [call] = recording_platform.of("/item-changes")
    [item] = call.payload["items"]
    assert call.payload["change"] == "2"
    assert (item["item_code"], item["name"], item["unit"]) == ("GLU0", "空腹血糖(己糖激酶法)", "mg/dL")
    assert item["active"] is False


async def test_checklist_becomes_an_appointment(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    listed = [{"item_code": "GLU0"}, {"item_code": "", "standard_code": "S-1"}, {"item_code": "CHO"}]
    recording_platform.data["/open/v1/exam/checklist-queries"] = {"person": {}, "items": listed}
    answer = await centre.control("POST", "/checklist-queries", {"exam_account": ZHANG})
    assert answer["envelope"]["data"]["items"] == listed
    booked = await centre.control("POST", "/appointments", {"exam_account": ZHANG, "from_checklist": True})
    assert booked["appointment"]["items"] == ["GLU0", "CHO"]
    assert booked["unknown_items"] == ["S-1"]
    assert [call.payload for call in recording_platform.of("/checklist-queries")] == [
        {"exam_account": ZHANG}
    ] * 2


async def test_no_checklist_no_appointment(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    answer = await centre.http.post(
        f"{centre.address}/control/appointments", json={"exam_account": ZHANG, "from_checklist": True}
    )
    assert answer.status_code == 502
    assert await centre.control("GET", "/appointments") == []


# what happens when the platform stumbles


@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_keeps_its_request_id_and_body(
    centre: RunningCentre, recording_platform: RecordingPlatform, status: int
) -> None:
    recording_platform.planned = [lambda _: envelope_response({}, status)] * 2
    done = await run_exam(centre, steps=["guide"])
    assert (done["deliveries"][0]["state"], done["deliveries"][0]["attempts"]) == ("delivered", 3)
    calls = recording_platform.received
    assert len(calls) == 3
    assert all(call.signed_well for call in calls)
    assert len({call.headers["x-request-id"] for call in calls}) == 1
    assert len({call.body for call in calls}) == 1
    assert len({call.headers["x-nonce"] for call in calls}) == 3


async def test_a_platform_that_asks_to_wait_is_given_time(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    busy = envelope_response({}, 429)
    busy.headers["Retry-After"] = "2"
    recording_platform.planned = [lambda _: busy]
    await run_exam(centre, steps=["guide"])
    first, second = recording_platform.received
    assert second.at - first.at >= 1.9


@pytest.mark.parametrize("status", [401, 403, 409, 413, 422])
async def test_a_refusal_waits_for_a_person(
    centre: RunningCentre, recording_platform: RecordingPlatform, status: int
) -> None:
    recording_platform.planned = [lambda _: envelope_response({"code": "x"}, status)]
    done = await run_exam(centre, steps=["guide"])
    assert done["deliveries"][0]["state"] == "refused"
    assert len(recording_platform.received) == 1
    [waiting] = await centre.control("GET", "/outbox")
    assert waiting["note"].startswith(f"平台应答 HTTP {status}")
    # Somebody has put it right: the same message goes out again.
    [delivery] = await centre.control("POST", "/outbox/resend")
    assert delivery["state"] == "delivered"
    assert await centre.control("GET", "/outbox") == []
    first, second = recording_platform.received
    assert first.body == second.body
    assert first.headers["x-request-id"] == second.headers["x-request-id"]


@pytest.mark.parametrize("status", [200, 500, 502])
async def test_an_answer_that_says_nothing_is_no_delivery(
    centre: RunningCentre, recording_platform: RecordingPlatform, status: int
) -> None:
    recording_platform.planned = [lambda _: envelope_response({"hello": "world"}, status)]
    done = await run_exam(centre, steps=["guide"])
    assert done["deliveries"][0]["state"] == "pending"
    assert len(await centre.control("GET", "/outbox")) == 1


async def test_a_business_refusal_is_delivered(
    centre: RunningCentre, recording_platform: RecordingPlatform
) -> None:
    message = {"code": "401", "level": "error", "text": "客户信息不符。姓名", "details": None}
    answer = {"accepted": False, "messages": [message], "data": None, "request_id": "r"}
    recording_platform.planned = [lambda _: envelope_response(answer)]
    done = await run_exam(centre, steps=["guide"])
    assert done["deliveries"][0]["state"] == "delivered"
    assert done["deliveries"][0]["envelope"]["messages"][0]["code"] == "401"
    assert await centre.control("GET", "/outbox") == []
