"""Desk and customer hear what changed for them, and who was away goes on from where they stopped."""

from collections.abc import Callable

from tests.live.conftest import Web, numbering, web  # noqa: F401 - fixtures
from tests.live.page import Page

from .conftest import Desk, Phone, Ward

MakeDesk = Callable[..., Desk]
MESSAGES, QUEUE = "messaging.messages", "messaging.queue"


async def test_customer_and_desk_hear_of_what_concerns_them(
    web: Web,  # noqa: F811
    phone: Phone,
    desk: Desk,
    desk_of: MakeDesk,
    ward: Ward,
) -> None:
    boss = desk_of(2, "messaging.queue.supervise")
    stranger = desk_of(2, "messaging.queue.supervise", institution=ward.other, account=ward.foreign_agent)
    colleague = desk_of(1)
    async with (
        Page(web.url, phone.headers) as customer,
        Page(web.url, desk.headers) as mine,
        Page(web.url, colleague.headers) as theirs,
        Page(web.url, boss.headers) as above,
        Page(web.url, stranger.headers) as elsewhere,
    ):
        await phone.say("您好")
        await customer.hears(MESSAGES)
        await above.hears(MESSAGES, QUEUE)
        await mine.hears(QUEUE)
        await theirs.hears(QUEUE)
        conversation = (await phone.get())["id"]
        await desk.claim(conversation)
        await mine.hears(MESSAGES)
        heard = len(mine.heard())
        await phone.say("在吗")
        await mine.until(lambda: len(mine.heard()) > heard)
        assert mine.heard()[-1] == (MESSAGES, None), "staff are not told of whom"
        assert customer.heard()[-1][1] == str(phone.person)
        assert MESSAGES not in theirs.topics(), "somebody else's customer"
        assert elsewhere.heard() == []


async def test_who_was_away_hears_and_reads_what_was_missed(
    web: Web,  # noqa: F811
    phone: Phone,
    desk: Desk,
    served: str,
) -> None:
    async with Page(web.url, desk.headers) as before:
        await phone.say("第一句")
        await before.hears(MESSAGES)
        last = (await desk.get(f"/conversations/{served}/messages"))["items"][-1]["seq"]
    for text in ("第二句", "第三句"):
        await phone.say(text)
    async with Page(web.url, desk.headers, last=before.last) as again:
        await again.hears(MESSAGES)
        missed = await desk.get(f"/conversations/{served}/messages", after=last)
    assert [one["text"] for one in missed["items"]] == ["第二句", "第三句"]
