"""Customer-service messages: never more of them than the fan's acts allow, however many send at once.

A message takes its place in a window before it is sent, under a lock of the fan's windows; the call itself holds nothing. What
WeChat refused gives its place back; what it did not answer keeps it, since it may have arrived, and is not sent again.
"""

from uuid import UUID

from kanghu.kernel import clock, log
from kanghu.kernel.db import Database, Tx
from kanghu.modules.wechat.errors import (
    BUSY,
    SAME_AGAIN,
    DailyLimit,
    NotFollowing,
    QuotaUsed,
    SendUncertain,
    SendUnderWay,
    WechatFailed,
    WindowClosed,
)
from kanghu.modules.wechat.models import Account, Trigger
from kanghu.modules.wechat.outgoing import Outgoing, body_of
from kanghu.modules.wechat.policy import UNDER_WAY, Meter, choose, meter, tomorrow
from kanghu.modules.wechat.repository import accounts, fans, sends
from kanghu.modules.wechat.service import calls, tokens
from kanghu.modules.wechat.service.known import usable_now

PATH = "/cgi-bin/message/custom/send"


async def window(tx: Tx, account_id: UUID, openid: str) -> Meter:
    """How many messages may be sent to the fan now, and until when."""
    return meter(await sends.windows(tx, account_id, openid), clock.now())


async def send(database: Database, outgoing: Outgoing) -> Meter:
    """Sends it unless it was sent before; what may be sent after it.

    Raises `WechatFailed` (`WindowClosed`, `QuotaUsed`, `NotFollowing`, …; `passing` says that another try may help),
    `SendUnderWay`, `SendUncertain` when an earlier try got no answer or its process died, `ContentInvalid`, `WrongKind`, `AccountNotFound`, `AccountInactive`.
    """
    account = await usable_now(database, outgoing.account_id)
    body = body_of(outgoing, account.kind)
    if account.paused_until is not None and account.paused_until > clock.now():
        raise DailyLimit
    await tokens.access_token(database, account)  # what fails here costs no place
    trigger = await _take_place(database, outgoing)
    if trigger is not None:
        await _send(database, account, outgoing, trigger, body)
    async with database.transaction() as tx:
        return await window(tx, account.id, outgoing.openid)


async def _take_place(database: Database, outgoing: Outgoing) -> Trigger | None:
    """The window that pays for the message; None when it was sent before."""
    now = clock.now()
    async with database.transaction() as tx:
        windows = await sends.windows(tx, outgoing.account_id, outgoing.openid, lock=True)
        match await sends.earlier(tx, outgoing.id):
            case "sent", _:
                return None
            case "sending", begun_at if begun_at > now - UNDER_WAY:
                raise SendUnderWay
            case (("sending" | "unknown"), _):
                raise SendUncertain
        chosen = choose(windows, now)
        if chosen is None:
            raise QuotaUsed if any(now < found.until for found in windows) else WindowClosed
        begun = await sends.begin(
            tx,
            outgoing.id,
            outgoing.account_id,
            outgoing.openid,
            outgoing.kind,
            chosen.trigger,
            now,
        )
        if not begun:
            raise SendUnderWay
        await sends.use(tx, outgoing.account_id, outgoing.openid, chosen.trigger)
    return chosen.trigger


async def _send(
    database: Database, account: Account, outgoing: Outgoing, trigger: Trigger, body: dict[str, object]
) -> None:
    try:
        await calls.post(database, account, PATH, body)
    except WechatFailed as error:
        if error.errcode == SAME_AGAIN:
            await _settle(database, outgoing, "sent", None)
            return
        await _refused(database, account, outgoing, trigger, error)
        raise
    await _settle(database, outgoing, "sent", None)


async def _settle(database: Database, outgoing: Outgoing, state: str, errcode: int | None) -> None:
    async with database.transaction() as tx:
        await sends.settle(tx, outgoing.id, state, errcode, clock.now())


async def _refused(
    database: Database, account: Account, outgoing: Outgoing, trigger: Trigger, error: WechatFailed
) -> None:
    """What WeChat's answer tells about the fan, the window and the account."""
    now = clock.now()
    answered = error.errcode != 0
    failed = answered or not error.maybe_done
    async with database.transaction() as tx:
        if isinstance(error, NotFollowing):  # first, as a callback does: rows are locked in one order
            await fans.mark_left(tx, account.id, outgoing.openid, now)
        await sends.windows(tx, account.id, outgoing.openid, lock=True)
        await sends.settle(tx, outgoing.id, "refused" if failed else "unknown", error.errcode or None, now)
        if isinstance(error, WindowClosed | QuotaUsed):
            await sends.use_up(tx, account.id, outgoing.openid)
        elif failed and error.errcode not in BUSY:
            await sends.give_back(tx, account.id, outgoing.openid, trigger)
        if isinstance(error, DailyLimit):
            await accounts.pause(tx, account.id, tomorrow())
    if isinstance(error, DailyLimit):
        log.get("wechat").error("daily_limit_reached", account_id=str(account.id), path=PATH)
