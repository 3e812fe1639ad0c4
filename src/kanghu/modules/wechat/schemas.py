"""What the screens send and get. Secrets go in and never come out."""

from datetime import datetime
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, computed_field

from kanghu.modules.wechat.menus import rules
from kanghu.modules.wechat.menus.menu import Menu
from kanghu.modules.wechat.models import Kind, Mode, TemplateKind
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
    StringConstraints(
        pattern=r"^https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._-]{1,50}){0,3}/?$", max_length=300
    ),
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


class ButtonInput(BaseModel):
    """按钮：有 buttons 的只展开下级；否则 type 指明动作，并填写该动作所需的内容"""

    name: Annotated[str, Field(max_length=60)]
    type: Literal[
        "", "click", "view", "miniprogram", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album",
        "pic_weixin", "location_select", "media_id", "article_id", "article_view_limited",
    ] = ""  # fmt: skip
    key: Annotated[str, Field(max_length=128)] = ""
    url: Annotated[str, Field(max_length=1024)] = ""
    material_id: Annotated[UUID | None, Field(description="发送素材：素材库中的图片、语音或视频")] = None
    media_id: Annotated[
        str, Field(max_length=128, description="发送素材：公众平台的永久素材编号；选了素材库的由发布时填入")
    ] = ""
    article_id: Annotated[str, Field(max_length=128)] = ""
    appid: Annotated[str, Field(max_length=32)] = ""
    pagepath: Annotated[str, Field(max_length=256)] = ""


class TopButtonInput(ButtonInput):
    buttons: Annotated[list[ButtonInput], Field(max_length=10)] = []


class PersonalMenuInput(BaseModel):
    """有某个标签的粉丝看到的菜单"""

    tag_id: Annotated[int, Field(ge=1, le=2**31 - 1)]
    buttons: Annotated[list[TopButtonInput], Field(max_length=10)]


class MenuContent(BaseModel):
    """默认菜单与个性化菜单；几份个性化菜单都符合时，以排在前面的为准"""

    buttons: Annotated[list[TopButtonInput], Field(max_length=10)]
    personal: Annotated[list[PersonalMenuInput], Field(max_length=20)] = []


class MenuDraft(BaseModel):
    """revision 为所改草稿的修订号，新建草稿填 0"""

    revision: Annotated[int, Field(ge=0, le=2**31 - 2)]
    content: MenuContent


class PublishMenu(BaseModel):
    revision: Annotated[int, Field(ge=1, le=2**31 - 2)]


class MenuView(BaseModel):
    """菜单的一个版本；problems 指出发布之前要改正的地方"""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    content: MenuContent
    revision: int
    state: Literal["draft", "published"]
    changed_at: datetime
    published_at: datetime | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def problems(self) -> dict[str, str]:
        return (
            rules.problems(msgspec.convert(self.content.model_dump(), Menu)) if self.state == "draft" else {}
        )


class RollBackMenu(BaseModel):
    """number 为要恢复的版本；revision 为现有草稿的修订号，没有草稿填 0"""

    number: Annotated[int, Field(ge=1, le=2**31 - 2)]
    revision: Annotated[int, Field(ge=0, le=2**31 - 2)]


class TryMenu(BaseModel):
    """user 为粉丝的 OpenID 或微信号"""

    user: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class MenuButton(BaseModel):
    """微信上的按钮"""

    model_config = ConfigDict(from_attributes=True)

    name: str
    type: str
    key: str
    url: str
    media_id: str
    article_id: str
    appid: str
    pagepath: str
    buttons: list["MenuButton"] = []


class MenuMatch(BaseModel):
    """source：default 默认菜单，personal 标签为 tag_id 的个性化菜单，other 与最近发布的都不同，none 没有菜单"""

    model_config = ConfigDict(from_attributes=True)

    source: Literal["default", "personal", "other", "none"]
    tag_id: int | None
    buttons: list[MenuButton]


class MenuComparison(BaseModel):
    """number 是最近发布的版本；lines 是微信上与之不同的地方"""

    model_config = ConfigDict(from_attributes=True)

    number: int | None
    lines: list[str]


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


class QuotaView(BaseModel):
    """daily_limit 为空表示微信没有说明上限"""

    model_config = ConfigDict(from_attributes=True)

    path: str
    name: str
    daily_limit: int | None
    used: int


class WechatTemplateView(BaseModel):
    """微信上的一个消息模板；fields 是要填的各项，example 是微信给出的示例，long_term 表示用户同意一次可以多次发送"""

    model_config = ConfigDict(from_attributes=True)

    template_id: str
    title: str
    kind: TemplateKind
    content: str
    fields: list[str]
    long_term: bool
    example: str
