"""SMS by whichever service is set up: Tencent Cloud, Aliyun, one after the other.

Codes are taken from accounts at the last moment, handed over, and forgotten. A code that two services may both have sent harms
nobody, so it goes to the next one after every failure; a notice does not (`chain`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit, log
from kanghu.kernel.db import Database
from kanghu.kernel.http import PeerFailed
from kanghu.kernel.jobs import TryAgain
from kanghu.kernel.security import SYSTEM
from kanghu.modules.accounts import public as accounts
from kanghu.modules.notices.adapters import aliyun_sms, tencent_sms
from kanghu.modules.notices.adapters.sms import SmsRefused
from kanghu.modules.notices.repository import channel_templates
from kanghu.modules.notices.settings import aliyun, settings

SENDERS = ("tencent", "aliyun")


@dataclass(frozen=True, slots=True)
class Text:
    """One message. `parameters` in the template's order, by name; `out_id` comes back in the receipt where the service can."""

    phone: str
    template: str
    parameters: Mapping[str, str]
    out_id: str


def available() -> bool:
    """Whether codes can be sent at all."""
    return settings().complete() or aliyun().complete()


def able(order: Sequence[str]) -> list[str]:
    """The services that are set up, in this order."""
    ready = {"tencent": settings().able(), "aliyun": aliyun().able()}
    return [sender for sender in order if ready.get(sender)]


async def send(sender: str, wanted: Text) -> str:
    """By this service; its number of the message. Raises SmsRefused, PeerFailed."""
    if sender == "aliyun":
        return await aliyun_sms.send(
            aliyun(), wanted.phone, wanted.parameters, wanted.template, wanted.out_id
        )
    return await tencent_sms.send(settings(), wanted.phone, list(wanted.parameters.values()), wanted.template)


async def send_phone_code(database: Database, code_id: UUID) -> None:
    """One try. Raises `TryAgain` while that may help; a code that expired meanwhile is not sent any more."""
    async with database.transaction() as tx:
        message = await accounts.phone_code_to_send(tx, code_id)
        order = (await channel_templates.rules(tx)).sms_order
    if message is None:
        return
    outcome, again = await _send_code(order, message)
    if again:
        log.get("notices").error("sms_not_sent", code_id=str(code_id), reason=outcome["reason"])
        raise TryAgain(outcome["reason"])
    if "reason" in outcome:
        log.get("notices").error("sms_not_sent", code_id=str(code_id), reason=outcome["reason"])
    async with database.transaction() as tx:
        await accounts.phone_code_sent(tx, code_id)
        await audit.record(
            tx,
            SYSTEM,
            "notices.sms.refuse" if "reason" in outcome else "notices.sms.send",
            subject=f"accounts.phone_codes/{code_id}",
            detail=outcome,
        )


async def _send_code(order: Sequence[str], message: accounts.PhoneMessage) -> tuple[dict[str, str], bool]:
    """What came of it, and whether another try may help. The first refusal is the one that is told."""
    ready = {"tencent": settings().complete(), "aliyun": aliyun().complete()}
    reasons: list[str] = []
    again = False
    for sender in (known for known in order if ready.get(known)):
        try:
            return {"serial": await _code_by(sender, message), "sender": sender}, False
        except PeerFailed as error:
            reasons.append(error.reason)
            again = again or error.passing
            if isinstance(error, SmsRefused) and error.hopeless:
                return {"reason": error.reason, "sender": sender}, False
    return {"reason": reasons[0] if reasons else "短信服务没有设置"}, again


async def _code_by(sender: str, message: accounts.PhoneMessage) -> str:
    values = [message.code, str(message.minutes)]
    if sender == "aliyun":
        named = dict(zip(aliyun().code_names, values, strict=False))
        return await aliyun_sms.send(aliyun(), message.phone, named)
    return await tencent_sms.send(settings(), message.phone, values)
