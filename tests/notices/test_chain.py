"""The pure decision: which way out is next, and that nothing goes out twice or is lost whatever happens in whatever order."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kanghu.modules.notices import chain
from kanghu.modules.notices.chain import (
    CHANNELS,
    Channel,
    Decision,
    Delivery,
    Hold,
    Look,
    Mark,
    Outcome,
    Quiet,
    Send,
    Situation,
    Try,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 26, 12, tzinfo=SHANGHAI)
NIGHT = Quiet(time(22), time(8), SHANGHAI)
SENDERS = {"wechat": ("wx",), "sms": ("tencent", "aliyun"), "email": ("smtp",)}


def situation(**changes: Any) -> Situation:
    plain = Situation(
        chain=CHANNELS, urgent=False, read=False, quiet=NIGHT, senders=SENDERS, unfit={}, full={}, deliveries={}
    )  # fmt: skip
    return replace(plain, **changes)


def tried(
    *results: str | None, sender: str = "wx", at: datetime = NOON, final: bool = False
) -> tuple[Try, ...]:
    return tuple(Try(sender, at, result, final) for result in results)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({}, Decision((), Send("wechat", "wx"))),
        (
            {"unfit": {"wechat": "没有绑定"}},
            Decision((Mark("wechat", "skipped", "没有绑定"),), Send("sms", "tencent")),
        ),
        (
            {"unfit": dict.fromkeys(CHANNELS, "无")},
            Decision(tuple(Mark(c, "skipped", "无") for c in CHANNELS)),
        ),
        ({"full": {"wechat": "满"}}, Decision((Mark("wechat", "skipped", "满"),), Send("sms", "tencent"))),
        ({"full": {"wechat": "满"}, "urgent": True}, Decision((), Send("wechat", "wx"))),
        ({"read": True}, Decision(tuple(Mark(c, "skipped", "客户已在站内阅读") for c in CHANNELS))),
        ({"deliveries": {"wechat": Delivery("sent", tried("accepted"))}}, Decision()),
        ({"deliveries": {"wechat": Delivery("delivered", tried("accepted"))}}, Decision()),
        (
            {"deliveries": {"wechat": Delivery("failed", tried("refused"))}},
            Decision((), Send("sms", "tencent")),
        ),
        (
            {
                "deliveries": {
                    "wechat": Delivery("waiting", tried("refused"), due_at=NOON + timedelta(minutes=1))
                }
            },
            Decision((), Hold("wechat", NOON + timedelta(minutes=1), "稍后重试")),
        ),
        (
            {"deliveries": {"wechat": Delivery("waiting", tried("refused", final=True))}},
            Decision((Mark("wechat", "failed", "没有可用的发送方"),), Send("sms", "tencent")),
        ),
        (
            {"chain": ("wechat",), "deliveries": {"wechat": Delivery("failed", tried("refused"))}},
            Decision((), None, "wechat"),
        ),
        (
            {
                "deliveries": {"wechat": Delivery("failed", tried("refused"))},
                "unfit": {"sms": "无", "email": "无"},
            },
            Decision((Mark("sms", "skipped", "无"), Mark("email", "skipped", "无")), None, "wechat"),
        ),
        # Under way, by whoever it is; broken off; broken off where the sender knows it again.
        (
            {"deliveries": {"wechat": Delivery("sending", tried(None, at=NOON - timedelta(minutes=1)))}},
            Decision((), Look(NOON + timedelta(minutes=2))),
        ),
        (
            {"deliveries": {"wechat": Delivery("sending", tried(None, at=NOON - timedelta(minutes=4)))}},
            Decision((Mark("wechat", "sent", "没有得到应答，等待回执"),), Look(NOON + timedelta(hours=1))),
        ),
        (
            {
                "deliveries": {
                    "wechat": Delivery(
                        "sending", tried(None, at=NOON - timedelta(minutes=4)), repeatable=True
                    )
                }
            },
            Decision((), Send("wechat", "wx")),
        ),
        # Without a receipt in time the next channel has its turn.
        (
            {
                "deliveries": {
                    "wechat": Delivery("sent", tried("unknown", at=NOON - timedelta(hours=2)), uncertain=True)
                }
            },
            Decision((Mark("wechat", "failed", "一直没有得到结果"),), Send("sms", "tencent")),
        ),
    ],
)
def test_what_is_next(changes: dict[str, Any], decision: Decision) -> None:
    assert chain.decide(situation(**changes), NOON) == decision


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-26 21:59:59", None),
        ("2026-11-26 22:00", "2026-11-27 08:00"),
        ("2026-11-27 00:00", "2026-11-27 08:00"),
        ("2026-11-27 07:59:59", "2026-11-27 08:00"),
        ("2026-11-27 08:00", None),
        ("2026-12-31 23:00", "2027-01-01 08:00"),
    ],
)
def test_quiet_hours_are_those_of_shanghai(now: str, until: str | None) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    found = chain.quiet_until(NIGHT, at.astimezone(UTC))
    assert found == (datetime.fromisoformat(until).replace(tzinfo=SHANGHAI) if until else None)
    assert chain.quiet_until(Quiet(time(9), time(9), SHANGHAI), at) is None


def test_at_night_only_what_is_urgent_goes_out() -> None:
    night = NOON.replace(hour=23)
    morning = (night + timedelta(days=1)).replace(hour=8)
    assert chain.decide(situation(), night).step == Hold("wechat", morning, "免打扰时段，结束后发送")
    assert chain.decide(situation(urgent=True), night).step == Send("wechat", "wx")
    again = Delivery("waiting", tried("refused"))
    assert isinstance(chain.decide(situation(deliveries={"wechat": again}), night).step, Hold)


def test_two_senders_take_turns_and_one_that_is_out_is_passed_over() -> None:
    both = ("tencent", "aliyun")
    tries: tuple[Try, ...] = ()
    order = []
    while (sender := chain.next_sender(both, tries)) is not None:
        order.append((sender, chain.delay_before(sender, tries).total_seconds()))
        tries = (*tries, Try(sender, NOON, "refused"))
    assert order == [
        ("tencent", 0), ("aliyun", 0), ("tencent", 30), ("aliyun", 30), ("tencent", 120), ("aliyun", 120),
        ("tencent", 480), ("aliyun", 480),
    ]  # fmt: skip
    out = (Try("tencent", NOON, "refused", final=True),)
    assert chain.next_sender(both, out) == "aliyun"
    assert chain.next_sender(both, (*out, Try("aliyun", NOON, "refused", final=True))) is None


@given(st.sampled_from(["waiting", "sending", "sent", "delivered", "failed", "skipped"]), st.booleans())
def test_a_receipt_never_takes_back_that_it_arrived(state: Any, arrived: bool) -> None:
    found = chain.received(state, arrived)
    assert (found is None) if state in ("delivered", "waiting", "skipped") else True
    assert found != "failed" or (state in ("sent", "sending") and not arrived)


@dataclass
class Kept:
    """What the database keeps of one delivery, and what the world knows: how often it may have reached the phone."""

    state: str = "waiting"
    tries: list[Try] = field(default_factory=list)
    due_at: datetime | None = None
    uncertain: bool = False
    arrivals: int = 0

    def seen(self, repeatable: bool) -> Delivery:
        return Delivery(self.state, tuple(self.tries), self.due_at, self.uncertain, repeatable)  # type: ignore[arg-type]


class Ways(RuleBasedStateMachine):
    """A notice, a worker that may be killed, services that take, refuse, or stay silent, receipts at any time. `wechat` knows a
    repetition for ten minutes, as the real one does."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON.astimezone(UTC)
        self.kept: dict[Channel, Kept] = {}
        self.under_way: list[tuple[Channel, int]] = []
        self.known: dict[Channel, datetime] = {}
        self.dead: Channel | None = None

    def situation(self) -> Situation:
        found = {channel: kept.seen(channel == "wechat") for channel, kept in self.kept.items()}
        return situation(urgent=True, deliveries=found)

    def put(self, channel: Channel) -> Kept:
        return self.kept.setdefault(channel, Kept())

    @rule()
    def look(self) -> None:
        """The worker, at any time, also when nothing is due: jobs come late, early and doubled."""
        decision = chain.decide(self.situation(), self.now)
        for mark in decision.marks:
            kept = self.put(mark.channel)
            kept.state, kept.uncertain = mark.state, mark.state == "sent"
        self.dead = decision.dead
        if isinstance(decision.step, Send):
            kept = self.put(decision.step.channel)
            kept.tries.append(Try(decision.step.sender, self.now))
            kept.state, kept.due_at, kept.uncertain = "sending", None, False
            self.under_way.append((decision.step.channel, len(kept.tries)))

    def arrive(self, channel: Channel) -> None:
        if channel == "wechat":
            known_since = self.known.setdefault(channel, self.now)
            if self.kept[channel].arrivals and self.now < known_since + timedelta(minutes=10):
                return  # the same client_msg_id
        self.kept[channel].arrivals += 1

    def settle(self, channel: Channel, number: int, outcome: Outcome) -> None:
        kept = self.kept[channel]
        at = kept.tries[number - 1]
        kept.tries[number - 1] = replace(at, result=outcome.result, final=outcome.final)
        settled = chain.settle(kept.seen(channel == "wechat"), outcome, SENDERS[channel], self.now)
        if len(kept.tries) == number and (
            kept.state == "sending" or (kept.state == "sent" and kept.uncertain)
        ):
            kept.state, kept.due_at, kept.uncertain = settled.state, settled.due_at, settled.uncertain

    @precondition(lambda self: self.under_way)
    @rule(
        arrives=st.booleans(),
        outcome=st.sampled_from(["accepted", "refused", "final", "hopeless", "unknown", "killed"]),
    )
    def end(self, arrives: bool, outcome: str) -> None:
        """A call ends as calls end. What was taken arrives; what got no answer may have arrived; what was refused has not."""
        channel, number = self.under_way.pop(0)
        if outcome == "accepted" or (outcome in ("unknown", "killed") and arrives):
            self.arrive(channel)
        if outcome == "killed":
            return
        result = outcome if outcome in ("accepted", "unknown") else "refused"
        made = Outcome(result, final=outcome == "final", hopeless=outcome == "hopeless")  # type: ignore[arg-type]
        self.settle(channel, number, made)

    @precondition(lambda self: not self.under_way)
    @rule(minutes=st.sampled_from([1, 4, 9, 31, 70]))
    def later(self, minutes: int) -> None:
        """A call lasts seconds: time passes between calls."""
        self.now += timedelta(minutes=minutes)

    @rule(channel=st.sampled_from(CHANNELS), again=st.integers(1, 2))
    def report(self, channel: Channel, again: int) -> None:
        """A receipt, perhaps twice, of what arrived; of what did not, one that says so where the service ever had it."""
        kept = self.kept.get(channel)
        if kept is None or not kept.tries:
            return
        for _ in range(again):
            state = chain.received(kept.state, bool(kept.arrivals))  # type: ignore[arg-type]
            if state is not None and (kept.arrivals or kept.state == "sent"):
                kept.state, kept.uncertain = state, False

    @invariant()
    def never_twice(self) -> None:
        assert all(kept.arrivals <= 1 for kept in self.kept.values())

    def teardown(self) -> None:
        """Never lost: left alone, a notice arrives, is believed to have, or ends where a person finds it."""
        while self.under_way:
            self.end(arrives=False, outcome="killed")
        for _ in range(60):
            self.look()
            while self.under_way:
                channel, number = self.under_way.pop(0)
                self.arrive(channel)
                self.settle(channel, number, Outcome("accepted"))
            self.now += timedelta(minutes=61)
        states = {channel: kept.state for channel, kept in self.kept.items()}
        believed = {"sent", "delivered"} & set(states.values())
        assert believed or self.dead is not None, states
        # What is not known of one channel no longer matters once another has certainly brought it.
        assert "delivered" in states.values() or not any(kept.uncertain for kept in self.kept.values())
        assert all(kept.arrivals <= 1 for kept in self.kept.values())


def test_nothing_goes_out_twice_and_nothing_is_lost() -> None:
    run_state_machine_as_test(
        Ways, settings=settings(max_examples=400, stateful_step_count=30, deadline=None)
    )


@pytest.mark.parametrize(
    ("wanted", "begun", "order"),
    [
        (["wechat", "sms", "email"], set(), ("wechat", "sms", "email")),
        (["sms", "wechat", "email"], set(), ("sms", "wechat", "email")),
        (["email"], set(), ("wechat", "sms", "email")),
        (["sms", "wechat"], {"wechat"}, ("wechat", "email", "sms")),
        ([], set(), ("wechat", "sms", "email")),
    ],
)
def test_the_hospital_orders_the_channels_but_not_those_under_way(
    wanted: list[Channel], begun: set[Channel], order: tuple[Channel, ...]
) -> None:
    assert chain.ordered(CHANNELS, wanted, begun) == order
