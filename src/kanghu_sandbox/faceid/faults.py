"""The service on a bad day, on demand."""

from pydantic import BaseModel, ConfigDict, Field


class Faults(BaseModel):
    """What goes wrong. The default is that nothing does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay_ms: int = Field(default=0, ge=0, le=600_000, description="应答前等待的毫秒数")
    status: int = Field(default=0, ge=0, le=599, description="应答这个 HTTP 状态")
    codes: dict[str, str] = Field(
        default_factory=dict, description="接口 → 错误码，例如 {'DetectAuth': 'RequestLimitExceeded'}"
    )
    result: str = Field(default="", max_length=10, description="IdCardVerification 一律答这个结果，如 -4、-5")
    expired: bool = Field(default=False, description="所有 BizToken 都当作已过期")


class FaultBox:
    """Holds what is set now; lives as long as the process."""

    def __init__(self) -> None:
        self.now = Faults()
