"""WeChat as a way in and out of the desk: what fans say becomes messages of a conversation, and answers go out to the fan.

A fan's messages are taken over one after another, as they came; a file that WeChat does not give at once is told of in its place
and follows when it comes. The mark "taken" commits with the message, so each is in a conversation exactly once.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import NAMESPACE_OID, UUID, uuid5

from kanghu.kernel import clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError
from kanghu.kernel.events import on
from kanghu.kernel.jobs import TryAgain, enqueue, outbound_job
from kanghu.modules.messaging import public as messaging
from kanghu.modules.wechat import public as wechat
from kanghu.modules.wechat.events import FanBound, FanSpoke

CHANNEL = "wechat"
FILES = {"image": "image", "voice": "voice", "video": "video", "shortvideo": "video"}
"""WeChat's MsgType → what it is in a conversation."""
UPLOADED: dict[str, Literal["image", "voice", "video"]] = {
    "image": "image",
    "voice": "voice",
    "video": "video",
}
CLOSED: dict[type[AppError], str] = {
    wechat.WindowClosed: "客户 48 小时内没有发来消息，微信不准许回复",
    wechat.QuotaUsed: "客户再次发来消息之前，微信准许回复的条数已用完",
    wechat.NotFollowing: "客户已不再关注公众号",
}
"""Why nothing reaches the fan until they come again."""
LONGEST_VOICE_MS = 61_000
"""Official accounts take 60 s; what a recorder makes of them is a little more."""
NAMES = {"image": "图片", "voice": "语音", "video": "视频"}
GIVE_UP_AFTER = timedelta(hours=1)
"""A file that WeChat does not give for so long is told of as lost; WeChat itself keeps it for three days."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message of a fan, and with it whatever they said before that nobody has taken over."""

    account_id: UUID
    openid: str
    inbox_id: UUID


def address_of(account_id: UUID, openid: str) -> str:
    return f"{account_id}/{openid}"


def _fan_at(address: str) -> tuple[UUID, str]:
    account_id, _, openid = address.partition("/")
    return UUID(account_id), openid


# ---- in ------------------------------------------------------------------------------------------------------------------


@on(FanSpoke)
async def hear_fan(tx: Tx, event: FanSpoke) -> None:
    await enqueue(tx, take_over, Spoken(event.account_id, event.openid, event.inbox_id))


@outbound_job("main.take_over_from_wechat", concurrency=8)
async def take_over(database: Database, spoken: Spoken) -> None:
    async with database.transaction() as tx:
        waiting = await wechat.untaken(tx, spoken.account_id, spoken.openid, spoken.inbox_id)
        said = [await wechat.inbound(tx, inbox_id) for inbox_id in waiting]
    for message in said:
        await _take_over(database, message)


async def _take_over(database: Database, said: wechat.Inbound) -> None:
    kind = FILES.get(said.kind)
    content, trouble = (None, None) if kind is None else await _fetched(database, said)
    async with database.transaction() as tx:
        await wechat.hold_fan(tx, said.account_id, said.openid)
        if not await wechat.take(tx, said.id):
            return
        if trouble is not None and trouble.passing:
            await enqueue(tx, fetch_file, Spoken(said.account_id, said.openid, said.id))
        await _received(tx, said, str(said.id), content, _told(kind, trouble))


async def _fetched(
    database: Database, said: wechat.Inbound
) -> tuple[bytes | None, wechat.WechatFailed | None]:
    """The file of a message, or why WeChat did not give it."""
    try:
        return (await wechat.download_media(database, said.account_id, said.media_id)).content, None
    except wechat.WechatFailed as failed:
        return None, failed
    except AppError as refused:  # a file that WeChat should not have taken, or an account that is closed
        return None, wechat.WechatFailed(refused.message)


def _told(kind: str | None, trouble: wechat.WechatFailed | None) -> str:
    """What stands in the place of a file that is not there."""
    if kind is None or trouble is None:
        return ""
    if trouble.passing:
        return f"［客户发来{NAMES[kind]}，微信暂时没有给出，正在重试，取到后会显示］"
    return _lost(kind, trouble.message)


def _lost(kind: str, why: str) -> str:
    return f"［客户发来{NAMES[kind]}，没有取到：{why}。可请客户重新发送］"


@outbound_job("main.fetch_file_from_wechat", attempts=30)
async def fetch_file(database: Database, spoken: Spoken) -> None:
    """One more try for a file that was told of already; after an hour it is told that it is lost."""
    async with database.transaction() as tx:
        said = await wechat.inbound(tx, spoken.inbox_id)
    content, trouble = await _fetched(database, said)
    if trouble is not None and trouble.passing and clock.now() - said.sent_at < GIVE_UP_AFTER:
        raise TryAgain(trouble.message)
    told = _lost(FILES[said.kind], trouble.message) if trouble else ""
    async with database.transaction() as tx:
        await wechat.hold_fan(tx, said.account_id, said.openid)
        await _received(tx, said, f"{said.id}-file", content, told)


