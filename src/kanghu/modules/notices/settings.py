"""Settings of the module: the accounts at the services that carry messages.

`KANGHU_SMS_*` Tencent Cloud, `KANGHU_ALIYUN_SMS_*` Aliyun, `KANGHU_MAIL_*` the mail server. Secrets are in the environment only;
what staff may change at any time is in the database.
"""

import re
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _never_in_clear(endpoint: str) -> str:
    """A code in clear text is worth nothing; only a stand-in on this machine may go without TLS."""
    found = urlsplit(endpoint)
    if found.scheme == "https" or (found.scheme == "http" and found.hostname in LOOPBACK):
        return endpoint
    raise ValueError("短信服务的地址须为 https")


Endpoint = Annotated[str, AfterValidator(_never_in_clear)]


class Settings(BaseSettings):
    """The account at Tencent Cloud. `receipt_key`: part of the address to which either service reports, since neither signs."""

    model_config = SettingsConfigDict(env_prefix="KANGHU_SMS_", extra="ignore")

    endpoint: Endpoint = "https://sms.tencentcloudapi.com/"
    region: str = "ap-guangzhou"
    secret_id: str = ""
    secret_key: SecretStr = SecretStr("")
    sdk_app_id: str = ""
    sign_name: str = ""
    template_id: str = ""
    receipt_key: SecretStr = SecretStr("")

    @field_validator("receipt_key")
    @classmethod
    def _not_to_be_guessed(cls, key: SecretStr) -> SecretStr:
        if key.get_secret_value() and not re.fullmatch(r"[0-9A-Za-z_-]{24,100}", key.get_secret_value()):
            raise ValueError("回执地址的密钥须为 24 至 100 位字母或数字")
        return key

    def complete(self) -> bool:
        """Whether codes can be sent by it."""
        return self.able() and bool(self.template_id)

    def able(self) -> bool:
        """Whether anything can be sent by it."""
        return all((self.secret_id, self.secret_key.get_secret_value(), self.sdk_app_id, self.sign_name))


class AliyunSettings(BaseSettings):
    """The account at Aliyun. `code_names`: how its template for codes calls the code and, if it has it, the minutes."""

    model_config = SettingsConfigDict(env_prefix="KANGHU_ALIYUN_SMS_", extra="ignore")

    endpoint: Endpoint = "https://dysmsapi.aliyuncs.com/"
    access_key_id: str = ""
    access_key_secret: SecretStr = SecretStr("")
    sign_name: str = ""
    template_code: str = ""
    code_names: list[str] = ["code"]

    def complete(self) -> bool:
        """Whether codes can be sent by it."""
        return self.able() and bool(self.template_code)

    def able(self) -> bool:
        """Whether anything can be sent by it."""
        return all((self.access_key_id, self.access_key_secret.get_secret_value(), self.sign_name))


class MailSettings(BaseSettings):
    """The mail server. `security`: tls from the first byte (465), starttls (587), or none, on this machine only."""

    model_config = SettingsConfigDict(env_prefix="KANGHU_MAIL_", extra="ignore")

    host: str = ""
    port: int = 465
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    sender_name: str = ""

    @model_validator(mode="after")
    def _never_in_clear(self) -> "MailSettings":
        if self.security == "none" and self.host and self.host not in LOOPBACK:
            raise ValueError("邮件服务器须使用 TLS 或 STARTTLS")
        return self

    def able(self) -> bool:
        return bool(self.host and self.sender)


@lru_cache
def settings() -> Settings:
    return Settings()


@lru_cache
def aliyun() -> AliyunSettings:
    return AliyunSettings()


@lru_cache
def mail() -> MailSettings:
    return MailSettings()
