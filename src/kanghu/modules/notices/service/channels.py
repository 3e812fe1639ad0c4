"""The ways out of the house, each with what it needs: who could send a notice, what is handed over, and what came of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.db import Database
from kanghu.kernel.errors import AppError
from kanghu.kernel.http import PeerFailed
from kanghu.modules.notices.adapters import smtp
from kanghu.modules.notices.adapters.sms import SmsRefused
from kanghu.modules.notices.addresses import Addresses
from kanghu.modules.notices.chain import CALLED, Channel, Outcome
from kanghu.modules.notices.models import ChannelTemplate, Notice, Rules
from kanghu.modules.notices.policy import MissingPlaceholder, render
from kanghu.modules.notices.service import sms
from kanghu.modules.notices.settings import mail
from kanghu.modules.wechat import public as wechat


@dataclass(frozen=True, slots=True)
class Parcel:
    """One try: what is sent, by whom, to where. Personal data: neither logged nor put into a job."""

    delivery_id: UUID
    number: int
    channel: Channel
    sender: str
    address: str
    notice: Notice
    template: ChannelTemplate | None


@dataclass(frozen=True, slots=True)
class Means:
    """How a notice could leave: the person's addresses, and the templates in use for it."""

    addresses: Addresses
    templates: Sequence[ChannelTemplate]
    rules: Rules

    def template(self, channel: Channel, sender: str) -> ChannelTemplate | None:
        return next((one for one in self.templates if (one.channel, one.sender) == (channel, sender)), None)

    def senders(self, channel: Channel) -> list[str]:
        """Those that could send it, in their order."""
        return [one for one in _SENDERS[channel](self) if channel == "email" or self.template(channel, one)]

    def address(self, channel: Channel, sender: str) -> str:
        if channel == "wechat":
            return next(one.openid for one in self.addresses.fans if str(one.account_id) == sender)
        return (self.addresses.phone if channel == "sms" else self.addresses.email) or ""

    def unfit(self, channel: Channel) -> str | None:
        """Why nothing can go out by it; None: it can."""
        name = CALLED[channel]
        if channel not in self.rules.channels:
            return f"本院没有启用{name}"
        if not _KNOWN[channel](self.addresses):
            return _MISSING[channel]
        if self.senders(channel):
            return None
        return f"没有为这种消息设置{name}模板" if _SENDERS[channel](self) else f"{name}服务没有设置"


_KNOWN: Mapping[Channel, Callable[[Addresses], bool]] = {
    "wechat": lambda known: bool(known.fans),
    "sms": lambda known: bool(known.phone),
    "email": lambda known: bool(known.email),
}
_MISSING: Mapping[Channel, str] = {
    "wechat": "客户没有绑定微信",
    "sms": "没有客户的手机号",
    "email": "客户没有确认过邮箱",
}
_SENDERS: Mapping[Channel, Callable[[Means], list[str]]] = {
    "wechat": lambda means: [str(one.account_id) for one in means.addresses.fans],
    "sms": lambda means: sms.able(means.rules.sms_order),
    "email": lambda _means: ["smtp"] if mail().able() else [],
}


def is_repeatable(template: ChannelTemplate | None) -> bool:
    """Whether the sender recognises the same message: WeChat knows a template message by its `client_msg_id`."""
    return template is not None and template.kind == "template"


async def send(database: Database, parcel: Parcel) -> Outcome:
    """One try, with a deadline. Raises nothing: whatever goes wrong is an outcome."""
    try:
        return await SENDERS[parcel.channel](database, parcel)
    except MissingPlaceholder as missing:
        return Outcome("refused", f"模板的参数缺少“{missing.args[0]}”", final=True)


Sender = Callable[[Database, Parcel], Awaitable[Outcome]]


def _filled(parcel: Parcel) -> dict[str, str]:
    """The template's parameters in their order. Raises MissingPlaceholder."""
    assert parcel.template is not None
    notice = parcel.notice
    known = {**notice.data, "title": notice.title, "body": notice.body}
    return {field.name: render(field.value, known) for field in parcel.template.fields}


async def _by_wechat(database: Database, parcel: Parcel) -> Outcome:
    template = parcel.template
    assert template is not None
    message = wechat.TemplateMessage(
        id=parcel.delivery_id,
        account_id=UUID(parcel.sender),
        openid=parcel.address,
        kind=template.kind,  # type: ignore[arg-type]
        template_id=template.external_id,
        data=_filled(parcel),
        url=template.url,
    )
    try:
        return Outcome("accepted", provider_id=await wechat.send_template(database, message))
    except wechat.SendUnderWay as error:
        return Outcome("unknown", error.message)
    except wechat.WechatFailed as error:
        if error.maybe_done:
            return Outcome("unknown", error.message)
        return Outcome("refused", error.message, final=not error.passing)
    except AppError as error:
        told = "；".join((error.message, *(f"{name}：{wrong}" for name, wrong in error.fields.items())))
        return Outcome("refused", told, final=True)


async def _by_sms(_database: Database, parcel: Parcel) -> Outcome:
    assert parcel.template is not None
    wanted = sms.Text(parcel.address, parcel.template.external_id, _filled(parcel), str(parcel.delivery_id))
    try:
        return Outcome("accepted", provider_id=await sms.send(parcel.sender, wanted))
    except SmsRefused as error:
        return Outcome("refused", error.reason, final=not error.passing, hopeless=error.hopeless)
    except PeerFailed as error:
        return _failed(error)


async def _by_email(_database: Database, parcel: Parcel) -> Outcome:
    notice = parcel.notice
    try:
        message_id = await smtp.send(
            mail(), parcel.address, notice.title, notice.body, str(parcel.delivery_id)
        )
    except smtp.MailRefused as error:
        return Outcome("refused", error.reason, final=not error.passing, hopeless=error.hopeless)
    except PeerFailed as error:
        return _failed(error)
    return Outcome("accepted", provider_id=message_id)


def _failed(error: PeerFailed) -> Outcome:
    if error.maybe_done:
        return Outcome("unknown", error.reason)
    return Outcome("refused", error.reason, final=not error.passing)


SENDERS: dict[Channel, Sender] = {"wechat": _by_wechat, "sms": _by_sms, "email": _by_email}
