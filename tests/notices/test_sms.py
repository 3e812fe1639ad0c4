"""Tencent's SMS interface: the signature of its own SDK, the errors it names, what is tried again and what is not."""

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from kanghu.kernel import tc3
from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound, PeerFailed
from kanghu.modules.notices.adapters import tencent_sms
from kanghu.modules.notices.service import sms
from kanghu.modules.notices.settings import Settings
from tests.sms import sms_account, sms_service, use_sms_account

VECTORS = json.loads((Path(__file__).parent / "data" / "tc3.json").read_text(encoding="utf-8"))["vectors"]
PHONE = "13812345678"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_signature_is_the_one_of_tencents_sdk(vector: dict[str, Any]) -> None:
    made = tc3.authorization(
        vector["secret_id"],
        vector["secret_key"],
        "sms",
        vector["host"],
        vector["path"],
        vector["body"].encode(),
        datetime.fromtimestamp(vector["timestamp"], UTC),
    )
    assert vector["content_type"] == tc3.CONTENT_TYPE
    assert made == vector["authorization"]


def test_a_code_never_travels_in_clear() -> None:
    for endpoint in ("http://sms.tencentcloudapi.com/", "http://10.0.0.8/", "ftp://127.0.0.1/", "127.0.0.1"):
        with pytest.raises(ValueError, match="https"):
            sms_account(endpoint)
    assert sms_account("https://sms.tencentcloudapi.com/").complete()


