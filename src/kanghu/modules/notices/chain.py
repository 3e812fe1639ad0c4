"""What becomes of one notice on its ways out: which way is next, when, and when to give one up. Pure.

A notice has one delivery per channel, in the order of its topic's chain; the next channel's turn comes when the one before it failed
for good or was skipped. A try is noted before it is made. What was refused may be tried again; what got no answer may have
arrived, so it is not sent again over the same channel unless the provider itself recognises a repetition: it waits for a receipt.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Channel = Literal["wechat", "sms", "email"]
State = Literal["waiting", "sending", "sent", "delivered", "failed", "skipped"]
Result = Literal["accepted", "refused", "unknown"]

CHANNELS: tuple[Channel, ...] = ("wechat", "sms", "email")
CALLED: dict[Channel, str] = {"wechat": "微信", "sms": "短信", "email": "邮件"}

MAX_TRIES = 8
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(minutes=30)
UNDER_WAY = timedelta(minutes=3)
"""A try that began earlier is certainly over, whatever became of its process: a call has a deadline of seconds."""
REPEATABLE_FOR = timedelta(minutes=8)
"""WeChat recognises a repetition for ten minutes."""
RECEIPT_WITHIN = timedelta(hours=1)
"""So long a try without an answer is hoped for; then the next channel has its turn."""


@dataclass(frozen=True, slots=True)
class Try:
    """`result` None: under way, or broken off. `final`: this sender need not be asked again."""

    sender: str
    begun_at: datetime
    result: Result | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One channel of a notice. `uncertain`: sent without an answer. `repeatable`: the sender recognises a repetition."""

    state: State = "waiting"
    tries: tuple[Try, ...] = ()
    due_at: datetime | None = None
    uncertain: bool = False
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` to `end`, hours of a wall clock; the same twice: never."""

    start: time
    end: time
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that decides. `chain`: the topic's channels in their order; `senders`: by whom a channel could send this notice,
    in their order; `unfit`: why a channel is none for this person and notice; `full`: channels whose cap is reached."""

    chain: Sequence[Channel]
    urgent: bool
    read: bool
    quiet: Quiet
    senders: Mapping[Channel, Sequence[str]]
    unfit: Mapping[Channel, str]
    full: Mapping[Channel, str]
    deliveries: Mapping[Channel, Delivery]


@dataclass(frozen=True, slots=True)
class Mark:
    """A delivery comes to this state; `uncertain` goes with `sent`."""

    channel: Channel
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Send:
    """To be noted, and then done."""

    channel: Channel
    sender: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not before `until`; the delivery waits, with the reason."""

    channel: Channel
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Look:
    """Nothing to do before `at`: something is under way."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """`dead`: the channel whose failure was the last hope."""

    marks: tuple[Mark, ...] = ()
    step: Send | Hold | Look | None = None
    dead: Channel | None = None


def ordered(chain: Sequence[Channel], wanted: Sequence[Channel], begun: Set[Channel]) -> tuple[Channel, ...]:
    """A topic's channels as the hospital wants their order; those it does not use come first, so that the log tells of them.

    What has begun stays before what has not: else a change of the order would let a second channel go while the first is under way.
    """

    def place(channel: Channel) -> tuple[bool, int]:
        return channel not in begun, wanted.index(channel) if channel in wanted else -1

    return tuple(sorted(chain, key=place))


def decide(seen: Situation, now: datetime) -> Decision:
    """What is to be done about a notice now."""
    marks: list[Mark] = []
    failed: Channel | None = None
    for channel in seen.chain:
        delivery = seen.deliveries.get(channel, Delivery())
        found = _about(channel, delivery, seen, now)
        if isinstance(found, Mark):
            marks.append(found)
            if found.state == "sent":
                return Decision(tuple(marks), Look(now + RECEIPT_WITHIN))
        state = found.state if isinstance(found, Mark) else delivery.state
        if not isinstance(found, Mark) and state not in ("failed", "skipped"):
            return Decision(tuple(marks), found)
        failed = channel if state == "failed" else failed
    return Decision(tuple(marks), None, None if seen.read else failed)


def _about(
    channel: Channel, delivery: Delivery, seen: Situation, now: datetime
) -> Mark | Send | Hold | Look | None:
    """What one channel asks for; None: it has come to its end, or needs nothing."""
    match delivery.state:
        case "sending":
            return _broken_off(channel, delivery, now)
        case "sent" if delivery.uncertain:
            hoped_until = delivery.tries[-1].begun_at + RECEIPT_WITHIN
            return Look(hoped_until) if now < hoped_until else Mark(channel, "failed", "一直没有得到结果")
        case "waiting":
            return _waiting(channel, delivery, seen, now)
    return None


def _broken_off(channel: Channel, delivery: Delivery, now: datetime) -> Mark | Send | Look:
    last = delivery.tries[-1]
    over = last.begun_at + UNDER_WAY
    if now < over:
        return Look(over)
    return _once_more(channel, delivery, now)


def _recognised(delivery: Delivery, now: datetime) -> bool:
    """Whether the sender would still know the same message again."""
    return delivery.repeatable and now < delivery.tries[0].begun_at + REPEATABLE_FOR


def _waiting(channel: Channel, delivery: Delivery, seen: Situation, now: datetime) -> Mark | Send | Hold:
    if seen.read:
        return Mark(channel, "skipped", "客户已在站内阅读")
    if channel in seen.unfit:
        return Mark(channel, "skipped", seen.unfit[channel])
    if delivery.due_at is not None and now < delivery.due_at:
        return Hold(channel, delivery.due_at, "稍后重试" if delivery.tries else "等待发送")
    if _may_have_arrived(delivery):
        return _once_more(channel, delivery, now)
    sender = next_sender(seen.senders.get(channel, ()), delivery.tries)
    if sender is None:
        return Mark(channel, "failed" if delivery.tries else "skipped", "没有可用的发送方")
    if not seen.urgent:
        morning = quiet_until(seen.quiet, now)
        if morning is not None:
            return Hold(channel, morning, "免打扰时段，结束后发送")
        if channel in seen.full and not delivery.tries:
            return Mark(channel, "skipped", seen.full[channel])
    return Send(channel, sender)


def _may_have_arrived(delivery: Delivery) -> bool:
    """Whether any try got no answer: what a later one is told says nothing about the earlier."""
    return any(one.result in (None, "unknown") for one in delivery.tries)


def _once_more(channel: Channel, delivery: Delivery, now: datetime) -> Mark | Send:
    """After a try without an answer: the same again by the same sender, or never."""
    if _recognised(delivery, now):
        return Send(channel, delivery.tries[-1].sender)
    return Mark(channel, "sent", "没有得到应答，等待回执")


def quiet_until(quiet: Quiet, now: datetime) -> datetime | None:
    """When the quiet hours that it is in end; None outside of them."""
    here = now.astimezone(quiet.zone)
    clock, start, end = here.time(), quiet.start, quiet.end
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if not inside:
        return None
    day = here.date() if clock < end else here.date() + timedelta(days=1)
    return datetime.combine(day, end, quiet.zone)


def next_sender(senders: Sequence[str], tries: Sequence[Try]) -> str | None:
    """Of those that are not out, the one that was asked least, in their order; None when the tries are used up."""
    if len(tries) >= MAX_TRIES:
        return None
    out = {one.sender for one in tries if one.final}
    left = [sender for sender in senders if sender not in out]
    return min(left, key=lambda sender: sum(one.sender == sender for one in tries), default=None)


def delay_before(sender: str, tries: Sequence[Try]) -> timedelta:
    """Nothing before a sender's first try; then it doubles twice from try to try."""
    before = sum(one.sender == sender for one in tries)
    if before == 0:
        return timedelta(0)
    return min(FIRST_DELAY * 4 ** min(before - 1, 10), LONGEST_DELAY)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sender made of a try. `final`: asking it again is useless; `hopeless`: asking any other of this channel, too."""

    result: Result
    reason: str = ""
    provider_id: str = ""
    final: bool = False
    hopeless: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    state: State
    due_at: datetime | None = None
    uncertain: bool = False


def settle(delivery: Delivery, outcome: Outcome, senders: Sequence[str], now: datetime) -> Settled:
    """What a delivery comes to when its last try (whose result is in it already) has ended."""
    if outcome.result == "accepted":
        return Settled("sent")
    if _may_have_arrived(delivery):
        useless = outcome.final or outcome.hopeless or len(delivery.tries) >= MAX_TRIES
        if useless or not _recognised(delivery, now):
            return Settled("sent", uncertain=True)
        return Settled("waiting", now + delay_before(delivery.tries[-1].sender, delivery.tries))
    sender = None if outcome.hopeless else next_sender(senders, delivery.tries)
    if sender is None:
        return Settled("failed")
    return Settled("waiting", now + delay_before(sender, delivery.tries))


def received(state: State, arrived: bool) -> State | None:
    """What a receipt makes of a delivery; None: nothing. That it arrived is never taken back."""
    if state == "delivered" or state in ("waiting", "skipped"):
        return None
    if arrived:
        return "delivered"
    return "failed" if state in ("sent", "sending") else None
