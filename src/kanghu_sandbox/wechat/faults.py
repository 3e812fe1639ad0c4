"""WeChat on a bad day, on demand."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Faults(BaseModel):
    """Everything that may go wrong. The default is that nothing does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay_ms: int = Field(default=0, ge=0, le=600_000, description="每个接口应答前等待的毫秒数")
    busy: int = Field(default=0, ge=0, description="接下来这么多次调用应答 -1 系统繁忙，之后恢复")
    token_invalidated: bool = Field(
        default=False, description="每次调用都应答 40001：别处总在取新的 access_token"
    )
    out_of_window: bool = Field(default=False, description="发客服消息一律 45015")
    over_quota: bool = Field(default=False, description="发客服消息一律 45047")
    media_expired: bool = Field(default=False, description="用到的 media_id 一律 40007")
    errcodes: dict[str, int] = Field(
        default_factory=dict, description="接口路径 → 错误码，例如 {'/cgi-bin/menu/create': 45009}"
    )
    template_finish: Literal["success", "failed:user block", "failed: system failed"] = Field(
        default="success", description="模板消息的送达结果（TEMPLATESENDJOBFINISH）"
    )
    mass_finish: Literal["send success", "send fail", "err(10001)", "err(20008)"] = Field(
        default="send success", description="群发的结果（MASSSENDJOBFINISH）；不是 send success 时谁也收不到"
    )
    mass_finish_lost: bool = Field(
        default=False, description="群发的结果（MASSSENDJOBFINISH）不推送，只能查询"
    )
    mass_unfinished: bool = Field(default=False, description="查询群发的状态一律应答 SENDING")
    mass_over_quota: bool = Field(default=False, description="群发一律 45028")
    double_push: bool = Field(default=False, description="每次推送成功后再推一遍，MsgId 相同")
    wrong_push_signature: bool = Field(default=False, description="推送的签名不符")


class FaultBox:
    """Holds what is set now; lives as long as the process."""

    def __init__(self) -> None:
        self.now = Faults()

    def take_busy(self) -> bool:
        """Whether this call meets a busy system; uses up one of the busy calls."""
        left = self.now.busy
        if left:
            self.now = self.now.model_copy(update={"busy": left - 1})
        return left > 0
