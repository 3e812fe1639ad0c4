"""The platform as the exam centre sees it: H1–H5, through the signed client, with every call written to the log."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import httpx
from pydantic import BaseModel, Field

from kanghu_sandbox.wire.client import Answer, NoAnswer, SignedClient, encode, new_request_id
from kanghu_sandbox.wire.envelope import Envelope

from . import outbox, repository
from .faults import FaultBox
from .outbox import DELIVERED, PENDING, REFUSED, OutMessage
from .repository import Call
from .settings import Settings
from .store import Store

PATHS = {
    "H1": "/open/v1/exam/checklist-queries",
    "H2": "/open/v1/exam/guides",
    "H3": "/open/v1/exam/results",
    "H4": "/open/v1/exam/reports",
    "H5": "/open/v1/exam/item-changes",
}


class Delivery(BaseModel):
    """What the platform said to one message."""

    interface: str = Field(description="接口编号：H1–H5")
    request_id: str = Field(description="X-Request-Id")
    state: str = Field(description="delivered 已应答；pending 未送达，稍后自动补发；refused 被拒，需人工处理")
    status: int | None = Field(default=None, description="HTTP 状态；空为没有应答")
    envelope: Envelope | None = Field(default=None, description="平台的应答")
    attempts: int = Field(default=1, description="发送次数")
    note: str = Field(default="", description="未送达的原因")


class CutOff(Exception):
    """The connection was closed on purpose in the middle of the body."""


class Platform:
    """Sends messages and keeps the outbox and the call log in step with what came back."""

    def __init__(self, settings: Settings, store: Store, faults: FaultBox, http: httpx.AsyncClient) -> None:
        self._store, self._faults = store, faults
        self._client = SignedClient(http, settings.platform_url, settings.outbound(), clock=self._clock)
        # Longer than all attempts of one sending together, so that the resender never overtakes it.
        self.lease_seconds = settings.call_timeout * self._client.attempts + 60.0

    async def ask_checklist(self, exam_account: str) -> Delivery:
        """US-H1. A question isn't kept in the outbox: nobody waits for a late answer."""
        body = encode({"exam_account": exam_account})
        return await self._send("H1", body, new_request_id())

    async def deliver(self, messages: Sequence[OutMessage]) -> list[Delivery]:
        """Send messages one after the other and settle each in the outbox."""
        ordered = list(reversed(messages)) if self._faults.now.outbound.reorder else list(messages)
        return [await self._deliver_one(message) for message in ordered]

    async def resend_due(self) -> list[Delivery]:
        """Send everything that is pending and due."""
        deliveries: list[Delivery] = []
        # Ends by itself: whatever was tried is delivered, refused or due later.
        while due := await self._store.run(lambda tx: outbox.lease_due(tx, self.lease_seconds)):
            deliveries += await self.deliver(due)
        return deliveries

    async def _deliver_one(self, message: OutMessage) -> Delivery:
        sends = [self._send(message.interface, message.body, message.request_id)]
        faults = self._faults.now.outbound
        if faults.double:
            second_id = new_request_id() if faults.double_with_new_id else message.request_id
            sends.append(self._send(message.interface, message.body, second_id))
        delivery = (await asyncio.gather(*sends))[0]
        await self._store.run(lambda tx: outbox.settle(tx, message, delivery.state, delivery.note))
        return delivery

    async def _send(self, interface: str, body: bytes, request_id: str) -> Delivery:
        """One sending with its retries, logged. Never raises for what the line or the platform did."""
        await asyncio.sleep(self._faults.now.outbound.delay_ms / 1000)
        started = time.monotonic()
        answer: Answer | None = None
        try:
            if self._faults.now.outbound.cut:
                await self._cut_off(PATHS[interface], body, request_id)
            answer = await self._client.post(PATHS[interface], body, request_id)
            delivery = _judge(interface, answer)
        except (NoAnswer, CutOff) as failure:
            attempts = failure.attempts if isinstance(failure, NoAnswer) else 1
            delivery = Delivery(
                interface=interface,
                request_id=request_id,
                state=PENDING,
                attempts=attempts,
                note=str(failure),
            )
        call = Call(
            direction="out",
            interface=interface,
            request_id=request_id,
            status=delivery.status,
            request=body.decode(),
            answer=answer.body.decode(errors="replace") if answer else "",
            millis=int((time.monotonic() - started) * 1000),
            note=delivery.note,
        )
        await self._store.run(lambda tx: repository.add_call(tx, call))
        return delivery

    async def _cut_off(self, path: str, body: bytes, request_id: str) -> None:
        """Announce the whole body, send half of it, hang up."""
        request = self._client.prepare("POST", path, body, request_id)

        async def half() -> AsyncIterator[bytes]:
            yield body[: len(body) // 2]
            await asyncio.sleep(0.05)  # let the half leave before the line goes
            raise CutOff("发送中途断开（故障设置 cut）")

        headers = {name: value for name, value in request.headers.items() if name != "host"}
        try:
            async with httpx.AsyncClient(trust_env=False) as line:
                await line.post(request.url, content=half(), headers=headers)
        except httpx.TransportError as failure:
            raise CutOff(f"连接平台失败：{failure}") from failure

    def _clock(self) -> float:
        return time.time() - self._faults.now.outbound.stale_clock_s


def _judge(interface: str, answer: Answer) -> Delivery:
    """What an answer means for the message: taken over, try again later, or a person must look."""
    state, note = DELIVERED, ""
    if answer.status != 200 or answer.envelope is None:
        again = answer.status in (408, 429) or answer.status >= 500 or answer.status == 200
        state = PENDING if again else REFUSED
        note = f"平台应答 HTTP {answer.status}" + ("，正文不是约定的格式" if answer.envelope is None else "")
    return Delivery(
        interface=interface,
        request_id=answer.request_id,
        state=state,
        status=answer.status,
        envelope=answer.envelope,
        attempts=answer.attempts,
        note=note,
    )
