"""What a person chooses: which notices by which channels."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller
from kanghu.modules.notices.addresses import Addresses
from kanghu.modules.notices.chain import CHANNELS, Channel
from kanghu.modules.notices.errors import PreferencesInvalid
from kanghu.modules.notices.models import Rules
from kanghu.modules.notices.repository import channel_templates, wishes
from kanghu.modules.notices.service.delivering import addresses_of
from kanghu.modules.notices.topics import TOPICS, Wishes, is_on


@dataclass(frozen=True, slots=True)
class Preferences:
    """`pending_email`: given, and not confirmed yet."""

    wishes: Wishes
    known: Addresses
    pending_email: str | None
    rules: Rules

    def has(self, channel: Channel) -> bool:
        """Whether the person can be reached by it."""
        known = {"wechat": self.known.fans, "sms": self.known.phone, "email": self.known.email}
        return bool(known[channel])


async def of_caller(tx: Tx, caller: Caller) -> Preferences:
    person_id = caller.own_person()
    await audit.record(
        tx, caller, "notices.preference.read", subject=f"people.persons/{person_id}", person_id=person_id
    )
    return await _of(tx, person_id)


async def _of(tx: Tx, person_id: UUID) -> Preferences:
    email = await wishes.email(tx, person_id)
    return Preferences(
        await wishes.of_person(tx, person_id),
        await addresses_of(tx, person_id),
        email.email if email is not None and email.confirmed_at is None else None,
        await channel_templates.rules(tx),
    )


async def choose(tx: Tx, caller: Caller, wanted: Wishes) -> Preferences:
    """Raises PreferencesInvalid for what is no choice."""
    person_id = caller.own_person()
    wrong = {
        f"{topic}.{channel}": advice
        for (topic, channel), on in wanted.items()
        if (advice := _problem(topic, channel, on))
    }
    if wrong:
        raise PreferencesInvalid(fields=wrong)
    await wishes.save(tx, person_id, wanted)
    await audit.record(
        tx,
        caller,
        "notices.preference.write",
        subject=f"people.persons/{person_id}",
        person_id=person_id,
        detail={f"{topic}.{channel}": on for (topic, channel), on in wanted.items()},
    )
    return await _of(tx, person_id)


def _problem(topic: str, channel: str, on: bool) -> str | None:
    known = next((one for one in TOPICS if one.code == topic), None)
    if known is None:
        return "没有这类消息"
    if channel not in known.chain:
        return "这类消息不从这个渠道发送"
    return f"“{known.name}”不能关闭" if known.fixed and not on else None


def choices(preferences: Preferences) -> list[tuple[str, str, bool, list[tuple[Channel, bool, bool]]]]:
    """Topic by topic: code, name, whether it is fixed, and of its channels which are on and could be reached."""
    return [
        (
            topic.code,
            topic.name,
            topic.fixed,
            [
                (channel, is_on(topic, channel, preferences.wishes), preferences.has(channel))
                for channel in CHANNELS
                if channel in topic.chain
            ],
        )
        for topic in TOPICS
    ]
