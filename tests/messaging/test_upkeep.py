"""What the clock does, and other ways in and out."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.jobs import TryAgain
from kanghu.modules.messaging import channels, jobs
from kanghu.modules.messaging import public as messaging
from kanghu.modules.messaging.models import Assign, Deliver
from kanghu.modules.messaging.models import Message as Row

from .conftest import Desk, MakePhone, Phone, Ward
from .test_media import png

MakeDesk = Callable[..., Desk]
Later = Callable[..., Awaitable[None]]
Timer = Callable[[Any], Awaitable[None]]


@pytest.fixture
def tick(database: Database) -> Callable[[Timer], Awaitable[None]]:
    """Runs a timer as the worker does."""

    async def run(timer: Timer) -> None:
        async with database.transaction() as tx:
            await timer(tx)

    return run


Tick = Callable[[Timer], Awaitable[None]]


# ---- closing -------------------------------------------------------------------------------------------------------------


async def test_who_does_not_answer_is_closed_and_who_waits_for_an_answer_never(
    phone: Phone, phone_of: MakePhone, desk: Desk, served: str, later: Later, tick: Tick
) -> None:
    waiting, asking = await phone_of("李四"), await phone_of("赵六")
    await waiting.say("没人接")
    await asking.say("在吗")
    assert (await desk.claim((await asking.get())["id"])).status_code == 204
    await desk.say(served, "要空腹。")
    await tick(jobs.close_idle)
    assert (await phone.get())["state"] == "active", "not yet"
    await later(minutes=31)
    await tick(jobs.close_idle)
    states = [(await one.get())["state"] for one in (phone, waiting, asking)]
    assert states == ["closed", "waiting", "active"]
    (spell,) = (await desk.get(f"/conversations/{served}/service-sessions"))["items"]
    assert (spell["end_reason"], spell["summary"]) == ("idle", None)
    assert "没有回复" in (await phone.texts())[-1]


async def test_closing_and_a_last_word_at_once_lose_nothing(
    phone: Phone, desk: Desk, served: str, later: Later, tick: Tick
) -> None:
    await desk.say(served, "还在吗？")
    await later(minutes=31)
    await asyncio.gather(tick(jobs.close_idle), phone.say("在的"))
    found = await phone.get()
    assert found["state"] in ("active", "waiting")
    assert "在的" in await phone.texts()


# ---- agents who go -------------------------------------------------------------------------------------------------------


async def test_an_agent_whose_page_is_gone_gives_back_who_waits_for_an_answer(
    phone: Phone, phone_of: MakePhone, desk: Desk, desk_of: MakeDesk, served: str, later: Later, tick: Tick
) -> None:
    answered = await phone_of("李四")
    await answered.say("您好")
    other = (await answered.get())["id"]
    await desk.claim(other)
    await desk.say(other, "您好，请讲")
    await later(minutes=11)
    await tick(jobs.send_agents_home)
    assert (await desk.get("/presence"))["state"] == "offline"
    assert ((await phone.get())["state"], (await answered.get())["state"]) == ("waiting", "active")
    (waiting,) = (await desk.get("/queue"))["items"]
    assert waiting["id"] == served
    colleague = desk_of(1)
    await colleague.on_duty()
    assert (await colleague.do("POST", "/queue/next"))["conversation_id"] == served
    found = await colleague.get(f"/conversations/{served}")
    assert [one["kind"] for one in found["transfers"]] == ["returned"]


# ---- assigning -----------------------------------------------------------------------------------------------------------


async def test_who_waits_is_given_to_the_least_busy_who_accept(
    phone_of: MakePhone, desk_of: MakeDesk, work: Callable[[], Awaitable[list[str]]], database: Database
) -> None:
    first, second, third = desk_of(0), desk_of(1), desk_of(2)
    await first.on_duty("general", max_load=4, auto_accept=True)
    await second.on_duty("general", "exam", max_load=2, auto_accept=True)
    await third.on_duty("general", "nursing", max_load=9)
    phones = [await phone_of(f"客{chr(0x4E00 + number)}") for number in range(8)]
    for one in phones[:6]:
        await one.say("您好")
    await phones[6].say("护理", skill="nursing")
    assert "messaging.assign" in await work()
    loads = [(await desk.get("/presence"))["load"] for desk in (first, second, third)]
    assert loads == [4, 2, 0]
    assert [one["skill"] for one in (await first.get("/queue"))["items"]] == ["nursing"]
    await phones[7].say("再来一位", skill="exam")
    await work()
    assert (await phones[7].get())["state"] == "waiting"
    mine = (await second.get("/conversations", mine=True, state="active"))["items"]
    await second.end(mine[0]["id"])
    await work()
    assert (await phones[7].get())["state"] == "active", "a free hand takes the next one"


async def test_assigning_and_claiming_at_once_give_each_customer_one_agent(
    phone_of: MakePhone, desk_of: MakeDesk, database: Database, ward: Ward
) -> None:
    desks = [desk_of(number) for number in range(3)]
    for one in desks:
        await one.on_duty(max_load=3, auto_accept=True)
    for number in range(8):
        await (await phone_of(f"客{chr(0x4E00 + number)}")).say("您好")
    waiting = [one["id"] for one in (await desks[0].get("/queue"))["items"]]

    async def assign() -> None:
        async with database.transaction() as tx:
            await jobs.assign(tx, Assign(ward.ours))

    await asyncio.gather(
        *[assign() for _ in range(3)], *[desk.claim(one) for desk in desks for one in waiting[:3]]
    )
    await assign()
    assert (await desks[0].get("/queue"))["items"] == []
    loads = [(await desk.get("/presence"))["load"] for desk in desks]
    assert (sum(loads), max(loads)) == (8, 3)
    async with database.transaction() as tx:
        lines = await tx.fetch(
            "SELECT count(*) AS n FROM messaging.messages WHERE kind = 'system' GROUP BY conversation_id"
        )
    assert {row["n"] for row in lines} == {1}


# ---- reminding -----------------------------------------------------------------------------------------------------------


async def notices_of(phone: Phone) -> list[str]:
    found = await phone.client.get("/api/patient/notices", headers=phone.headers)
    return [one["body"] for one in found.json()["items"]]


async def test_an_answer_that_waits_unread_is_told_of_once_until_it_is_read(
    phone: Phone, desk: Desk, served: str, later: Later, tick: Tick
) -> None:
    await later(minutes=4)
    await tick(jobs.remind_unread)
    assert await notices_of(phone) == [], "a line of the system is no answer"
    await desk.say(served, "要空腹。")
    await tick(jobs.remind_unread)
    assert await notices_of(phone) == [], "not yet"
    await later(minutes=4)
    await tick(jobs.remind_unread)
    await desk.say(served, "还要带证件。")
    await later(minutes=4)
    await tick(jobs.remind_unread)
    assert await notices_of(phone) == ["康护医院的客服回复了您，请点开查看。"]
    await phone.post("/read", {"up_to": (await phone.get())["last_seq"]})
    await desk.say(served, "还有什么可以帮您？")
    await later(minutes=4)
    await tick(jobs.remind_unread)
    assert len(await notices_of(phone)) == 2


# ---- other channels --------------------------------------------------------------------------------------------------------


class Line:
    """A channel of this test's own: what went out over it, in order, and whether it takes anything."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.refuses = ""
        self.away = False

    async def send(self, _database: Database, message: Row) -> None:
        if self.away:
            raise TryAgain("away")
        if self.refuses:
            raise messaging.Undeliverable(self.refuses)
        self.taken.append(message.content)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    messaging.register_channel("test_line", made.send)
    yield made
    channels.CHANNELS.pop("test_line", None)


