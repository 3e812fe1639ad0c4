"""A notice's ways out of the house: decided, noted, done, settled; whatever happens in between, nothing goes out twice or is lost.

The decision is pure (`chain`). It is made under a lock of the notice; a try is noted in that transaction, made outside of any, and
settled in another. Whoever is killed in between leaves the note, and the next one to come finds it.
"""

from datetime import datetime
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import NotFound
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import SYSTEM, Scope
from kanghu.modules.notices import chain
from kanghu.modules.notices.addresses import Addresses
from kanghu.modules.notices.chain import (
    CALLED,
    Channel,
    Decision,
    Delivery,
    Hold,
    Look,
    Outcome,
    Send,
    Situation,
)
from kanghu.modules.notices.models import Cap, Deliver, DeliveryRow, Notice
from kanghu.modules.notices.repository import channel_templates, deliveries, notices, wishes
from kanghu.modules.notices.service import channels
from kanghu.modules.notices.service.channels import Means, Parcel
from kanghu.modules.notices.topics import Topic, is_on, topic_of
from kanghu.modules.people import public as people
from kanghu.modules.wechat import public as wechat

JOB = "notices.deliver"


async def set_out(tx: Tx, notice: Notice) -> None:
    """The notice leaves the house, if notices like it do: in a job, once the transaction commits."""
    if notice.person_id is not None and topic_of(notice.template_code) is not None:
        await enqueue(tx, JOB, Deliver(notice.id))


async def advance(database: Database, notice_id: UUID) -> None:
    """Whatever is next for the notice; it may be called at any time, any number of times."""
    async with database.transaction() as tx:
        parcel = await _decide(tx, notice_id)
    if parcel is None:
        return
    outcome = await channels.send(database, parcel)
    async with database.transaction() as tx:
        await _settle(tx, parcel, outcome)


async def _decide(tx: Tx, notice_id: UUID) -> Parcel | None:
    notice = await notices.hold(tx, notice_id)
    topic = topic_of(notice.template_code) if notice is not None else None
    if notice is None or topic is None or notice.person_id is None:
        return None
    await deliveries.hold_person(tx, notice.person_id)
    now = clock.now()
    means, known = await means_of(tx, notice), await deliveries.outward(tx, notice.id)
    decision = chain.decide(await _situation(tx, notice, topic, means, known, now), now)
    return await _apply(tx, notice, means, decision, now)


async def _apply(tx: Tx, notice: Notice, means: Means, decision: Decision, now: datetime) -> Parcel | None:
    for mark in decision.marks:
        uncertain = mark.state == "sent"
        await deliveries.put(tx, notice, mark.channel, mark.state, mark.reason, now, uncertain=uncertain)
    if decision.dead is not None:
        await deliveries.set_dead(tx, notice.id, decision.dead, now)
    match decision.step:
        case Send(channel, sender):
            return await _note(tx, notice, means, channel, sender, now)
        case Hold(channel, until, reason):
            await deliveries.put(tx, notice, channel, "waiting", reason, now, due_at=until)
            await enqueue(tx, JOB, Deliver(notice.id), delay=until - now)
        case Look(at):
            await enqueue(tx, JOB, Deliver(notice.id), delay=at - now)
    return None


async def _note(tx: Tx, notice: Notice, means: Means, channel: Channel, sender: str, now: datetime) -> Parcel:
    template = means.template(channel, sender)
    address = means.address(channel, sender)
    row = await deliveries.begin(
        tx,
        notice,
        channel,
        sender,
        None if channel == "wechat" else address,
        repeatable=channels.is_repeatable(template),
        now=now,
    )
    return Parcel(row.id, row.tries, channel, sender, address, notice, template)