async def _received(tx: Tx, said: wechat.Inbound, key: str, content: bytes | None, told: str) -> None:
    """Into the fan's conversation, with `told` in place of what is not there; automatic answers go out on the way."""
    account = await wechat.account_brief(tx, said.account_id)
    assert account is not None, "accounts are never deleted"
    person_id = await wechat.person_of(tx, said.account_id, said.openid)
    decided = await wechat.decide(tx, said)

    def incoming(kind: str, text: str = "", media: bytes | None = None) -> messaging.Incoming:
        return messaging.Incoming(
            person_id=person_id,
            institution_id=account.institution_id,
            channel=CHANNEL,
            address=address_of(said.account_id, said.openid),
            key=key,
            kind=kind,
            text=text,
            media=media,
            answer=wechat.answers_as_text(decided.answers),
            for_staff=decided.for_staff,
        )

    if content is None:
        received = await messaging.receive(tx, incoming("text", told or as_text(said)))
    else:
        kind = FILES[said.kind]
        try:
            received = await messaging.receive(tx, incoming(kind, media=content))
        except messaging.MediaRefused as refused:
            received = await messaging.receive(tx, incoming("text", _lost(kind, refused.message)))
    if received.answered:
        await wechat.answer(tx, said, decided.answers)


def as_text(said: wechat.Inbound) -> str:
    """Whatever is no file, as the desk reads it."""
    if said.kind == "text":
        return said.text or "［空白消息］"
    if said.place is not None:
        place = said.place
        return f"［位置］{place.label}\n北纬 {place.latitude:.6f}，东经 {place.longitude:.6f}"
    if said.link is not None:
        return "\n".join(["［链接］" + said.link.title, said.link.description, said.link.url]).strip()
    return "［客户发来的消息无法在此显示，请其改发文字或图片］"


@on(FanBound)
async def recognise_visitor(tx: Tx, event: FanBound) -> None:
    account = await wechat.account_brief(tx, event.account_id)
    assert account is not None, "accounts are never deleted"
    # Who was unbound meanwhile is a visitor again, and what they said as one stays theirs.
    if await wechat.person_of(tx, event.account_id, event.openid) == event.person_id:
        address = address_of(event.account_id, event.openid)
        await messaging.recognise(tx, account.institution_id, CHANNEL, address, event.person_id)


# ---- out -----------------------------------------------------------------------------------------------------------------


async def send_out(database: Database, message: messaging.Message) -> None:
    """An agent's message to the fan it is for, once, whatever dies on the way."""
    try:
        await wechat.send(database, await _outgoing(database, message))
    except wechat.SendUnderWay as waiting:
        raise TryAgain(waiting.message) from waiting
    except tuple(CLOSED) as closed:
        raise messaging.WayClosed(CLOSED[type(closed)]) from closed
    except AppError as failed:
        if isinstance(failed, wechat.WechatFailed) and failed.passing:
            raise TryAgain(failed.message) from failed
        raise messaging.Undeliverable(failed.message) from failed


async def _outgoing(database: Database, message: messaging.Message) -> wechat.Outgoing:
    assert message.address is not None, "came in by WeChat"
    account_id, openid = _fan_at(message.address)
    send_id = uuid5(NAMESPACE_OID, f"{message.id}/{message.resent}")
    if message.media_id is None:
        text = message.content if message.kind == "text" else _card_as_text(message.content)
        return wechat.Outgoing(send_id, account_id, openid, "text", text=text)
    file = await messaging.sendable(database, message.media_id)
    if message.kind == "voice" and (file.duration_ms or 0) > LONGEST_VOICE_MS:
        raise messaging.Undeliverable("语音超过 60 秒，微信不能发送，请分段录制")
    kind = UPLOADED[message.kind]
    media_id = await wechat.upload_media(database, account_id, kind, file.content)
    thumb = (
        ""
        if file.thumbnail is None
        else await wechat.upload_media(database, account_id, "thumb", file.thumbnail)
    )
    return wechat.Outgoing(send_id, account_id, openid, kind, media_id=media_id, thumb_media_id=thumb)


def _card_as_text(content: str) -> str:
    card = messaging.decoded_card(content)
    return "\n".join(
        [
            card.title,
            *(f"{line.label}：{line.text}" for line in card.lines),
            "详情请在医院的小程序或网页中查看",
        ]
    )


async def allowance(tx: Tx, address: str) -> messaging.Allowance:
    meter = await wechat.window(tx, *_fan_at(address))
    return messaging.Allowance(meter.left, meter.until)


def plug_in() -> None:
    messaging.register_channel(CHANNEL, send_out, allowance)