@pytest.fixture
def over_the_line(database: Database, ward: Ward, line: Line) -> Callable[..., Awaitable[UUID]]:
    async def make(key: str, text: str = "", **more: Any) -> UUID:
        given: dict[str, Any] = {"kind": "text", "text": text, "channel": "test_line", **more}
        incoming = messaging.Incoming(person_id=ward.person, institution_id=ward.ours, key=key, **given)
        async with database.transaction() as tx:
            return await messaging.receive(tx, incoming)

    return make


async def test_what_came_over_another_channel_goes_back_over_it(
    over_the_line: Callable[..., Awaitable[UUID]],
    phone: Phone,
    desk: Desk,
    line: Line,
    work: Callable[[], Awaitable[list[str]]],
) -> None:
    first = await over_the_line("msg-1", "微信来的")
    assert await over_the_line("msg-1", "微信来的") == first
    picture = await over_the_line("msg-2", kind="image", media=png())
    assert await over_the_line("msg-2", kind="image", media=png()) == picture
    found = await phone.get()
    assert (found["last_seq"], found["state"]) == (2, "waiting")
    await desk.claim(found["id"])
    answer = await desk.say(found["id"], "回复")
    assert (answer["state"], answer["channel"]) == ("pending", "test_line")
    await work()
    shown = (await desk.get(f"/conversations/{found['id']}/messages"))["items"][-1]
    assert (shown["state"], line.taken) == ("sent", ["回复"])
    refused = await desk.ask("POST", f"/conversations/{found['id']}/messages/{shown['id']}/withdraw")
    assert refused.json()["code"] == "messaging.not_withdrawable"
    await phone.say("改用网页了")
    assert (await desk.say(found["id"], "好的"))["channel"] == "app"
    assert line.taken == ["回复"], "the way out is the one the customer used last"


