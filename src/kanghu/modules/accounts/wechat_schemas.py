"""Signing in by WeChat as pages and the mini-program send and see it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kanghu.modules.accounts.schemas import SessionOpened


class WechatChoice(BaseModel):
    """可用来登录的公众号（H5）或小程序；小程序凭自己的 appid 认出自己"""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: Literal["official", "mini_program"]
    appid: str
    name: str


class WechatStart(BaseModel):
    """把浏览器带到 url；微信随后带着 code 与 state 回到 /m/sign-in/wechat"""

    url: str


WechatCode = Annotated[str, Field(min_length=1, max_length=128, description="微信给出的 code，一次有效")]


class WechatPageCode(BaseModel):
    account_id: Annotated[UUID, Field(description="公众号")]
    code: WechatCode
    state: Annotated[str, Field(min_length=1, max_length=128)]


class WechatMiniCode(BaseModel):
    account_id: Annotated[UUID, Field(description="小程序")]
    code: WechatCode


class WechatMiniPhone(BaseModel):
    """微信认证过的手机号：与客户账户的手机号相同的，随即绑定并登录"""

    offer: Annotated[str, Field(min_length=1, max_length=64, description="绑定凭证")]
    code: WechatCode


class WechatOffer(BaseModel):
    """绑定凭证：用其他方式登录后提交，十分钟内有效，一次"""

    offer: Annotated[str, Field(min_length=1, max_length=64)]


class WechatSignedIn(BaseModel):
    """已绑定的得到 session；未绑定（或启用了动态口令）的得到 offer：用密码或短信登录后，凭它绑定"""

    session: SessionOpened | None
    offer: str | None


class WechatBindingView(BaseModel):
    account_id: UUID
    name: str
    kind: Literal["official", "mini_program"]
    bound_at: datetime
