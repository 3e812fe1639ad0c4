"""Misbehaviour on demand, so that the platform can be tried against a bad vendor and a bad line."""

from pydantic import BaseModel, ConfigDict, Field


class InboundFaults(BaseModel):
    """How the vendor interface (K1, K2) misbehaves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay_ms: int = Field(
        default=0, ge=0, le=600_000, description="应答前等待的毫秒数；对方先断开时，业务仍会办理"
    )
    status: int | None = Field(default=None, ge=400, le=599, description="不办理，直接以此 HTTP 状态应答")
    wrong_signature: bool = Field(default=False, description="把每个签名都当作不符，以 401 应答")
    garbage_body: bool = Field(default=False, description="业务照办，但应答正文是乱码")
    down: bool = Field(default=False, description="收下连接，什么都不应答，直到对方断开")


class OutboundFaults(BaseModel):
    """How calls to the platform (H1–H5) misbehave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    double: bool = Field(default=False, description="每条消息同时发两遍，X-Request-Id 相同")
    double_with_new_id: bool = Field(default=False, description="与 double 同用：第二遍换新的 X-Request-Id")
    reorder: bool = Field(default=False, description="一次操作的多条推送倒序发送")
    delay_ms: int = Field(default=0, ge=0, le=600_000, description="发送前等待的毫秒数")
    cut: bool = Field(default=False, description="正文发到一半就断开连接")
    stale_clock_s: int = Field(default=0, description="时钟偏差秒数，正数为慢")
    wrong_person: bool = Field(default=False, description="推送别人的姓名和出生日期")


class Faults(BaseModel):
    """Everything that may go wrong. The default is that nothing does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inbound: InboundFaults = InboundFaults()
    outbound: OutboundFaults = OutboundFaults()


class FaultBox:
    """Holds what is set now; lives as long as the process."""

    def __init__(self) -> None:
        self.now = Faults()
