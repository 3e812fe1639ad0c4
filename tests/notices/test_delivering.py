"""From a notice to the phone: the chain of channels over real sockets, what goes wrong on the way, receipts, and the person's choices."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.notices import public
from kanghu.modules.notices.repository import wishes
from kanghu.modules.notices.service import channels, delivering
from tests.live.conftest import served
from tests.notices.mail_server import mail_account, mail_server, use_mail
from tests.notices.world import PHONE, RECEIPT_KEY, World, world

SENT = "【康护测试】您已预约2026年12月1日体检，请按时前往。"
UNBOUND = ("skipped", "客户没有绑定微信")


@pytest.fixture
async def here(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world(database, tmp_path) as made:
        yield made


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`later(hours=1)`: the platform's clock goes ahead."""
    real, ahead = clock.now, [timedelta(0)]
    monkeypatch.setattr(clock, "now", lambda: real() + ahead[0])

    def turn(**span: float) -> None:
        ahead[0] += timedelta(**span)

    return turn


async def with_email(here: World, patch: pytest.MonkeyPatch, port: int, **more: Any) -> None:
    use_mail(patch, mail_account(port, **more))
    async with here.database.transaction() as tx:
        now = clock.now()
        await wishes.put_email(
            tx, here.person_id, "zhang@example.com", "123456", now + timedelta(minutes=5), now
        )
        await wishes.confirm_email(tx, here.person_id, now)


async def test_a_notice_goes_out_by_the_first_way_there_is(here: World) -> None:
    told = await here.notify()
    await here.work()
    assert await here.texts() == [SENT]
    assert await here.states(told) == {"wechat": UNBOUND, "sms": ("sent", "")}
    for _ in range(3):  # jobs come doubled
        await delivering.advance(here.database, told)
    assert len(await here.texts()) == 1


async def test_staff_and_topics_without_a_way_stay_inside(here: World) -> None:
    async with here.database.transaction() as tx:
        await public.notify(tx, "abnormal_found", account_id=new_id(), data={"finding_class": "A"})
    assert await here.one("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'notices.deliver'") == 0


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"status": 503}, "refused"),
        ({"code": "FailedOperation.InsufficientBalanceInSmsPackage"}, "refused"),
        ({"code": "InternalError.Timeout"}, "refused"),
    ],
)
async def test_the_other_service_takes_over(here: World, fault: dict[str, Any], outcome: str) -> None:
    await here.faults(tencent=fault)
    told = await here.notify()
    await here.work()
    assert await here.texts() == [SENT]
    tries = await here.one("SELECT array_agg(sender || ' ' || outcome ORDER BY number) FROM notices.tries")
    assert tries == [f"tencent {outcome}", "aliyun accepted"]
    assert (await here.states(told))["sms"] == ("sent", "")


async def test_a_lost_answer_is_not_sent_again_and_a_receipt_settles_it(
    here: World, client: httpx.AsyncClient
) -> None:
    await here.faults(
        tencent={"code": "FailedOperation.InsufficientBalanceInSmsPackage"}, aliyun={"lost_answer": True}
    )
    told = await here.notify()
    await here.work()
    assert await here.texts() == [SENT]
    assert (await here.states(told))["sms"] == ("sent", "对方系统返回 HTTP 504")
    assert await here.one("SELECT uncertain FROM notices.deliveries WHERE channel = 'sms'")
    delivery_id = await here.one("SELECT id FROM notices.deliveries WHERE channel = 'sms'")
    # The number that the service gave is not known here; the one that we gave it is.
    report = [
        {
            "phone_number": PHONE,
            "success": True,
            "err_code": "DELIVERED",
            "biz_id": "9^0",
            "out_id": str(delivery_id),
        }
    ]
    answer = await client.post(f"/open/notices/sms/aliyun/{RECEIPT_KEY}", json=report)
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "接收成功"})
    await here.work()
    assert (await here.states(told))["sms"] == ("delivered", "")
    assert len(await here.texts()) == 1


