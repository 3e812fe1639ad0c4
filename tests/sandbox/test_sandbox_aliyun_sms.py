"""Aliyun's stand-in: it lets in what Aliyun's own SDK signs and nobody else, and says no in Aliyun's words."""

import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from kanghu_sandbox.sms.account import Account, AliyunAccount
from kanghu_sandbox.sms.aliyun_signature import GatewayRefused, Nonces, verify
from kanghu_sandbox.sms.app import create_app
from kanghu_sandbox.tc3 import Call

VECTORS = json.loads(
    (Path(__file__).parents[1] / "notices" / "data" / "acs3.json").read_text(encoding="utf-8")
)["vectors"]
ACCOUNT = AliyunAccount(
    access_key_id="LTAI1", access_key_secret="key", sign_name="康护", more={"SMS_2": "${day}体检"}
)
NOW = 1_795_420_800.0
GOOD = {
    "PhoneNumbers": "13800000001",
    "SignName": "康护",
    "TemplateCode": "SMS_100000001",
    "TemplateParam": '{"code":"012345"}',
}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_what_the_sdk_signed_is_let_in_once(vector: dict[str, Any]) -> None:
    account = AliyunAccount(
        access_key_id=vector["access_key_id"], access_key_secret=vector["access_key_secret"]
    )
    call = Call("POST", vector["path"], vector["query"], vector["headers"], vector["body"].encode())
    at = (
        datetime.strptime(vector["headers"]["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ")
        .replace(tzinfo=UTC)
        .timestamp()
    )
    nonces = Nonces()
    verify(call, account, nonces, at)
    for changed, later, code in (
        ({}, 1, "SignatureNonceUsed"),
        ({}, 1000, "InvalidTimeStamp.Expired"),
        ({"x-acs-action": "SendBatchSms"}, 0, "SignatureDoesNotMatch"),
        ({"authorization": "Bearer x"}, 0, "IncompleteSignature"),
    ):
        other = Call("POST", call.path, call.query, {**call.headers, **changed}, call.body)
        with pytest.raises(GatewayRefused) as caught:
            verify(other, account, nonces if not changed else Nonces(), at + later)
        assert caught.value.code == code


def signed(
    query: dict[str, str], at: float, *, key_id: str = "LTAI1", key: str = "key", **more: str
) -> dict[str, str]:
    """The documented procedure, written independently."""
    headers = {
        "host": "testserver",
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(8),
        "x-acs-version": "2017-05-25",
        **more,
    }
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    pairs = "&".join(f"{quote(name, '~')}={quote(value, '~')}" for name, value in sorted(query.items()))
    request = f"POST\n/aliyun/\n{pairs}\n{lines}\n{';'.join(names)}\n{headers['x-acs-content-sha256']}"
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key.encode(), text.encode(), "sha256").hexdigest()
    stamp = f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={';'.join(names)},Signature={signature}"
    return {**headers, "Authorization": stamp}


class Service:
    """A service with a clock that the test turns."""

    def __init__(self, folder: Path) -> None:
        self.time = NOW
        app = create_app(Account(), folder / "sms.jsonl", lambda: self.time, ACCOUNT)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://localhost")

    async def call(self, change: dict[str, str] | None = None, **how: Any) -> tuple[int, str]:
        query = GOOD | (change or {})
        answer = await self.client.post("/aliyun/", params=query, headers=signed(query, self.time, **how))
        found = answer.json()
        assert found["RequestId"]
        assert bool(found.get("BizId")) == (found["Code"] == "OK")
        return answer.status_code, found["Code"]

    async def texts(self) -> list[str]:
        return [one["text"] for one in (await self.client.get("/messages")).json()]


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


@pytest.mark.parametrize(
    ("change", "how", "answer"),
    [
        ({}, {}, (200, "OK")),
        ({}, {"key_id": "other"}, (404, "InvalidAccessKeyId.NotFound")),
        ({}, {"key": "other"}, (400, "SignatureDoesNotMatch")),
        ({}, {"x-acs-version": "2016-01-01"}, (404, "InvalidVersion")),
        ({}, {"x-acs-action": "Nothing"}, (404, "InvalidAction.NotFound")),
        ({"PhoneNumbers": "12345"}, {}, (200, "isv.MOBILE_NUMBER_ILLEGAL")),
        ({"SignName": "别家"}, {}, (200, "isv.SMS_SIGNATURE_ILLEGAL")),
        ({"TemplateCode": "SMS_9"}, {}, (200, "isv.SMS_TEMPLATE_ILLEGAL")),
        ({"TemplateParam": "{"}, {}, (200, "isv.INVALID_JSON_PARAM")),
        ({"TemplateParam": "[]"}, {}, (200, "isv.INVALID_JSON_PARAM")),
        ({"TemplateParam": "{}"}, {}, (200, "isv.TEMPLATE_MISSING_PARAMETERS")),
    ],
)
async def test_what_it_answers(
    service: Service, change: dict[str, str], how: Any, answer: tuple[int, str]
) -> None:
    assert await service.call(change, **how) == answer
    assert len(await service.texts()) == (answer[1] == "OK")


async def test_codes_have_their_limits_and_notices_others(service: Service) -> None:
    assert await service.call() == (200, "OK")
    assert await service.call() == (200, "isv.BUSINESS_LIMIT_CONTROL")
    notice = {"TemplateCode": "SMS_2", "TemplateParam": '{"day":"明天"}'}
    assert await service.call(notice) == (200, "OK")
    assert (await service.texts())[0] == "【康护】明天体检"
    service.time += 61
    assert await service.call({"PhoneNumbers": "13800000002"}) == (200, "OK")


async def test_faults_are_switched_on_and_off(service: Service) -> None:
    async def fault(**wanted: Any) -> None:
        assert (await service.client.put("/control/faults", json={"aliyun": wanted})).status_code == 200

    await fault(code="isv.OUT_OF_SERVICE")
    assert await service.call() == (200, "isv.OUT_OF_SERVICE")
    await fault(status=503)
    query = GOOD
    answer = await service.client.post("/aliyun/", params=query, headers=signed(query, NOW))
    assert (answer.status_code, await service.texts()) == (503, [])
    await fault(lost_answer=True)
    answer = await service.client.post("/aliyun/", params=query, headers=signed(query, NOW))
    assert (answer.status_code, len(await service.texts())) == (504, 1)
    assert (await service.client.put("/control/faults", json={"aliyun": {"typo": 1}})).status_code == 422
    assert (await service.client.get("/control/faults")).json()["aliyun"]["lost_answer"] is True
