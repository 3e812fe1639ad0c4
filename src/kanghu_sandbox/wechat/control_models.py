"""Requests and answers of the control desk."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .account import Mode
from .people import Person
from .pushes import Delivery


class Strict(BaseModel):
    """A typing mistake in a control call must not pass unseen."""

    model_config = ConfigDict(extra="forbid")


class NewPerson(Strict):
    """一个有微信的人"""

    nickname: str = Field(min_length=1, max_length=30)
    phone: str = Field(default="13800000001", pattern=r"^1[3-9]\d{9}$", description="微信绑定的手机号")


class PersonView(BaseModel):
    """一个人，和公众号眼里的他"""

    openid: str
    mini_openid: str
    unionid: str
    nickname: str
    phone: str
    following: bool
    tags: list[int]
    windows: dict[str, int | None] = Field(
        description="公众号此刻还可主动发的客服消息：由来 → 条数，空为不限"
    )

    @staticmethod
    def of(person: Person, tags: list[int], windows: dict[str, int | None]) -> "PersonView":
        known = {name: getattr(person, name) for name in PersonView.model_fields if hasattr(person, name)}
        return PersonView(**known, tags=tags, windows=windows)


class Face(Strict):
    """小程序里的一次人脸核身怎样结束"""

    verify_id: str = Field(default="", description="不填为这部手机上最近一次")
    verify_ret: int = Field(default=10000, description="10000 识别成功，90004 用户取消，10004 与证件照不符")


class Ticket(Strict):
    """扫的码：带参数二维码的 ticket 或网址"""

    ticket: str = ""


class Text(Strict):
    content: str = Field(min_length=1, max_length=10_000)


class Place(Strict):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    label: str = ""


class Link(Strict):
    title: str
    description: str = ""
    url: str


class Press(Strict):
    """按菜单上的一个按钮"""

    place: list[Annotated[int, Field(ge=0)]] = Field(min_length=1, max_length=2)
    result: str = Field(default="", description="扫码、选图、选位置的结果")


class MenuView(BaseModel):
    """一个人看到的菜单"""

    menu_id: int = 0
    buttons: list[dict[str, Any]] = []


class Choice(Strict):
    """菜单消息里的一项"""

    id: str
    content: str


class Consent(Strict):
    """对订阅通知弹窗的回答"""

    template_ids: list[str] = Field(min_length=1, max_length=5)
    accept: bool = True
    scene: Literal[1, 2] = Field(default=1, description="1 来自 H5，2 来自图文")


class Code(BaseModel):
    """一次性的 code，5 分钟内有效"""

    code: str


class JsConfig(Strict):
    """wx.config 的参数"""

    url: str
    noncestr: str
    timestamp: str
    signature: str


class Done(BaseModel):
    """做了什么，公众号的服务器怎样应答"""

    delivery: Delivery | None = None
    url: str = Field(default="", description="手机随后打开的网址")


class MessageView(BaseModel):
    """手机上的一条消息"""

    id: int
    sender: str = Field(description="fan 本人、account 公众号、system 微信的提示")
    kind: str
    content: dict[str, Any]
    at: float


class CallbackView(Strict):
    """服务器配置"""

    url: str
    token: str
    encoding_aes_key: str = Field(default="", pattern=r"^([A-Za-z0-9]{43})?$")
    mode: Mode = "plain"


class MaterialsView(BaseModel):
    """Permanent material of one kind."""

    count: int
    media_ids: list[str]


class PushView(BaseModel):
    """一次推送的经过"""

    id: int
    openid: str
    what: str
    body: str
    tries: list[dict[str, Any]]
    at: float


class DailyLimit(Strict):
    """一个接口每天可调用的次数"""

    path: str = Field(pattern=r"^/")
    daily: int | None = Field(default=None, ge=0)