async def test_what_never_gets_a_receipt_gives_the_next_way_its_turn(
    here: World, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.faults(tencent={"lost_answer": True})
    with mail_server() as server:
        await with_email(here, monkeypatch, server.port)
        told = await here.notify()
        await here.work()
        assert (server.received, len(await here.texts())) == ([], 1)
        later(minutes=61)
        await here.work()
        assert await here.states(told) == {
            "wechat": UNBOUND, "sms": ("failed", "一直没有得到结果"), "email": ("sent", ""),
        }  # fmt: skip
    assert (len(server.received), len(await here.texts())) == (1, 1)
    assert server.received[0][2]["Subject"] == "体检预约成功"


async def test_a_killed_worker_leaves_a_note_and_nothing_goes_out_twice(
    here: World, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    async def killed_after(database: Database, parcel: channels.Parcel) -> Any:
        await channels._by_sms(database, parcel)
        raise Killed

    told = await here.notify()
    with monkeypatch.context() as patch:
        patch.setitem(channels.SENDERS, "sms", killed_after)
        with pytest.raises(Killed):
            await delivering.advance(here.database, told)
    assert (await here.states(told))["sms"][0] == "sending"
    await here.work()  # the job is delivered again while the note is fresh
    later(minutes=4)
    await here.work()
    assert (await here.states(told))["sms"] == ("sent", "没有得到应答，等待回执")
    assert len(await here.texts()) == 1


async def test_two_workers_at_once_send_once(here: World) -> None:
    told = await here.notify()
    await asyncio.gather(*(delivering.advance(here.database, told) for _ in range(5)))
    assert len(await here.texts()) == 1
    assert await here.one("SELECT count(*) FROM notices.tries") == 1


async def test_receipts_come_back_from_the_services(
    here: World, client: httpx.AsyncClient, database: Database, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pushed over sockets by the stand-in; one that says no gives the next way its turn."""
    async with served(database, sign_in) as web:
        url = f"{web.url}/open/notices/sms"
        addresses = {name: f"{url}/{name}/{RECEIPT_KEY}" for name in ("tencent", "aliyun")}
        answer = await here.client.put(f"{here.sms_url}/control/receipts", json=addresses)
        assert answer.status_code == 200
        first = await here.notify()
        await here.work(1)

        async def heard() -> bool:
            return (await here.states(first))["sms"][0] == "delivered"

        await here.until(heard)
        await here.faults(
            tencent={"code": "UnauthorizedOperation.ServiceSuspendDueToInsufficientBalance"},
            aliyun={"receipt": "MK:0001"},
        )
        with mail_server() as server:
            await with_email(here, monkeypatch, server.port)
            second = await here.notify(subject="exams.bookings/2")

            async def fell_back() -> bool:
                return bool(server.received)

            await here.until(fell_back)
        assert (await here.states(second))["sms"] == ("failed", "短信未送达（MK:0001）")


@pytest.mark.parametrize(
    ("sender", "key", "content", "status"),
    [
        ("tencent", "x" * 32, "[]", 401),
        ("tencent", RECEIPT_KEY, "[]", 200),
        ("tencent", RECEIPT_KEY, "{}", 422),
        ("aliyun", RECEIPT_KEY, "[1]", 422),
        ("aliyun", RECEIPT_KEY, "\ufffe", 422),
        ("nobody", RECEIPT_KEY, "[]", 422),
        ("aliyun", RECEIPT_KEY, "[" + " " * 300_000 + "]", 413),
    ],
)
async def test_receipts_of_strangers(
    here: World, client: httpx.AsyncClient, sender: str, key: str, content: str, status: int
) -> None:
    answer = await client.post(f"/open/notices/sms/{sender}/{key}", content=content.encode())
    assert answer.status_code == status, answer.text


async def test_a_receipt_of_another_system_is_let_go(
    here: World, client: httpx.AsyncClient, later: Any
) -> None:
    report = [{"sid": "2640:7", "report_status": "SUCCESS", "errmsg": "DELIVRD"}]
    await client.post(f"/open/notices/sms/tencent/{RECEIPT_KEY}", json=report)
    await here.work(2)
    assert await here.one("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'notices.take_sms_receipt'") == 1
    later(minutes=4)
    await here.work()
    assert await here.one("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'notices.take_sms_receipt'") == 0


async def set_rules(here: World, **changes: Any) -> None:
    async with here.database.transaction() as tx:
        await tx.execute("UPDATE notices.settings SET content = content || $1", changes)


async def test_at_night_it_waits_until_the_morning(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await set_rules(here, quiet_from="22:00", quiet_until="08:00")
    await here.template(
        "abnormal_result", "sms", "tencent", "2001", fields=[{"name": "day", "value": "明天"}]
    )
    night = datetime.now(clock.SHANGHAI).replace(hour=23, minute=5)
    monkeypatch.setattr(clock, "now", lambda: night)
    told = await here.notify()
    await delivering.advance(here.database, told)
    assert (await here.states(told))["sms"] == ("waiting", "免打扰时段，结束后发送")
    morning = (night + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    assert await here.one("SELECT due_at FROM notices.deliveries WHERE channel = 'sms'") == morning
    urgent = await here.notify("abnormal_result", subject="health.findings/1")
    await delivering.advance(here.database, urgent)
    assert (await here.states(urgent))["sms"] == ("sent", "")


async def test_nobody_gets_more_than_the_cap_also_at_once(here: World) -> None:
    await set_rules(here, caps={name: {"hour": 1, "day": 1} for name in ("wechat", "sms", "email")})
    told = [await here.notify(subject=f"exams.bookings/{number}") for number in range(4)]
    await asyncio.gather(*(delivering.advance(here.database, one) for one in told))
    assert len(await here.texts()) == 1
    reasons = sorted([(await here.states(one))["sms"] for one in told])
    assert reasons == [("sent", "")] + [("skipped", "客户一小时内收到的短信已达上限")] * 3


async def test_who_has_read_it_is_left_alone(here: World) -> None:
    told = await here.notify()
    await here.one("UPDATE notices.notices SET read_at = now() WHERE id = $1 RETURNING true", told)
    await here.work()
    assert await here.texts() == []
    assert (await here.states(told))["sms"] == ("skipped", "客户已在站内阅读")


async def test_a_dead_letter_is_found_and_sent_again(
    here: World, client: httpx.AsyncClient, sign_in: Any, staff: Any
) -> None:
    await here.faults(
        tencent={"code": "FailedOperation.TemplateIncorrectOrUnapproved"},
        aliyun={"code": "isv.SMS_TEMPLATE_ILLEGAL"},
    )
    told = await here.notify()
    await here.work()
    reader = sign_in(staff("notices.delivery.read"))
    (dead,) = (await client.get("/api/admin/notices/deliveries?dead=true", headers=reader)).json()["items"]
    assert (dead["state"], dead["reason"]) == ("failed", "短信模板未审批或不存在（isv.SMS_TEMPLATE_ILLEGAL）")
    assert (dead["notice_id"], dead["person_name"], dead["address"]) == (str(told), "欧*秀", "138****5678")
    place = f"/api/admin/notices/deliveries/{dead['id']}"
    detail = (await client.get(place, headers=reader)).json()
    assert [(one["sender"], one["outcome"]) for one in detail["attempts"]] == [
        ("tencent", "refused"), ("aliyun", "refused"),
    ]  # fmt: skip
    assert (await client.post(f"{place}/retry", headers=reader)).status_code == 403
    mender = sign_in(staff("notices.delivery.retry"))
    await here.faults()
    assert (await client.post(f"{place}/retry", headers=mender)).status_code == 204
    late = await client.post(f"{place}/retry", headers=mender)
    assert (late.status_code, late.json()["code"]) == (409, "notices.delivery_not_dead")
    await here.work()
    assert await here.texts() == [SENT]
    assert (await client.get("/api/admin/notices/deliveries?dead=true", headers=reader)).json()["items"] == []
    detail = (await client.get(place, headers=reader)).json()
    assert (detail["state"], len(detail["attempts"])) == ("sent", 3)


async def test_the_log_is_narrowed_paged_and_scoped(
    here: World, client: httpx.AsyncClient, sign_in: Any, staff: Any
) -> None:
    told = [await here.notify(subject=f"exams.bookings/{number}") for number in range(3)]
    await here.work()
    reader = sign_in(staff("notices.delivery.read"))

    async def found(query: str = "") -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        cursor = ""
        while True:
            url = f"/api/admin/notices/deliveries?limit=2{query}{cursor}"
            page = (await client.get(url, headers=reader)).json()
            lines += page["items"]
            if page["next"] is None:
                return lines
            cursor = f"&cursor={page['next']}"

    everything = await found()
    assert len(everything) == 9
    assert [line["id"] for line in everything] == sorted((line["id"] for line in everything), reverse=True)
    assert {line["channel"] for line in everything} == {"in_app", "wechat", "sms"}
    assert len(await found("&channel=sms&state=sent")) == 3
    assert len(await found(f"&notice_id={told[0]}")) == 3
    assert len(await found(f"&person_id={here.person_id}&template_code=booking_confirmed")) == 9
    assert await found(f"&person_id={new_id()}") == []
    elsewhere = sign_in(staff("notices.delivery.read", institution=new_id()))
    assert (await client.get("/api/admin/notices/deliveries", headers=elsewhere)).json()["items"] == []
    url = f"/api/admin/notices/deliveries/{everything[0]['id']}"
    assert (await client.get(url, headers=elsewhere)).status_code == 404


async def test_what_a_person_chooses(here: World, client: httpx.AsyncClient, sign_in: Any) -> None:
    me = sign_in(Caller(kind="customer", account_id=new_id(), person_id=here.person_id))
    place = "/api/patient/notices/preferences"
    shown = (await client.get(place, headers=me)).json()
    assert [(topic["topic"], topic["fixed"]) for topic in shown["topics"]] == [
        ("abnormal", True), ("booking", False), ("results", False), ("checklist", False), ("identity", False),
        ("service", False),
    ]  # fmt: skip
    assert shown["topics"][1]["channels"] == [
        {"channel": "wechat", "on": True, "reachable": False},
        {"channel": "sms", "on": True, "reachable": True},
        {"channel": "email", "on": True, "reachable": False},
    ]
    assert (shown["phone"], shown["email"]) == ("138****5678", None)
    off = {"wishes": [{"topic": "booking", "channel": "sms", "on": False}]}
    chosen = (await client.put(place, json=off, headers=me)).json()
    assert chosen["topics"][1]["channels"][1]["on"] is False
    told = await here.notify()
    await here.work()
    assert (await here.states(told))["sms"] == ("skipped", "客户选择不用短信接收这类消息")
    for wrong, advice in (
        ({"topic": "abnormal", "channel": "sms", "on": False}, "不能关闭"),
        ({"topic": "service", "channel": "sms", "on": True}, "不从这个渠道"),
        ({"topic": "nothing", "channel": "sms", "on": True}, "没有这类消息"),
    ):
        answer = await client.put(place, json={"wishes": [wrong]}, headers=me)
        assert (answer.status_code, answer.json()["code"]) == (422, "notices.preferences_invalid")
        assert advice in str(answer.json()["fields"])


async def test_an_email_is_confirmed_by_its_owner(
    here: World, client: httpx.AsyncClient, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = sign_in(Caller(kind="customer", account_id=new_id(), person_id=here.person_id))
    place = "/api/patient/notices/email"
    given = {"email": "zhangsan@example.com"}
    assert (await client.put(place, json=given, headers=me)).json()["code"] == "notices.emails_unavailable"
    with mail_server() as server:
        use_mail(monkeypatch, mail_account(server.port))
        for wrong in ("x@y", "a@b.test\nBcc: c@d.test"):
            assert (await client.put(place, json={"email": wrong}, headers=me)).status_code == 422
        assert (await client.put(place, json=given, headers=me)).status_code == 204
        assert (await client.put(place, json=given, headers=me)).status_code == 429
        await here.work()
        code = server.received[0][2].get_content()[7:13]  # type: ignore[attr-defined]
        wrong_code = f"{(int(code) + 1) % 10**6:06d}"
        for _ in range(2):
            refused = await client.post(f"{place}/confirm", json={"code": wrong_code}, headers=me)
            assert (refused.status_code, refused.json()["code"]) == (422, "notices.email_code_refused")
        shown = (await client.get("/api/patient/notices/preferences", headers=me)).json()
        assert (shown["email"], shown["pending_email"]) == (None, "zh***@example.com")
        assert (await client.post(f"{place}/confirm", json={"code": code}, headers=me)).status_code == 204
        assert (await client.post(f"{place}/confirm", json={"code": code}, headers=me)).status_code == 422
        shown = (await client.get("/api/patient/notices/preferences", headers=me)).json()
        assert (shown["email"], shown["pending_email"]) == ("zh***@example.com", None)
        kept = await here.one("SELECT email FROM notices.emails")
        assert b"zhangsan" not in kept
        assert (await client.delete(place, headers=me)).status_code == 204
        assert (await client.get("/api/patient/notices/preferences", headers=me)).json()["email"] is None


async def test_guessing_a_code_ends_soon(
    here: World, client: httpx.AsyncClient, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = sign_in(Caller(kind="customer", account_id=new_id(), person_id=here.person_id))
    use_mail(monkeypatch, mail_account(9))
    assert (
        await client.put("/api/patient/notices/email", json={"email": "a@b.test"}, headers=me)
    ).status_code == 204
    async with here.database.transaction() as tx:
        known = await wishes.email(tx, here.person_id)
    assert known is not None
    assert known.code is not None
    wrong = f"{(int(known.code) + 1) % 10**6:06d}"
    for code in (*[wrong] * 5, known.code):
        answer = await client.post("/api/patient/notices/email/confirm", json={"code": code}, headers=me)
        assert answer.status_code == 422


async def test_settings_and_channel_templates(
    here: World, client: httpx.AsyncClient, sign_in: Any, staff: Any
) -> None:
    writer = sign_in(staff("notices.settings.read", "notices.settings.write"))
    place = "/api/admin/notices/settings"
    shown = (await client.get(place, headers=writer)).json()
    assert (shown["set_up"], shown["receipts"], shown["version"]) == (["tencent", "aliyun"], True, 1)
    wanted = {
        name: shown[name]
        for name in ("channels", "quiet_from", "quiet_until", "caps", "sms_order", "version")
    }
    changed = await client.put(
        place, json={**wanted, "sms_order": ["aliyun"], "channels": ["sms"]}, headers=writer
    )
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await client.put(place, json=wanted, headers=writer)).status_code == 409
    for wrong in ({"quiet_from": "24:00"}, {"channels": ["sms", "sms"]}, {"sms_order": ["other"]}):
        assert (await client.put(place, json={**wanted, **wrong}, headers=writer)).status_code == 422
    told = await here.notify()
    await here.work()
    assert await here.states(told) == {
        "wechat": ("skipped", "本院没有启用微信"),
        "email": ("skipped", "本院没有启用邮件"),
        "sms": ("sent", ""),
    }
    assert await here.one("SELECT sender FROM notices.tries") == "aliyun"
    first = {**wanted, "version": 2, "channels": ["sms", "wechat"]}
    assert (await client.put(place, json=first, headers=writer)).json()["channels"] == ["sms", "wechat"]
    told = await here.notify()
    await here.work()
    assert await here.states(told) == {"email": ("skipped", "本院没有启用邮件"), "sms": ("sent", "")}

    place = "/api/admin/notices/channel-templates"
    new = {
        "version": 0,
        "kind": "sms",
        "external_id": "3001",
        "fields": [{"name": "day", "value": "{appointment_date}"}],
    }
    made = await client.put(f"{place}/booking_failed/sms/tencent", json=new, headers=writer)
    assert (made.status_code, made.json()["version"]) == (200, 1)
    assert (
        await client.put(f"{place}/booking_failed/sms/tencent", json=new, headers=writer)
    ).status_code == 409
    again = await client.put(
        f"{place}/booking_failed/sms/tencent", json={**new, "version": 1, "active": False}, headers=writer
    )
    assert (again.json()["version"], again.json()["active"]) == (2, False)
    account = str(new_id())
    for code, rest, wrong, advice in (
        ("nothing", "sms/tencent", {}, "没有这个消息模板"),
        ("booking_failed", "sms/other", {}, "tencent 或 aliyun"),
        ("booking_failed", "sms/tencent", {"kind": "template"}, "短信只能用短信模板"),
        ("booking_failed", "sms/tencent", {"fields": [{"name": "x", "value": "{name}"}]}, "没有“{name}”"),
        ("booking_failed", "wechat/other", {"kind": "template"}, "公众号或小程序的标识"),
        (
            "booking_failed",
            f"wechat/{account}",
            {"kind": "template", "fields": [{"name": "thing1", "value": "{body}"}]},
            "最多 20 个字",
        ),
    ):
        answer = await client.put(f"{place}/{code}/{rest}", json={**new, **wrong}, headers=writer)
        assert answer.status_code in (404, 422)
        assert advice in answer.text, answer.text
    good = {
        **new,
        "kind": "template",
        "fields": [{"name": "thing1", "value": "{title}"}, {"name": "time2", "value": "{appointment_date}"}],
    }
    assert (
        await client.put(f"{place}/booking_failed/wechat/{account}", json=good, headers=writer)
    ).status_code == 200
    listed = (await client.get(place, headers=writer)).json()
    assert {(one["code"], one["sender"]) for one in listed} >= {
        ("booking_failed", account),
        ("booking_confirmed", "aliyun"),
    }
