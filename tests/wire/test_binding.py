"""US-K1 from the customer's side: 103, 104, the agreement, and a vendor that misbehaves."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from tests.wire.appointments import calls, set_faults
from tests.wire.conftest import Platform
from tests.wire.hospital import demo_vendor, messages, sign_up
from tests.wire.scripted import ScriptedVendor, scripted_vendor


@pytest.fixture(autouse=True)
def behaving(platform: Platform) -> Iterator[None]:
    yield
    set_faults(platform)


@pytest.fixture(scope="module")
def script(platform: Platform) -> Any:
    with scripted_vendor(platform) as found:
        yield found


def log(platform: Platform, person_id: str) -> list[tuple[str, list[str]]]:
    return [
        (line["state"], line["codes"]) for line in messages(platform, interface="K1", person_id=person_id)
    ]


def failed(answer: httpx.Response) -> str:
    """The reason of a 104."""
    assert answer.status_code == 502, answer.text
    fault = answer.json()
    assert fault["code"] == "exchange.binding_failed"
    assert fault["message"].startswith("绑定失败！")
    return str(fault["message"].removeprefix("绑定失败！"))


def test_103_somebody_unknown_gets_a_new_account(platform: Platform) -> None:
    customer = sign_up(platform, "许新户", "1", bind=False)
    answer = customer.bind(demo_vendor(platform))
    assert answer.status_code == 201
    bound = answer.json()
    assert bound["new_account"] is True
    assert bound["exam_account"]
    assert "新建" in bound["hint"]
    assert log(platform, customer.person_id) == [("done", ["103"])]
    again = customer.bind(demo_vendor(platform))
    assert again.status_code == 201, "binding again is harmless"
    assert again.json()["exam_account"] == bound["exam_account"]
    assert again.json()["new_account"] is False
    listed = customer.client.get("/api/patient/exchange/bindings").json()
    assert [one["exam_account"] for one in listed] == [bound["exam_account"]]


def test_somebody_known_gets_the_account_they_have(platform: Platform) -> None:
    customer = sign_up(platform, "何旧户", "2", date(1975, 2, 3), bind=False)
    known = httpx.post(f"{platform.sandbox}/control/persons", json=customer.person, trust_env=False)
    answer = customer.bind(demo_vendor(platform))
    assert answer.json()["exam_account"] == known.json()["exam_account"]
    assert answer.json()["new_account"] is False
    assert answer.json()["hint"] == ""
    assert log(platform, customer.person_id) == [("done", [])]


def test_104_when_the_vendor_knows_somebody_else_under_this_number(platform: Platform) -> None:
    customer = sign_up(platform, "吕冲突", "1", bind=False)
    other = {**customer.person, "name": "施先到"}
    httpx.post(f"{platform.sandbox}/control/persons", json=other, trust_env=False)
    reason = failed(customer.bind(demo_vendor(platform)))
    assert "姓名" in reason
    assert "施先到" not in reason
    assert log(platform, customer.person_id) == [("refused", ["104"])]
    assert customer.client.get("/api/patient/exchange/bindings").json() == []


def test_104_when_the_account_is_somebody_elses(platform: Platform, script: ScriptedVendor) -> None:
    """A vendor that hands out one account twice must not give one person's results to another."""
    script.say({"exam_account": "TWICE-1"})
    first = sign_up(platform, "张先占", "1", bind=False)
    second = sign_up(platform, "孔后来", "1", bind=False)
    assert first.bind(script.vendor_id).status_code == 201
    assert "已绑定其他客户" in failed(second.bind(script.vendor_id))
    assert log(platform, second.person_id) == [("refused", ["104"])]
    script.say({"exam_account": "ANOTHER-1"})
    assert first.bind(script.vendor_id).status_code == 502, "nor is a person moved to another account"


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (200, b"\xff\xfe{", "应答格式不正确"),
        (200, b"", "应答格式不正确"),
        (200, b"<html>login</html>", "应答格式不正确"),
        (200, {"accepted": "yes"}, "应答格式不正确"),
        (200, {"accepted": True, "data": {}}, "未返回体检账号"),
        (200, {"accepted": True, "data": {"exam_account": ""}}, "未返回体检账号"),
        (200, {"accepted": True, "data": {"exam_account": 5}}, "未返回体检账号"),
        (200, {"accepted": False}, "未说明原因"),
        (
            200,
            {"accepted": False, "messages": [{"code": "104", "level": "error", "text": "绑定失败！E7 停机"}]},
            "E7 停机",
        ),
        (302, b"", "302"),
        (401, {"accepted": False}, "401"),
        (500, b"", "500"),
        (503, b"", "503"),
    ],
    ids=str,
)
def test_104_for_an_answer_that_cannot_be_used_and_success_afterwards(
    platform: Platform, script: ScriptedVendor, status: int, content: Any, reason: str
) -> None:
    customer = sign_up(platform, "曹再试", "1", bind=False)
    script.answer = lambda _path, _body: (status, content)
    assert reason in failed(customer.bind(script.vendor_id))
    assert log(platform, customer.person_id)[0][1] == ["104"]
    script.say({"exam_account": f"S{customer.person_id[-12:]}"})
    assert customer.bind(script.vendor_id).status_code == 201


