"""The SMS service's stand-in: whom it lets in, what it takes, how often, and where a person reads it."""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from kanghu_sandbox.sms.account import Account
from kanghu_sandbox.sms.app import create_app
from kanghu_sandbox.sms.inbox import Inbox

ACCOUNT = Account(secret_id="AKID1", secret_key="key", sdk_app_id="14", sign_name="康护", template_id="1")
GOOD: dict[str, Any] = {
    "PhoneNumberSet": ["+8613800000001"],
    "SmsSdkAppId": "14",
    "SignName": "康护",
    "TemplateId": "1",
    "TemplateParamSet": ["012345", "5"],
}


def signed(
    body: bytes, host: str = "testserver", path: str = "/", at: float | None = None, key: str = "key"
) -> dict[str, str]:
    """The documented procedure, written independently, with the action signed as well."""
    stamp = int(time.time() if at is None else at)
    date = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
    names = "content-type;host;x-tc-action"
    lines = f"content-type:application/json; charset=utf-8\nhost:{host}\nx-tc-action:sendsms\n"
    request = f"POST\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    text = f"TC3-HMAC-SHA256\n{stamp}\n{date}/sms/tc3_request\n{hashlib.sha256(request.encode()).hexdigest()}"
    derived = f"TC3{key}".encode()
    for part in (date, "sms", "tc3_request"):
        derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()
    return {
        "Authorization": f"TC3-HMAC-SHA256 Credential=AKID1/{date}/sms/tc3_request, "
        f"SignedHeaders={names}, Signature={signature}",
        "Content-Type": "application/json; charset=utf-8",
        "X-TC-Action": "SendSms",
        "X-TC-Version": "2021-01-11",
        "X-TC-Timestamp": str(stamp),
        "X-TC-Region": "ap-guangzhou",
    }


class Service:
    """A service with a clock that the test turns."""

    def __init__(self, file: Path) -> None:
        self.time = time.time()
        self.file = file
        self.app = create_app(ACCOUNT, file, lambda: self.time)

    async def call(self, change: Any = None, **headers: str) -> dict[str, Any]:
        body = json.dumps(GOOD | (change or {})).encode()
        return await self.raw(body, signed(body, at=self.time) | headers)

    async def raw(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        async with client_of(self.app) as client:
            answer = await client.post("/", content=body, headers=headers)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()["Response"]
        assert found["RequestId"]
        return found

    async def status(self, change: Any = None) -> str:
        (found,) = (await self.call(change))["SendStatusSet"]
        assert bool(found["SerialNo"]) == (found["Code"] == "Ok")
        code: str = found["Code"]
        return code

    async def inbox(self, phone: str = "") -> list[dict[str, Any]]:
        async with client_of(self.app) as client:
            found: list[dict[str, Any]] = (await client.get("/messages", params={"phone": phone})).json()
        return found


def client_of(app: FastAPI, host: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(host, 1))
    return httpx.AsyncClient(
        transport=transport, base_url="http://testserver", headers={"Host": "testserver"}
    )


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr("kanghu_sandbox.desk.is_loopback", lambda host: host in ("127.0.0.1", "testserver"))
    return Service(tmp_path / "sms.jsonl")


async def test_a_message_arrives_in_the_inbox_and_survives_a_restart(service: Service) -> None:
    assert await service.status() == "Ok"
    for phone in ("13800000001", "+8613800000001", "8613800000001", ""):
        (message,) = await service.inbox(phone)
        assert message["text"] == "【康护】您的验证码为012345，5分钟内有效，请勿告诉他人。"
        assert message["parameters"] == ["012345", "5"]
    assert await service.inbox("13800000002") == []
    assert [kept.phone for kept in Inbox(service.file).newest()] == ["+8613800000001"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": ""}, "AuthFailure.InvalidAuthorization"),
        ({"Authorization": "Bearer x"}, "AuthFailure.InvalidAuthorization"),
        ({"Content-Type": "application/json"}, "AuthFailure.SignatureFailure"),
        ({"X-TC-Action": "PullSmsSendStatus"}, "AuthFailure.SignatureFailure"),
        ({"X-TC-Timestamp": "soon"}, "AuthFailure.SignatureFailure"),
        ({"X-TC-Version": "2019-07-11"}, "NoSuchVersion"),
        ({"X-TC-Region": ""}, "MissingParameter"),
    ],
)
async def test_headers_that_are_wrong(service: Service, headers: dict[str, str], code: str) -> None:
    assert (await service.call(**headers))["Error"]["Code"] == code
    assert await service.inbox() == []


