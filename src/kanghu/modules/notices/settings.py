"""Settings of the module: `KANGHU_SMS_*`, the account at the SMS service (Tencent Cloud)."""

from functools import lru_cache
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KANGHU_SMS_", extra="ignore")

    endpoint: str = "https://sms.tencentcloudapi.com/"
    region: str = "ap-guangzhou"
    secret_id: str = ""
    secret_key: SecretStr = SecretStr("")
    sdk_app_id: str = ""
    sign_name: str = ""
    template_id: str = ""

    @field_validator("endpoint")
    @classmethod
    def _never_in_clear(cls, endpoint: str) -> str:
        """A code in clear text is worth nothing; only a stand-in on this machine may go without TLS."""
        found = urlsplit(endpoint)
        if found.scheme == "https" or (
            found.scheme == "http" and found.hostname in ("127.0.0.1", "::1", "localhost")
        ):
            return endpoint
        raise ValueError("短信服务的地址须为 https")

    def complete(self) -> bool:
        """Whether SMS can be sent at all."""
        return all(
            (
                self.secret_id,
                self.secret_key.get_secret_value(),
                self.sdk_app_id,
                self.sign_name,
                self.template_id,
            )
        )


@lru_cache
def settings() -> Settings:
    return Settings()
