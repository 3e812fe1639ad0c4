"""The envelope of every answer, and how to read one that may not be an envelope at all."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

INFO: Literal["info"] = "info"
ERROR: Literal["error"] = "error"


# An absent object, an empty one and null say the same.
Details = Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)]


class Message(BaseModel):
    """One line of 返回信息."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="信息编号，例如 103；传输类错误以字母开头，不与业务编号相混")
    level: Literal["info", "error"] = Field(description="信息级别：info 提示，error 错误")
    text: str = Field(description="信息内容")
    details: Details = Field(default_factory=dict, description="供程序读取的细节")


class Envelope(BaseModel):
    """Every answer, good or bad."""

    model_config = ConfigDict(frozen=True)

    accepted: bool = Field(description="接收状态 / 是否成功")
    messages: list[Message] = Field(default_factory=list, description="返回信息")
    data: Details = Field(default_factory=dict, description="输出内容")
    request_id: str = Field(default="", description="与请求头 X-Request-Id 相同；未给出时由服务方生成")

    def codes(self) -> list[str]:
        """The message codes in order."""
        return [message.code for message in self.messages]


def info(code: str, text: str, **details: Any) -> Message:
    """A message of level 提示."""
    return Message(code=code, level=INFO, text=text, details=details)


def error(code: str, text: str, **details: Any) -> Message:
    """A message of level 错误."""
    return Message(code=code, level=ERROR, text=text, details=details)


def read_envelope(body: bytes) -> Envelope | None:
    """The envelope in an answer's body, or None where the other side sent something else."""
    try:
        return Envelope.model_validate_json(body)
    except ValidationError:
        return None
