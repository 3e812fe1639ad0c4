"""Who reaches only their own: nurses answer whom colleagues passed on to them; and everybody's own list of customers."""

from collections.abc import Callable

import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.security import Caller, Scope

from .conftest import Desk, MakePhone, Phone, Ward


@pytest.fixture
def nurse(client, sign_in, ward: Ward) -> Desk:  # type: ignore[no-untyped-def]
    account = ward.agents[1]
    grants = dict.fromkeys(
        ("messaging.conversation.read", "messaging.conversation.write"), Scope(account=account)
    )
    caller = Caller(kind="staff", account_id=account, institution_id=ward.ours, grants=grants)
    return Desk(client, sign_in(caller), account)


async def test_a_nurse_reaches_a_conversation_once_it_was_passed_on_and_still_when_it_has_ended(
    nurse: Desk, desk: Desk, served: str, phone: Phone
) -> None:
    there = await nurse.on_duty("nursing", auto_accept=True)
    assert there["auto_accept"] is False, "nobody is assigned to whom nobody may claim"
    path = f"/conversations/{served}"
    assert (await nurse.ask("GET", path)).status_code == 404
    assert (await nurse.get("/conversations"))["items"] == []
    await desk.do("POST", f"{path}/transfer", {"to_account_id": str(nurse.account), "note": "请护士答复"})
    (listed,) = (await nurse.get("/conversations", mine=True, state="active"))["items"]
    assert listed["id"] == served
    await nurse.say(served, "您好，我是护士")
    assert "您好，我是护士" in await phone.texts()
    await nurse.end(served)
    assert (await nurse.get(f"{path}/messages"))["items"]
    assert [one["id"] for one in (await nurse.get("/conversations", served=True))["items"]] == [served]


async def test_a_nurse_takes_nobody_from_the_queue(nurse: Desk, conversation: str) -> None:
    await nurse.on_duty("general")
    for path in ("/queue/next", f"/conversations/{conversation}/claim"):
        assert (await nurse.ask("POST", path)).status_code == 403
    assert (await nurse.get("/queue"))["items"] == []


async def test_what_i_served_once_is_listed_whoever_served_last(
    desk: Desk, desk_of: Callable[..., Desk], served: str, phone: Phone
) -> None:
    colleague = desk_of(1)
    await colleague.on_duty("general")
    await desk.end(served)
    await phone.say("还有一个问题")
    assert (await colleague.claim(served)).status_code == 204
    for who in (desk, colleague):
        assert [one["id"] for one in (await who.get("/conversations", served=True))["items"]] == [served]
    assert (await desk.get("/conversations", mine=True))["items"] == []
    assert (await desk_of(2).get("/conversations", served=True))["items"] == []


async def test_contacts_are_ones_own_customers_by_pinyin_masked_and_written_down(
    desk: Desk, phone_of: MakePhone, database: Database
) -> None:
    for name in ("张小三", "曾大力", "阿依古丽", "Smith"):
        phone = await phone_of(name)
        await phone.say("您好")
        conversation = (await phone.get())["id"]
        if name != "Smith":
            assert (await desk.claim(conversation)).status_code == 204
    found = await desk.get("/contacts")
    assert [(one["initial"], one["name"]) for one in found] == [
        ("A", "阿**丽"),
        ("Z", "曾*力"),
        ("Z", "张*三"),
    ]
    async with database.transaction() as tx:
        noted = await tx.fetchval(
            "SELECT count(*) FROM kernel.audit_inbox WHERE action = 'messaging.contact.read'"
        )
    assert noted == 1
