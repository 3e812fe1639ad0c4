"""Aliyun's SMS interface: the published signature and those of its own SDK, the errors it names, what is tried again and what is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from kanghu.kernel.http import PeerFailed
from kanghu.modules.notices.adapters import aliyun_sms, tencent_sms
from kanghu.modules.notices.adapters.sms import SmsRefused
from kanghu.modules.notices.service import sms
from kanghu.modules.notices.settings import AliyunSettings, Settings, aliyun
from tests.notices.test_sms import answering
from tests.notices.world import ALIYUN, PHONE, World, use, without_sms, world
from tests.sms import sms_account, use_sms_account

VECTORS = json.loads((Path(__file__).parent / "data" / "acs3.json").read_text(encoding="utf-8"))["vectors"]

PUBLISHED = {
    "host": "ecs.cn-shanghai.aliyuncs.com",
    "x-acs-action": "RunInstances",
    "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "x-acs-date": "2023-10-26T10:22:32Z",
    "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
    "x-acs-version": "2014-05-26",
}


def test_the_signature_is_the_one_of_the_published_example() -> None:
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    made = aliyun_sms.authorization("YourAccessKeyId", "YourAccessKeySecret", "/", query, PUBLISHED)
    assert made == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_signature_is_the_one_of_aliyuns_sdk(vector: dict[str, Any]) -> None:
    signed = vector["headers"]["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    made = aliyun_sms.authorization(
        vector["access_key_id"],
        vector["access_key_secret"],
        vector["path"],
        vector["parameters"],
        {name: vector["headers"][name] for name in signed},
    )
    assert made == vector["headers"]["authorization"]


def test_a_code_never_travels_in_clear() -> None:
    for endpoint in ("http://dysmsapi.aliyuncs.com/", "http://10.0.0.8/"):
        with pytest.raises(ValueError, match="https"):
            AliyunSettings.model_validate({"endpoint": endpoint})


@pytest.mark.parametrize("missing", ["access_key_id", "access_key_secret", "sign_name"])
def test_an_account_with_a_gap_sends_nothing(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_sms(monkeypatch)
    assert not sms.available()
    use(monkeypatch, aliyun(), AliyunSettings.model_validate({**ALIYUN, "template_code": "SMS_1"}))
    assert sms.available()
    assert sms.able(("tencent", "aliyun", "other")) == ["aliyun"]
    use(
        monkeypatch,
        aliyun(),
        AliyunSettings.model_validate({**ALIYUN, "template_code": "SMS_1", missing: ""}),
    )
    assert not sms.available()


@pytest.mark.parametrize("key", ["short", "k" * 30 + "/", "秘" * 30])
def test_the_key_of_receipts_is_not_to_be_guessed(key: str) -> None:
    with pytest.raises(ValueError, match="24 至 100"):
        Settings.model_validate({"receipt_key": key})


@pytest.mark.parametrize(
    ("status", "code", "told", "passing", "hopeless"),
    [
        ("403 Forbidden", "InvalidAccessKeyId.NotFound", "AccessKey ID", False, False),
        ("400 Bad Request", "SignatureDoesNotMatch", "AccessKey Secret", False, False),
        ("400 Bad Request", "InvalidTimeStamp.Expired", "请校准", False, False),
        ("400 Bad Request", "Throttling.User", "繁忙", True, False),
        ("200 OK", "isp.SYSTEM_ERROR", "内部错误", True, False),
        ("200 OK", "isv.AMOUNT_NOT_ENOUGH", "余额不足", False, False),
        ("200 OK", "isv.BUSINESS_LIMIT_CONTROL", "过于频繁", False, False),
        ("200 OK", "isv.MOBILE_NUMBER_ILLEGAL", "格式不正确", False, True),
        ("200 OK", "isv.SMS_SIGNATURE_ILLEGAL", "签名未审批", False, False),
        ("200 OK", "isv.SMS_TEMPLATE_ILLEGAL", "模板未审批", False, False),
        ("200 OK", "isv.TEMPLATE_MISSING_PARAMETERS", "与参数不符", False, False),
        ("200 OK", "isv.SOMETHING_NEW", "拒绝发送（isv.SOMETHING_NEW）", False, False),
    ],
)
async def test_errors_are_told_in_chinese_and_sorted(
    status: str, code: str, told: str, passing: bool, hopeless: bool
) -> None:
    with pytest.raises(SmsRefused, match=told) as caught:
        await answered(status, {"Code": code, "Message": "…", "RequestId": "r"})
    assert (caught.value.passing, caught.value.hopeless, caught.value.maybe_done) == (
        passing,
        hopeless,
        False,
    )
    assert PHONE not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "content", "maybe_done"),
    [
        ("200 OK", b"<html>", True),
        ("200 OK", {}, True),
        ("502 Bad Gateway", b"", True),
        ("503 Service Unavailable", b"", False),
        ("404 Not Found", b"", False),
    ],
)
async def test_whatever_is_no_answer_may_pass(status: str, content: Any, maybe_done: bool) -> None:
    with pytest.raises(PeerFailed) as caught:
        await answered(status, content)
    assert (caught.value.passing, caught.value.maybe_done) == (True, maybe_done)


async def test_the_number_of_what_was_taken() -> None:
    assert await answered("200 OK", {"Code": "OK", "Message": "OK", "BizId": "9006^0"}) == "9006^0"


async def answered(status: str, content: Any) -> str:
    """What comes of a message to a service that gives everybody this answer."""
    async with answering(status, content) as there:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aliyun_sms, "outbound", tencent_sms.outbound)
            account = AliyunSettings.model_validate({**ALIYUN, "endpoint": there.endpoint})
            return await aliyun_sms.send(account, PHONE, {"code": "123456"}, "SMS_1")


# ---- codes by the one or the other ---------------------------------------------------------------------------------


async def ask_code(here: World, client: Any) -> None:
    body = {"phone": PHONE, "purpose": "sign_up"}
    answer = await client.post("/api/session/phone-codes", json=body)
    assert answer.status_code == 200, answer.text
    await here.work()


async def test_a_code_comes_by_aliyun_when_tencent_is_out(database: Any, client: Any, tmp_path: Path) -> None:
    async with world(database, tmp_path) as here:
        await here.faults(tencent={"code": "FailedOperation.InsufficientBalanceInSmsPackage"})
        await ask_code(here, client)
        (text,) = await here.texts()
        assert text.startswith("【康护测试】您的验证码为：")


async def test_a_code_comes_by_aliyun_alone(database: Any, client: Any, tmp_path: Path) -> None:
    async with world(database, tmp_path) as here:
        with pytest.MonkeyPatch.context() as patch:
            use_sms_account(patch, sms_account(secret_id=""))
            await ask_code(here, client)
        assert len(await here.texts()) == 1
