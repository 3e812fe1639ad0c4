"""Template messages and subscription notices: which there are, sending one exactly once, and what WeChat reports of it.

A note is made before the call. What WeChat refused may be tried again under the same id; what it did not answer may have arrived:
a template message may be repeated for ten minutes, within which WeChat knows it by its `client_msg_id`, a subscription notice never.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from kanghu.kernel import clock, log
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.events import publish
from kanghu.kernel.jobs import TryAgain
from kanghu.kernel.security import Caller
from kanghu.modules.wechat import template_rules
from kanghu.modules.wechat.errors import (
    SAME_AGAIN,
    NotFollowing,
    SendUnderWay,
    TemplateFieldsInvalid,
    WechatFailed,
    WrongKind,
)
from kanghu.modules.wechat.events import TemplateReported, TemplateSettled
from kanghu.modules.wechat.models import Account, Kind, Template, TemplateKind, TemplateSend
from kanghu.modules.wechat.repository import fans, template_sends
from kanghu.modules.wechat.service import calls, tokens
from kanghu.modules.wechat.service.accounts import get_account
from kanghu.modules.wechat.service.known import usable, usable_now

READ = "wechat.template.read"
UNDER_WAY = timedelta(minutes=2)
"""A call is over by then: its deadline is ten seconds, and it is made a few times at most."""
KNOWN_AGAIN = timedelta(minutes=9)
"""WeChat says ten minutes."""
REPORTED_WITHIN = timedelta(days=1)
WAIT_FOR_ANSWER = timedelta(minutes=5)
"""A report may overtake the answer to the call."""

PATHS: dict[TemplateKind, str] = {
    "template": "/cgi-bin/message/template/send",
    "subscription": "/cgi-bin/message/subscribe/bizsend",
    "mini_subscription": "/cgi-bin/message/subscribe/send",
}
_OF: dict[TemplateKind, Kind] = {
    "template": "official",
    "subscription": "official",
    "mini_subscription": "mini_program",
}


@dataclass(frozen=True, slots=True)
class TemplateMessage:
    """One message to a fan. `id` is the sender's: sent again under the same, it goes out once.

    `data`: field → text. `url`: what opens; for subscription notices and mini-programs the page.
    """

    id: UUID
    account_id: UUID
    openid: str
    kind: TemplateKind
    template_id: str
    data: dict[str, str]
    url: str = ""


async def list_templates(database: Database, caller: Caller, account_id: UUID) -> list[Template]:
    """What the account may send, asked at WeChat. Raises `AccountNotFound`, `AccountInactive`, `WechatFailed`."""
    async with database.transaction() as tx:
        await get_account(tx, caller.scope(READ), account_id)
        account = await usable(tx, account_id)
    subscriptions = await calls.get(database, account, "/wxaapi/newtmpl/gettemplate")
    kind: TemplateKind = "subscription" if account.kind == "official" else "mini_subscription"
    found = [
        _template(one, "priTmplId", kind, one.get("type") == 3) for one in _listed(subscriptions, "data")
    ]
    if account.kind == "official":
        ordinary = await calls.get(database, account, "/cgi-bin/template/get_all_private_template")
        found = [
            _template(one, "template_id", "template", True) for one in _listed(ordinary, "template_list")
        ] + found
    return found


def _listed(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = fields.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _template(one: dict[str, Any], key: str, kind: TemplateKind, long_term: bool) -> Template:
    content = str(one.get("content", ""))
    return Template(
        str(one.get(key, "")),
        str(one.get("title", "")),
        kind,
        content,
        template_rules.fields_of(content),
        long_term,
        str(one.get("example", "")),
    )


async def send_template(database: Database, message: TemplateMessage) -> str:
    """Sends it unless it was sent before; WeChat's number of it, empty where it gives none.

    Raises `TemplateFieldsInvalid`, `WrongKind`, `SendUnderWay`, `WechatFailed` (`NotFollowing`, `ConsentRefused`, …; `maybe_done`
    says that it may have arrived).
    """
    account = await usable_now(database, message.account_id)
    if _OF[message.kind] != account.kind:
        raise WrongKind
    wrong = template_rules.problems(message.data)
    if wrong:
        raise TemplateFieldsInvalid(fields=wrong)
    await _token(database, account)
    earlier = await _note(database, message)
    if earlier is not None:
        return earlier
    try:
        answer = await calls.post(database, account, PATHS[message.kind], _body(message))
    except WechatFailed as error:
        if error.errcode != SAME_AGAIN:
            await _refused(database, account, message, error)
            raise
        answer = {}
    msg_id = str(answer.get("msgid") or "")
    await _settle(database, message.id, "sent", msg_id, None)
    return msg_id


async def _token(database: Database, account: Account) -> None:
    """Before anything is noted: who fails here has certainly sent nothing."""
    try:
        await tokens.access_token(database, account)
    except WechatFailed as error:
        error.maybe_done = False
        raise


def _body(message: TemplateMessage) -> dict[str, Any]:
    body: dict[str, Any] = {
        "touser": message.openid,
        "template_id": message.template_id,
        "data": {name: {"value": value} for name, value in message.data.items()},
    }
    if message.kind == "template":
        body["client_msg_id"] = message.id.hex
    if message.url:
        body["url" if message.kind == "template" else "page"] = message.url
    return body


async def _note(database: Database, message: TemplateMessage) -> str | None:
    """The number of a message that was sent before; None: it is ours to send now. Raises `SendUnderWay`."""
    now = clock.now()
    async with database.transaction() as tx:
        if await template_sends.insert(
            tx, message.id, message.account_id, message.openid, message.kind, message.template_id, now
        ):
            return None
        known = await template_sends.hold(tx, message.id)
        assert known is not None
        if known.state in ("sent", "delivered", "failed"):
            return known.msg_id
        if known.state == "sending" and now < known.begun_at + UNDER_WAY:
            raise SendUnderWay
        if known.state != "refused" and not (known.kind == "template" and now < known.first_at + KNOWN_AGAIN):
            raise SendUnderWay("没有得到微信的应答，这条消息可能已经送达，不再重发")
        await template_sends.begin_again(
            tx, message.id, now if known.state == "refused" else known.first_at, now
        )
    return None


async def _settle(database: Database, send_id: UUID, state: str, msg_id: str, errcode: int | None) -> None:
    async with database.transaction() as tx:
        await template_sends.settle(tx, send_id, state, msg_id, errcode, clock.now())


async def _refused(
    database: Database, account: Account, message: TemplateMessage, error: WechatFailed
) -> None:
    now = clock.now()
    async with database.transaction() as tx:
        if isinstance(error, NotFollowing) and message.kind == "template":
            await fans.mark_left(tx, account.id, message.openid, now)
        state = "unknown" if error.maybe_done else "refused"
        await template_sends.settle(tx, message.id, state, "", error.errcode or None, now)
    log.get("wechat").warning(
        "template_not_sent",
        account_id=str(account.id),
        errcode=error.errcode,
        template_id=message.template_id,
    )


async def take_report(tx: Tx, event: TemplateReported) -> None:
    """What WeChat says of a message: told on under the sender's id. One that is none of ours is nobody's business.

    Raises `TryAgain` while a message to the fan is under way, which may be the one.
    """
    now = clock.now()
    found = await template_sends.reported_about(
        tx, event.account_id, event.openid, event.msg_id, event.template_id, now - REPORTED_WITHIN
    )
    if found is None:
        return
    if event.msg_id and found.msg_id != event.msg_id and found.state == "sending" and _fresh(found, now):
        raise TryAgain("the answer to the call is not there yet")
    state = "delivered" if event.arrived else "failed"
    await template_sends.report(tx, found.id, state, event.status, now)
    await publish(tx, TemplateSettled(send_id=found.id, arrived=event.arrived, status=event.status))


def _fresh(found: TemplateSend, now: Any) -> bool:
    return bool(now < found.begun_at + WAIT_FOR_ANSWER)
