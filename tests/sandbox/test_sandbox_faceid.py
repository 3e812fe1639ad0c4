"""FaceID's stand-in: whom it lets in, what its actions answer, and the page where a person says how it ends."""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from kanghu_sandbox.faceid.account import Account
from kanghu_sandbox.faceid.app import create_app

NUMBER = "110101196803150016"
ACCOUNT = Account(secret_id="AKID1", secret_key="key", rule_id="7", on_file={NUMBER: "张建国"})
WANTED = {
    "RuleId": "7",
    "IdCard": NUMBER,
    "Name": "张建国",
    "RedirectUrl": "http://127.0.0.1:9/back?a=1",
    "Extra": "x",
}


def signed(body: bytes, action: str, at: float | None = None, key: str = "key") -> dict[str, str]:
    """The documented procedure, written independently, with the action signed as well."""
    stamp = int(time.time() if at is None else at)
    date = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
    names = "content-type;host;x-tc-action"
    lines = f"content-type:application/json; charset=utf-8\nhost:localhost\nx-tc-action:{action.lower()}\n"
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{date}/faceid/tc3_request"
    text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    derived = f"TC3{key}".encode()
    for part in scope.split("/"):
        derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()
    return {
        "Authorization": f"TC3-HMAC-SHA256 Credential=AKID1/{scope}, SignedHeaders={names}, Signature={signature}",
        "Content-Type": "application/json; charset=utf-8",
        "X-TC-Action": action,
        "X-TC-Version": "2018-03-01",
        "X-TC-Timestamp": str(stamp),
        "X-TC-Region": "ap-guangzhou",
    }


class Service:
    """The stand-in with a clock that the test turns, and a caller who knows the key."""

    def __init__(self, folder: Path) -> None:
        self.time = time.time()
        transport = httpx.ASGITransport(
            create_app(ACCOUNT, folder, lambda: self.time), client=("127.0.0.1", 1)
        )
        self.client = httpx.AsyncClient(transport=transport, base_url="http://localhost")

    async def ask(self, action: str, body: dict[str, Any], **spoilt: Any) -> dict[str, Any]:
        content = json.dumps(body).encode()
        answer = await self.client.post("/", content=content, headers=signed(content, action, **spoilt))
        found: dict[str, Any] = answer.json()["Response"]
        return found

    async def refusal(self, action: str, body: dict[str, Any], **spoilt: Any) -> str:
        return str((await self.ask(action, body, **spoilt))["Error"]["Code"])

    async def text_of(self, token: str) -> dict[str, Any]:
        found: dict[str, Any] = (
            await self.ask("GetDetectInfoEnhanced", {"BizToken": token, "RuleId": "7", "InfoType": "1"})
        )["Text"]
        return found


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


async def test_whom_it_lets_in(service: Service) -> None:
    assert "BizToken" in await service.ask("DetectAuth", WANTED)
    assert await service.refusal("DetectAuth", WANTED, key="other") == "AuthFailure.SignatureFailure"
    late = service.time - 400
    assert await service.refusal("DetectAuth", WANTED, at=late) == "AuthFailure.SignatureExpire"
    assert await service.refusal("GetFaceIdToken", WANTED) == "InvalidAction"
    assert (
        await service.refusal("DetectAuth", {**WANTED, "RuleId": "8"})
        == "InvalidParameterValue.RuleIdNotExist"
    )
    assert await service.refusal("DetectAuth", {**WANTED, "IdCard": "1"}) == "FailedOperation.IdFormatError"


async def test_the_page_ends_a_check_once(service: Service) -> None:
    begun = await service.ask("DetectAuth", WANTED)
    token = begun["BizToken"]
    assert begun["Url"] == f"http://localhost/h5?token={token}"
    assert (await service.text_of(token))["ErrCode"] is None
    page = await service.client.get("/h5", params={"token": token})
    assert "张**" in page.text
    assert "张建国" not in page.text
    form = {"token": token, "outcome": "2016"}
    back = await service.client.post("/h5", data=form)
    assert (back.status_code, back.headers["location"]) == (
        303,
        f"http://127.0.0.1:9/back?a=1&BizToken={token}",
    )
    await service.client.post("/h5", data={**form, "outcome": "0"})
    text = await service.text_of(token)
    assert (text["ErrCode"], text["IdCard"], text["Extra"]) == (2016, NUMBER, "x")
    assert "已完成" in (await service.client.get("/h5", params={"token": token})).text


async def test_checks_grow_old(service: Service) -> None:
    token = (await service.ask("DetectAuth", WANTED))["BizToken"]
    service.time += 7201
    assert "已失效" in (await service.client.get("/h5", params={"token": token})).text
    service.time += 3 * 24 * 3600
    body = {"BizToken": token, "RuleId": "7", "InfoType": "1"}
    code = await service.refusal("GetDetectInfoEnhanced", body, at=service.time)
    assert code == "InvalidParameterValue.BizTokenExpired"
    unknown = {**body, "BizToken": "X"}
    assert (
        await service.refusal("GetDetectInfoEnhanced", unknown, at=service.time)
        == "InvalidParameterValue.BizTokenIllegal"
    )


async def test_names_and_numbers(service: Service) -> None:
    async def result(name: str, number: str = NUMBER) -> str:
        return str((await service.ask("IdCardVerification", {"IdCard": number, "Name": name}))["Result"])

    assert [await result("张建国"), await result("李四"), await result("张建国", "110101196803150017")] == [
        "0",
        "-1",
        "-2",
    ]
    await service.client.put("/control/faults", json={"result": "-5"})
    assert await result("张建国") == "-5"
    await service.client.put("/control/faults", json={"codes": {"IdCardVerification": "InternalError"}})
    assert (
        await service.refusal("IdCardVerification", {"IdCard": NUMBER, "Name": "张建国"}) == "InternalError"
    )


async def test_the_desk_is_for_this_machine(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(create_app(ACCOUNT, tmp_path), client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as stranger:
        for path in ("/control/sessions", "/control/faults", "/h5?token=x"):
            assert (await stranger.get(path)).status_code == 403
