"""Settings of the module: `KANGHU_PEOPLE_*`, and `KANGHU_FACEID_*` for the account at Tencent Cloud FaceID."""

from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KANGHU_PEOPLE_", extra="ignore")

    # One address may be a whole hospital's Wi-Fi, so this stops enumeration rather than a busy morning.
    attempts_per_hour: int = 60
    activation_code_lifetime: timedelta = timedelta(hours=72)
    # Whether WeChat has opened its face check to the mini-program: it does so for some categories only.
    wechat_face: bool = False
    # Of one person in 24 hours, by each way: every one of them costs money or somebody's time.
    identity_checks_per_day: int = 5
    # Pictures of id cards that nobody has decided about by then are deleted.
    id_card_lifetime: timedelta = timedelta(days=7)


class FaceIdSettings(BaseSettings):
    """The account at Tencent Cloud. `return_url`: our page to which the person comes back; `real_name`: whether name and id number
    may be compared, which is charged on its own."""

    model_config = SettingsConfigDict(env_prefix="KANGHU_FACEID_", extra="ignore")

    endpoint: str = "https://faceid.tencentcloudapi.com/"
    region: str = "ap-guangzhou"
    secret_id: str = ""
    secret_key: SecretStr = SecretStr("")
    rule_id: str = ""
    return_url: str = ""
    real_name: bool = False

    @field_validator("endpoint", "return_url")
    @classmethod
    def _never_in_clear(cls, url: str) -> str:
        """Only a stand-in and a trial on this machine may go without TLS."""
        found = urlsplit(url)
        if not url or found.scheme == "https" or (found.scheme == "http" and found.hostname in LOOPBACK):
            return url
        raise ValueError("核身服务的地址与返回的地址须为 https")

    def able_to_compare(self) -> bool:
        return self.real_name and self._complete()

    def able_to_see_faces(self) -> bool:
        return bool(self.rule_id and self.return_url) and self._complete()

    def _complete(self) -> bool:
        return bool(self.secret_id and self.secret_key.get_secret_value())


@lru_cache
def settings() -> Settings:
    return Settings()


@lru_cache
def face_id() -> FaceIdSettings:
    return FaceIdSettings()
