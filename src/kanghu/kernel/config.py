"""Settings of the whole; a module's own settings stand in its `settings.py` with the same prefix."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment variables `KANGHU_*`, and `DATABASE_URL`."""

    model_config = SettingsConfigDict(env_prefix="KANGHU_", extra="ignore", populate_by_name=True)

    home: Path = Path("./.kanghu")
    # The front ends, each with its built files inside.
    apps_dir: Path = Path(__file__).resolve().parents[3] / "apps"
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    database_pool: int = 10
    pgbouncer: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    sandbox_port: int = 8100
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_tls_proxy: bool = False
    cipher: Literal["AES-256-GCM", "SM4-GCM"] = "AES-256-GCM"
    # Addresses inside the hospital that we may call; everything private is refused otherwise.
    inner_networks: list[IPv4Network | IPv6Network] = []
    demo: bool = False


@lru_cache
def settings() -> Settings:
    return Settings()
