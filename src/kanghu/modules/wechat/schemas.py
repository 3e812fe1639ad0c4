"""What the screens send and get. Secrets go in and never come out."""

from datetime import datetime
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, computed_field

from kanghu.modules.wechat.models import Kind, Mode
from kanghu.modules.wechat.policy import callback_path

API_URL = "https://api.weixin.qq.com"
CONNECT_URL = "https://open.weixin.qq.com"


def _never_in_clear(url: str) -> str:
    """The secret is part of every call; only a stand-in on this machine may go without TLS."""
    found = urlsplit(url)
    if found.scheme == "https" or found.hostname in ("127.0.0.1", "localhost"):
        return url
    raise ValueError("地址须为 https")


Address = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/?$", max_length=300),
    AfterValidator(_never_in_clear),
]
Secret = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{16,64}$")]
Token = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{3,32}$")]
AesKey = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{43}$")]


class WechatAccountSettings(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    mode: Mode = "safe"
    api_url: Annotated[Address, Field(description="微信服务端接口的地址")] = API_URL
    connect_url: Annotated[Address, Field(description="网页授权的地址")] = CONNECT_URL
    active: bool = True


class NewWechatAccount(WechatAccountSettings):
    """公众号或小程序；Token 与 EncodingAESKey 须与公众平台中填写的一致"""

    institution_id: UUID
    kind: Kind
    appid: Annotated[str, StringConstraints(pattern=r"^wx[0-9A-Za-z]{6,30}$")]
    secret: Annotated[Secret, Field(description="AppSecret")]
    token: Token
    aes_key: Annotated[AesKey | None, Field(description="EncodingAESKey；明文模式可不填")] = None


class WechatAccountChange(WechatAccountSettings):
    """密钥留空则不变；更换接口地址时须重新填写 AppSecret。更换前的 Token 与 EncodingAESKey 仍可用，直到再次更换"""

    version: Annotated[int, Field(ge=1, le=2**31 - 2)]
    secret: Annotated[Secret | None, Field(description="AppSecret")] = None
    token: Token | None = None
    aes_key: Annotated[AesKey | None, Field(description="EncodingAESKey")] = None


class WechatAccountView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    institution_id: UUID
    kind: Kind
    appid: str
    name: str
    mode: Mode
    api_url: str
    connect_url: str
    paused_until: datetime | None
    active: bool
    version: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def callback_path(self) -> str:
        return callback_path(self.id)


class CheckView(BaseModel):
    """自检的一项：found 是所见，advice 是怎样改正"""

    model_config = ConfigDict(from_attributes=True)

    name: Literal["active", "mode", "callback", "quota", "secret", "token", "js_sdk"]
    state: Literal["ok", "warning", "failed"]
    found: str
    advice: str


class SelfTest(BaseModel):
    """well：没有一项失败"""

    well: bool
    checks: list[CheckView]

    @classmethod
    def of(cls, checks: list[CheckView]) -> Self:
        return cls(well=all(check.state != "failed" for check in checks), checks=checks)
