"""Settings of the module: `KANGHU_PEOPLE_*`."""

from datetime import timedelta
from functools import lru_cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KANGHU_PEOPLE_", extra="ignore")

    # One address may be a whole hospital's Wi-Fi, so this stops enumeration rather than a busy morning.
    attempts_per_hour: int = 60
    activation_code_lifetime: timedelta = timedelta(hours=72)


@lru_cache
def settings() -> Settings:
    return Settings()
