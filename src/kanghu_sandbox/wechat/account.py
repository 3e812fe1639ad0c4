"""The one official account of this WeChat and the mini-program bound to it: what their holder set up in the console."""

from typing import Literal

from pydantic import BaseModel, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Mode = Literal["plain", "compatible", "safe"]
"""明文、兼容、安全."""


class Template(BaseModel):
    """A message template from the library; `content` has a line per field: `时间：{{time2.DATA}}`."""

    title: str
    content: str
    example: str = ""
    kind: Literal["template", "subscription", "mini_subscription"] = Field(
        default="template", description="模板消息、公众号订阅通知、小程序订阅消息"
    )
    long_term: bool = Field(default=False, description="长期订阅：同意一次，可下发多次")


_TEMPLATES = {
    "WxDemoTemplateBookedXXXXXXXXXXXXXXXXXXXXXXX": Template(
        title="预约成功通知",
        content="就诊人：{{thing1.DATA}}\n项目：{{thing2.DATA}}\n时间：{{time3.DATA}}",
        example="就诊人：张三\n项目：健康体检\n时间：2026年12月1日 08:30",
    ),
    "WxDemoTemplateOrderXXXXXXXXXXXXXXXXXXXXXXXX": Template(
        title="订单状态通知",
        content="订单编号：{{character_string1.DATA}}\n状态：{{phrase2.DATA}}\n说明：{{thing3.DATA}}",
        example="订单编号：HL20261201001\n状态：已派单\n说明：护士将按时上门",
    ),
    "WxDemoSubscriptionVisitXXXXXXXXXXXXXXXXXXXX": Template(
        title="上门服务提醒",
        content="项目：{{thing1.DATA}}\n时间：{{time2.DATA}}",
        example="项目：伤口换药\n时间：2026年12月1日 09:00",
        kind="subscription",
    ),
    "WxDemoMiniSubscriptionXXXXXXXXXXXXXXXXXXXXX": Template(
        title="上门服务提醒",
        content="项目：{{thing1.DATA}}\n时间：{{time2.DATA}}",
        example="项目：伤口换药\n时间：2026年12月1日 09:00",
        kind="mini_subscription",
    ),
}


class Account(BaseSettings):
    """SANDBOX_WECHAT_* of the environment. Without a secret nobody gets a token."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_WECHAT_", extra="ignore")

    app_id: str = "wx0000000000000001"
    app_secret: str = ""
    original_id: str = "gh_000000000001"
    name: str = "康护"
    token: str = ""
    encoding_aes_key: str = Field(default="", description="43 个字符；安全和兼容模式必填")
    callback_url: str = Field(default="", description="服务器地址（URL）；不填则不推送")
    mode: Mode = "plain"
    web_domain: str = Field(
        default="127.0.0.1:8000", description="网页授权域名：主机名，可带端口；逗号分隔多个"
    )
    mini_app_id: str = "wx0000000000000002"
    mini_app_secret: str = ""
    templates: dict[str, Template] = Field(default_factory=lambda: dict(_TEMPLATES))
    answer_seconds: float = Field(default=5.0, gt=0, le=60, description="等待回调应答的秒数，微信为 5 秒")

    @model_validator(mode="after")
    def _key_of_forty_three(self) -> "Account":
        key = self.encoding_aes_key
        if key and not (len(key) == 43 and key.isalnum() and key.isascii()):
            raise ValueError("SANDBOX_WECHAT_ENCODING_AES_KEY 是 43 个字母或数字")
        if self.mode != "plain" and not key:
            raise ValueError("兼容和安全模式须有 SANDBOX_WECHAT_ENCODING_AES_KEY")
        return self

    def secret_of(self, app_id: str) -> str | None:
        """The secret of one of the two apps; None for anybody else's, "" for an app that nobody can use yet."""
        return {self.app_id: self.app_secret, self.mini_app_id: self.mini_app_secret}.get(app_id)

    def web_domains(self) -> set[str]:
        """Hosts, with a port where one was given, that OAuth may send people back to."""
        return {domain.strip() for domain in self.web_domain.split(",") if domain.strip()}
