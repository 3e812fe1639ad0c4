"""Settings: command line first, then SANDBOX_* of the environment, then the defaults below."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kanghu_sandbox.desk import is_loopback
from kanghu_sandbox.wire.signature import HMAC_SHA256, HMAC_SM3, Credentials


class Settings(BaseSettings):
    """Where to listen, where to keep the data, and the two pairs of credentials."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8100, ge=0, le=65535)
    home: Path = Path(".kanghu/sandbox")
    platform_url: str = "http://127.0.0.1:8000"
    app_id: str = ""
    secret_file: Path | None = None
    inbound_app_id: str = ""
    inbound_secret_file: Path | None = None
    sign_type: str = Field(default=HMAC_SHA256, pattern=f"^({HMAC_SHA256}|{HMAC_SM3})$")
    daily_capacity: int = Field(default=60, ge=0)
    guide_url_base: str = "https://exam-centre.example/guides"
    resend_seconds: float = Field(default=30.0, ge=0)
    call_timeout: float = Field(default=10.0, gt=0)
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @model_validator(mode="after")
    def _plain_http_on_loopback_only(self) -> "Settings":
        if not is_loopback(self.host) and not (self.tls_cert and self.tls_key):
            raise ValueError("非本机地址必须启用 HTTPS：请给出 --tls-cert 和 --tls-key，或改用 127.0.0.1")
        return self

    def outbound(self) -> Credentials:
        """The pair with which the centre calls the platform (H1–H5)."""
        return Credentials(*_pair("", self.app_id, self.secret_file), sign_type=self.sign_type)

    def inbound(self) -> Credentials:
        """The pair with which the platform calls the centre (K1, K2); where not given, the same pair."""
        app_id = self.inbound_app_id or self.app_id
        return Credentials(*_pair("inbound-", app_id, self.inbound_secret_file or self.secret_file))


def _pair(kind: str, app_id: str, secret_file: Path | None) -> tuple[str, tuple[str, ...]]:
    if not app_id or secret_file is None:
        raise ValueError(f"缺少凭据：请给出 --{kind}app-id 和 --{kind}secret-file")
    try:
        lines = secret_file.read_text("utf-8").split()
    except OSError as failure:
        raise ValueError(f"读不到密钥文件 {secret_file}：{failure.strerror}") from failure
    if not lines:
        raise ValueError(f"密钥文件 {secret_file} 是空的；每行一个密钥，第一行用于签名")
    return app_id, tuple(lines)


_OPTIONS = {
    "host": "监听地址",
    "port": "监听端口",
    "home": "数据目录",
    "platform_url": "平台地址，例如 https://platform.example",
    "app_id": "调用平台（H1–H5）的应用编号",
    "secret_file": "调用平台的密钥文件：每行一个，第一行用于签名",
    "inbound_app_id": "平台调用本中心（K1、K2）的应用编号；不给则与上面相同",
    "inbound_secret_file": "平台调用本中心的密钥文件；每行一个，都有效（轮换时两行）",
    "sign_type": f"签名算法：{HMAC_SHA256} 或 {HMAC_SM3}",
    "daily_capacity": "每日可预约人数",
    "guide_url_base": "指引单网址的前缀（须在平台的允许名单中）",
    "resend_seconds": "补发未送达消息的间隔秒数，0 为不补发",
    "call_timeout": "等待平台应答的秒数",
    "tls_cert": "HTTPS 证书文件",
    "tls_key": "HTTPS 私钥文件",
}


def read_settings(argv: Sequence[str] | None = None) -> Settings:
    """Settings from a command line (None: the process's own). Raises ValueError with a Chinese reason."""
    parser = argparse.ArgumentParser("kanghu-exam-centre", description="体检中心参考系统")
    for name, text in _OPTIONS.items():
        parser.add_argument("--" + name.replace("_", "-"), default=None, help=text)
    given = {name: value for name, value in vars(parser.parse_args(argv)).items() if value is not None}
    return Settings(**given)