@pytest.mark.parametrize("missing", ["secret_id", "secret_key", "sdk_app_id", "sign_name", "template_id"])
def test_an_account_with_a_gap_sends_nothing(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_sms_account(monkeypatch, sms_account(**{missing: ""}))
    assert not sms.available()
    assert not Settings().complete()


# --- what the service says ---------------------------------------------------------------------------------------


@asynccontextmanager
async def answering(status: str, content: Any) -> AsyncIterator[Settings]:
    """An account at a service that gives everybody this answer."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + raw)
        await writer.drain()
        writer.close()

    outbound = Outbound([ipaddress.ip_network("127.0.0.0/8")])
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tencent_sms, "outbound", lambda: outbound)
            yield sms_account(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    await outbound.close()


def error(code: str) -> dict[str, Any]:
    return {"Response": {"Error": {"Code": code, "Message": "…"}, "RequestId": "r"}}


def refused(code: str) -> dict[str, Any]:
    return {"Response": {"SendStatusSet": [{"Code": code, "SerialNo": "", "Fee": 0}], "RequestId": "r"}}


@pytest.mark.parametrize(
    ("content", "told", "passing"),
    [
        (error("AuthFailure.SignatureFailure"), "短信服务不认可密钥", False),
        (error("AuthFailure.SignatureExpire"), "请校准", False),
        (error("UnauthorizedOperation.SmsSdkAppIdVerifyFail"), "SdkAppId", False),
        (error("InternalError.Timeout"), "内部错误", True),
        (error("RequestLimitExceeded.UinLimitExceeded"), "繁忙", True),
        (error("Something.New"), "拒绝发送（Something.New）", False),
        (refused("FailedOperation.TemplateIncorrectOrUnapproved"), "模板未审批", False),
        (refused("FailedOperation.TemplateParamSetNotMatchApprovedTemplate"), "两个参数", False),
        (refused("FailedOperation.InsufficientBalanceInSmsPackage"), "余量不足", False),
        (refused("LimitExceeded.PhoneNumberThirtySecondLimit"), "过于频繁", True),
        (refused("LimitExceeded.PhoneNumberDailyLimit"), "过于频繁", False),
    ],
)
async def test_errors_are_told_in_chinese_and_sorted(content: Any, told: str, passing: bool) -> None:
    async with answering("200 OK", content) as account:
        with pytest.raises(tencent_sms.SmsRefused, match=told) as caught:
            await tencent_sms.send(account, PHONE, ["123456", "5"])
    assert caught.value.passing is passing
    assert PHONE not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "content"),
    [
        ("200 OK", b"<html>"),
        ("200 OK", {}),
        ("200 OK", {"Response": {"RequestId": "r"}}),
        ("200 OK", b"\xff"),
        ("502 Bad Gateway", b""),
        ("404 Not Found", b""),
        ("302 Found", b""),
    ],
)
async def test_whatever_is_no_answer_may_pass(status: str, content: Any) -> None:
    async with answering(status, content) as account:
        with pytest.raises(PeerFailed) as caught:
            await tencent_sms.send(account, PHONE, ["123456", "5"])
    assert caught.value.passing


async def test_serial_number_of_what_was_taken() -> None:
    taken = {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "2640:1"}], "RequestId": "r"}}
    async with answering("200 OK", taken) as account:
        assert await tencent_sms.send(account, PHONE, ["123456", "5"]) == "2640:1"


async def test_inner_addresses_are_refused_unless_allowed() -> None:
    account, outbound = sms_account("http://127.0.0.1:9/"), Outbound([])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tencent_sms, "outbound", lambda: outbound)
        with pytest.raises(PeerFailed, match="内部网络"):
            await tencent_sms.send(account, PHONE, ["123456", "5"])


# --- from the request to the phone ---------------------------------------------------------------------------------


async def ask(client: httpx.AsyncClient) -> None:
    body = {"phone": PHONE, "purpose": "sign_up"}
    answer = await client.post("/api/session/phone-codes", json=body)
    assert answer.status_code == 200, answer.text


async def outcomes(database: Database) -> list[tuple[str, str]]:
    async with database.transaction() as tx:
        found = await tx.fetch(
            "SELECT action, detail FROM kernel.audit_inbox WHERE action LIKE 'notices.sms.%' ORDER BY id"
        )
    return [(record["action"], record["detail"]) for record in found]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"secret_key": "another"}, "AuthFailure.SignatureFailure"),
        ({"secret_id": "another"}, "AuthFailure.SecretIdNotFound"),
        ({"sdk_app_id": "1"}, "SmsSdkAppIdVerifyFail"),
        ({"sign_name": "别的"}, "SignatureIncorrectOrUnapproved"),
        ({"template_id": "1"}, "TemplateIncorrectOrUnapproved"),
    ],
)
async def test_what_is_set_up_wrongly_is_not_tried_again_and_is_found_in_the_audit(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, wrong: dict[str, str], reason: str
) -> None:
    async with sms_service(database, tmp_path, **wrong) as running:
        await ask(client)
        assert await running.work() == 0
        assert await running.received(PHONE) == []
    ((action, detail),) = await outcomes(database)
    assert action == "notices.sms.refuse"
    assert reason in detail
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT message_sealed FROM accounts.phone_codes") is None


async def test_a_service_that_is_away_is_asked_again(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    async with sms_service(database, tmp_path) as running:
        await ask(client)
        async with answering("503 Service Unavailable", b"") as away:
            with pytest.MonkeyPatch.context() as patch:
                use_sms_account(patch, away)
                assert await running.work() == 1
        async with database.transaction() as tx:
            code_id = await tx.fetchval("SELECT id FROM accounts.phone_codes")
        await sms.send_phone_code(database, code_id)
        assert len(await running.received(PHONE)) == 1
    assert [action for action, _ in await outcomes(database)] == ["notices.sms.send"]


async def test_delivered_twice_it_is_sent_once(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    async with sms_service(database, tmp_path) as running:
        await ask(client)
        async with database.transaction() as tx:
            code_id = await tx.fetchval("SELECT id FROM accounts.phone_codes")
        for _ in range(2):
            await sms.send_phone_code(database, code_id)
        assert len(await running.received(PHONE)) == 1
    assert [action for action, _ in await outcomes(database)] == ["notices.sms.send"]
