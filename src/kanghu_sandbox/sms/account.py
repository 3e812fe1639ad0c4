"""The accounts at these services: what their holder got from the consoles."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Account(BaseSettings):
    """SANDBOX_SMS_* of the environment. Without a secret key nobody can send."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_SMS_", extra="ignore")

    secret_id: str = ""
    secret_key: str = ""
    sdk_app_id: str = "1400000000"
    sign_name: str = "康护"
    template_id: str = "1000001"
    template: str = "您的验证码为{1}，{2}分钟内有效，请勿告诉他人。"
    more: dict[str, str] = {}

    @property
    def texts(self) -> dict[str, str]:
        """Approved templates: number → text. That for codes takes digits only."""
        return {**self.more, self.template_id: self.template}


class AliyunAccount(BaseSettings):
    """SANDBOX_ALIYUN_SMS_* of the environment. Without a secret nobody can send."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_ALIYUN_SMS_", extra="ignore")

    access_key_id: str = ""
    access_key_secret: str = ""
    sign_name: str = "康护"
    template_code: str = "SMS_100000001"
    template: str = "您的验证码为：${code}，请勿告诉他人。"
    more: dict[str, str] = {}

    @property
    def texts(self) -> dict[str, str]:
        """Approved templates: code → text."""
        return {**self.more, self.template_code: self.template}