async def test_body_key_and_clock_are_part_of_the_signature(service: Service) -> None:
    body = json.dumps(GOOD).encode()
    for content, headers, code in (
        (body + b" ", signed(body, at=service.time), "SignatureFailure"),
        (body, signed(body, at=service.time, key="other"), "SignatureFailure"),
        (body, signed(body, at=service.time, host="elsewhere"), "SignatureFailure"),
        (body, signed(body, at=service.time, path="/x"), "SignatureFailure"),
        (body, signed(body, at=service.time - 301), "SignatureExpire"),
        (body, signed(body, at=service.time + 301), "SignatureExpire"),
    ):
        assert (await service.raw(content, headers))["Error"]["Code"] == f"AuthFailure.{code}"


async def test_without_a_key_nobody_sends(tmp_path: Path) -> None:
    app = create_app(Account(secret_id="AKID1"), tmp_path / "sms.jsonl")
    body = json.dumps(GOOD).encode()
    async with client_of(app) as client:
        answer = await client.post("/", content=body, headers=signed(body, key=""))
    assert answer.json()["Response"]["Error"]["Code"] == "AuthFailure.SecretIdNotFound"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"TemplateId": "2"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        ({"SignName": "别家"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"TemplateParamSet": ["012345"]}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"TemplateParamSet": ["0123456", "5"]}, "InvalidParameterValue.TemplateParameterFormatError"),
        ({"TemplateParamSet": ["abc", "5"]}, "InvalidParameterValue.TemplateParameterFormatError"),
        ({"PhoneNumberSet": ["13800000001"]}, "InvalidParameterValue.IncorrectPhoneNumber"),
    ],
)
async def test_messages_that_are_not_taken(service: Service, change: dict[str, Any], code: str) -> None:
    assert await service.status(change) == code
    assert await service.inbox() == []


async def test_calls_that_are_not_taken(service: Service) -> None:
    for change, code in (
        ({"SmsSdkAppId": "15"}, "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        ({"PhoneNumberSet": []}, "InvalidParameter"),
        ({"TemplateId": None}, "InvalidParameter"),
    ):
        assert (await service.call(change))["Error"]["Code"] == code


async def test_how_often_one_number(service: Service) -> None:
    for _ in range(2):
        for _ in range(5):
            assert await service.status() == "Ok"
            assert await service.status() == "LimitExceeded.PhoneNumberThirtySecondLimit"
            service.time += 31
        assert await service.status() == "LimitExceeded.PhoneNumberOneHourLimit"
        assert await service.status({"PhoneNumberSet": ["+8613800000002"]}) == "Ok"
        service.time += 3600
    assert await service.status() == "LimitExceeded.PhoneNumberDailyLimit"
    service.time += 86400
    assert await service.status() == "Ok"


async def test_the_page_is_for_this_machine_and_runs_nothing(service: Service) -> None:
    await service.call({"TemplateParamSet": ["1", "2"]})
    async with client_of(service.app) as client:
        page = await client.get("/")
    assert "短信收件箱" in page.text
    assert "验证码为1，2分钟" in page.text
    assert "script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    async with client_of(service.app, "10.0.0.8") as stranger:
        assert (await stranger.get("/")).status_code == 403
        assert (await stranger.get("/messages")).status_code == 403