def test_104_when_nobody_listens(platform: Platform) -> None:
    with scripted_vendor(platform) as gone:
        pass
    customer = sign_up(platform, "严无应", "1", bind=False)
    assert "无法连接" in failed(customer.bind(gone.vendor_id))


@pytest.mark.parametrize(
    "faults", [{"status": 500}, {"garbage_body": True}, {"wrong_signature": True}], ids=str
)
def test_104_while_the_exam_centre_misbehaves_and_one_account_afterwards(
    platform: Platform, faults: dict[str, Any]
) -> None:
    customer = sign_up(platform, "华故障", "2", bind=False)
    set_faults(platform, **faults)
    failed(customer.bind(demo_vendor(platform)))
    set_faults(platform)
    assert customer.bind(demo_vendor(platform)).status_code == 201
    known = httpx.get(f"{platform.sandbox}/control/persons", params={"limit": 500}, trust_env=False).json()
    number = customer.person["id_number"]
    assert len([one for one in known if one["person"]["id_number"] == number]) == 1, "also after garbage"


def test_a_slow_exam_centre_is_waited_for(platform: Platform) -> None:
    customer = sign_up(platform, "金等待", "2", bind=False)
    set_faults(platform, delay_ms=1_500)
    assert customer.bind(demo_vendor(platform)).status_code == 201


def test_what_the_vendor_is_asked(platform: Platform, script: ScriptedVendor) -> None:
    customer = sign_up(platform, "魏数据·集", "2", date(1983, 12, 1), bind=False)
    script.say({"exam_account": f"Q{customer.person_id[-12:]}"})
    assert customer.bind(script.vendor_id).status_code == 201
    path, body, headers = script.asked[-1]
    assert path == "/exam/v1/account-bindings"
    asked = {name: body["person"][name] for name in ("name", "sex", "birth_date", "id_type", "id_number")}
    assert asked == {name: customer.person[name] for name in asked}
    assert headers["X-App-Id"] == "kanghu"
    assert len(headers["X-Nonce"]) >= 16
    assert len(headers["X-Signature"]) == 64
    assert headers["X-Request-Id"]


def test_without_the_agreement_nobody_is_asked(platform: Platform) -> None:
    customer = sign_up(platform, "陶未签", "1", bind=False)
    before = len(calls(platform, "K1"))
    body = {"vendor_id": demo_vendor(platform), "agreement_version": "0.1", "accepted": True}
    old = customer.client.post("/api/patient/exchange/bindings", json=body)
    assert old.status_code == 422
    assert old.json()["code"] == "exchange.agreement_not_signed"
    unticked = customer.client.post("/api/patient/exchange/bindings", json={**body, "accepted": False})
    assert unticked.status_code == 422
    assert len(calls(platform, "K1")) == before
    assert customer.client.get("/api/patient/people/consents").json() == []


def test_the_signature_is_kept_with_text_time_and_channel(platform: Platform) -> None:
    customer = sign_up(platform, "姜已签", "1")
    (consent,) = customer.client.get("/api/patient/people/consents").json()
    assert consent["kind"] == "data_use_agreement"
    assert consent["channel"] == "h5"
    for name in ("text_version", "signed_at"):
        assert consent[name], name


def test_nobody_binds_for_a_stranger(platform: Platform) -> None:
    customer, stranger = sign_up(platform, "戚本人", "1"), sign_up(platform, "谢路人", "1", bind=False)
    version = customer.client.get("/api/patient/people/agreements/data_use_agreement").json()["version"]
    body = {
        "vendor_id": demo_vendor(platform),
        "agreement_version": version,
        "accepted": True,
        "person_id": stranger.person_id,
    }
    answer = customer.client.post("/api/patient/exchange/bindings", json=body)
    assert answer.status_code == 403
    assert stranger.client.get("/api/patient/exchange/bindings").json() == []