async def _settle(tx: Tx, parcel: Parcel, outcome: Outcome) -> None:
    notice, now = await notices.hold(tx, parcel.notice.id), clock.now()
    if notice is None:
        return
    await deliveries.end_try(
        tx,
        parcel.delivery_id,
        parcel.number,
        outcome.result,
        outcome.reason,
        outcome.provider_id,
        now,
        final=outcome.final,
    )
    found = await deliveries.get(tx, parcel.delivery_id)
    assert found is not None
    delivery = await _delivery(tx, found[0])
    senders = (await means_of(tx, notice)).senders(parcel.channel)
    settled = chain.settle(delivery, outcome, senders, now)
    if (
        await deliveries.settle(
            tx, parcel.delivery_id, parcel.number, settled, outcome.reason, outcome.provider_id, now
        )
        and settled.state != "sent"
    ):
        await enqueue(tx, JOB, Deliver(notice.id), delay=(settled.due_at - now) if settled.due_at else None)
    elif settled.uncertain:
        await enqueue(tx, JOB, Deliver(notice.id), delay=chain.RECEIPT_WITHIN)
    await audit.record(
        tx,
        SYSTEM,
        "notices.delivery.send",
        subject=f"notices.deliveries/{parcel.delivery_id}",
        person_id=notice.person_id,
        detail={"channel": parcel.channel, "sender": parcel.sender, "result": outcome.result},
    )


async def receive(tx: Tx, delivery_id: UUID, arrived: bool, code: str) -> bool:
    """A receipt, in any order and any number of times; whether there is such a delivery. That it did not arrive gives the next
    channel its turn."""
    found = await deliveries.get(tx, delivery_id)
    if found is None:
        return False
    notice_id = found[1]
    await notices.hold(tx, notice_id)
    found = await deliveries.get(tx, delivery_id)
    assert found is not None
    state = chain.received(found[0].state, arrived)  # type: ignore[arg-type]
    reason = "" if arrived else f"{CALLED[found[0].channel]}未送达（{code}）"  # type: ignore[index]
    await deliveries.receipt(tx, delivery_id, state, reason, code, clock.now())
    if state == "failed":
        await enqueue(tx, JOB, Deliver(notice_id))
    return True


# ---- what decides ------------------------------------------------------------------------------------------------------


async def means_of(tx: Tx, notice: Notice) -> Means:
    assert notice.person_id is not None
    return Means(
        await addresses_of(tx, notice.person_id),
        await channel_templates.active_of(tx, notice.template_code),
        await channel_templates.rules(tx),
    )


async def addresses_of(tx: Tx, person_id: UUID) -> Addresses:
    email = await wishes.email(tx, person_id)
    try:
        phone = (await people.get_person(tx, Scope(everything=True), person_id)).phone
    except NotFound:
        phone = None
    return Addresses(
        await wechat.bound_fans(tx, person_id),
        phone,
        email.email if email is not None and email.confirmed_at is not None else None,
    )


async def _situation(
    tx: Tx, notice: Notice, topic: Topic, means: Means, known: list[DeliveryRow], now: datetime
) -> Situation:
    assert notice.person_id is not None
    chosen = await wishes.of_person(tx, notice.person_id)
    used = await deliveries.usage(tx, notice.person_id, now)
    rules = means.rules
    unfit: dict[Channel, str] = {}
    full: dict[Channel, str] = {}
    for channel in topic.chain:
        reason = means.unfit(channel)
        if reason is None and not is_on(topic, channel, chosen):
            reason = f"客户选择不用{CALLED[channel]}接收这类消息"
        if reason is not None:
            unfit[channel] = reason
        if over := _over(rules.caps.get(channel), used.get(channel, (0, 0))):
            full[channel] = f"客户{over}内收到的{CALLED[channel]}已达上限"
    return Situation(
        chain=chain.ordered(
            topic.chain,
            rules.channels,  # type: ignore[arg-type]
            {row.channel for row in known if row.state not in ("failed", "skipped")},  # type: ignore[misc]
        ),
        urgent=topic.urgent,
        read=notice.read_at is not None,
        quiet=chain.Quiet(rules.quiet_from, rules.quiet_until, clock.SHANGHAI),
        senders={channel: means.senders(channel) for channel in topic.chain},
        unfit=unfit,
        full=full,
        deliveries={row.channel: await _delivery(tx, row) for row in known},  # type: ignore[misc]
    )


def _over(cap: Cap | None, used: tuple[int, int]) -> str:
    """Which of a cap's spans is full; empty: none."""
    if cap is None:
        return ""
    if used[0] >= cap.hour:
        return "一小时"
    return " 24 小时" if used[1] >= cap.day else ""


async def _delivery(tx: Tx, row: DeliveryRow) -> Delivery:
    tries = await deliveries.counted_tries(tx, row)
    return Delivery(row.state, tries, row.due_at, row.uncertain, row.repeatable)  # type: ignore[arg-type]