async def test_a_message_that_is_refused_is_shown_as_failed_and_can_be_sent_again(
    over_the_line: Callable[..., Awaitable[UUID]],
    desk: Desk,
    phone: Phone,
    line: Line,
    work: Callable[[], Awaitable[list[str]]],
) -> None:
    await over_the_line("msg-1", "您好")
    conversation = (await phone.get())["id"]
    await desk.claim(conversation)
    line.refuses = "超过 48 小时，微信不再接收客服消息"
    sent = await desk.say(conversation, "回复")
    await work()
    shown = (await desk.get(f"/conversations/{conversation}/messages"))["items"][-1]
    assert (shown["state"], shown["failure"]) == ("failed", line.refuses)
    line.refuses = ""
    path = f"/conversations/{conversation}/messages/{sent['id']}/resend"
    assert (await desk.do("POST", path))["state"] == "pending"
    await work()
    assert line.taken == ["回复"]
    assert (await desk.ask("POST", path)).json()["code"] == "messaging.not_failed"


async def test_messages_go_out_in_their_order_and_one_that_hangs_does_not_hang_the_rest_for_ever(
    over_the_line: Callable[..., Awaitable[UUID]],
    desk: Desk,
    phone: Phone,
    line: Line,
    database: Database,
    later: Later,
    tick: Tick,
) -> None:
    await over_the_line("msg-1", "您好")
    conversation = (await phone.get())["id"]
    await desk.claim(conversation)
    first, second = [UUID((await desk.say(conversation, text))["id"]) for text in ("一", "二")]
    with pytest.raises(TryAgain):
        await jobs.deliver(database, Deliver(second))
    line.away = True
    with pytest.raises(TryAgain):
        await jobs.deliver(database, Deliver(first))
    line.away = False
    await jobs.deliver(database, Deliver(first))
    await jobs.deliver(database, Deliver(first))
    await jobs.deliver(database, Deliver(second))
    assert line.taken == ["一", "二"]
    line.away = True
    third = await desk.say(conversation, "三")
    await later(minutes=31)
    await tick(jobs.give_up_undelivered)
    shown = (await desk.get(f"/conversations/{conversation}/messages"))["items"][-1]
    assert (shown["id"], shown["state"]) == (third["id"], "failed")
    line.away = False
    await jobs.deliver(database, Deliver(UUID(third["id"])))
    assert line.taken == ["一", "二"], "what was given up is not sent behind the agent's back"


async def test_a_channel_that_is_gone_takes_nothing(
    over_the_line: Callable[..., Awaitable[UUID]],
    desk: Desk,
    phone: Phone,
    work: Callable[[], Awaitable[list[str]]],
) -> None:
    await over_the_line("msg-1", "您好")
    conversation = (await phone.get())["id"]
    await desk.claim(conversation)
    channels.CHANNELS.pop("test_line")
    await desk.say(conversation, "回复")
    await work()
    shown = (await desk.get(f"/conversations/{conversation}/messages"))["items"][-1]
    assert (shown["state"], "没有接通" in shown["failure"]) == ("failed", True)
