"""SMS services on a bad day, on demand."""

import asyncio

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """What goes wrong at one service. The default is that nothing does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay_ms: int = Field(default=0, ge=0, le=600_000, description="应答前等待的毫秒数")
    status: int = Field(default=0, ge=0, le=599, description="不接收，应答这个 HTTP 状态")
    code: str = Field(default="", max_length=100, description="不接收，应答这个错误码")
    lost_answer: bool = Field(default=False, description="接收了短信，却应答 504：对方不知道结果")
    receipt: str = Field(default="", max_length=60, description="回执说未送达，错误码如 MK:0001")
    no_receipt: bool = Field(default=False, description="不发回执")


class Faults(BaseModel):
    """两家短信服务的故障"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tencent: Fault = Fault()
    aliyun: Fault = Fault()


class FaultBox:
    """Holds what is set now; lives as long as the process."""

    def __init__(self) -> None:
        self.now = Faults()


async def before(fault: Fault) -> None:
    """What happens before a call is looked at. Raises HTTPException."""
    if fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / 1000)
    if fault.status:
        raise HTTPException(fault.status)


def after(fault: Fault) -> None:
    """What happens when it is done. Raises HTTPException."""
    if fault.lost_answer:
        raise HTTPException(504)
