"""The account at this service: what its holder got from the console."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Account(BaseSettings):
    """SANDBOX_FACEID_* of the environment. Without a secret key nobody can call. `on_file`: id number → the name on file, for
    those whose name shall not agree with whatever is asked; everybody else is on file as asked."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_FACEID_", extra="ignore")

    secret_id: str = ""
    secret_key: str = ""
    rule_id: str = "1"
    on_file: dict[str, str] = {}
