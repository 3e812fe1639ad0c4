"""The one account of this service: what its holder got from the console."""

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
