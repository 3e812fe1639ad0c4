"""What other modules may call. Facts about fans are told by `events`; `inbound` opens what such a fact is about."""

from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.wechat.errors import (
    BUSY,
    ConsentRefused,
    FanBlocked,
    NotFollowing,
    SendUnderWay,
    TemplateFieldsInvalid,
    WechatFailed,
)
from kanghu.modules.wechat.models import Account, Inbound, Kind, Link, Mode, Place, TemplateKind
from kanghu.modules.wechat.outgoing import Outgoing
from kanghu.modules.wechat.policy import Meter
from kanghu.modules.wechat.repository import accounts as _accounts
from kanghu.modules.wechat.repository.resealing import reseal
from kanghu.modules.wechat.schemas import API_URL, CONNECT_URL
from kanghu.modules.wechat.service.accounts import WRITE as _WRITE
from kanghu.modules.wechat.service.accounts import Settings as AccountSettings
from kanghu.modules.wechat.service.accounts import create_account as _create
from kanghu.modules.wechat.service.callback import inbound_message as inbound
from kanghu.modules.wechat.service.media import File
from kanghu.modules.wechat.service.media import download as download_media
from kanghu.modules.wechat.service.media import upload as upload_media
from kanghu.modules.wechat.service.oauth import (
    Identity,
    JsConfig,
    identity_of_mini_program,
    identity_of_page,
    js_config,
    sign_in_url,
)
from kanghu.modules.wechat.service.sending import send, window
from kanghu.modules.wechat.service.templates import TemplateMessage, send_template
from kanghu.modules.wechat.template_rules import problems as template_problems

__all__ = [
    "BUSY",
    "Account",
    "AccountSettings",
    "ConsentRefused",
    "FanBlocked",
    "File",
    "Identity",
    "Inbound",
    "JsConfig",
    "Link",
    "Meter",
    "NotFollowing",
    "Outgoing",
    "Place",
    "SendUnderWay",
    "TemplateFieldsInvalid",
    "TemplateKind",
    "TemplateMessage",
    "WechatFailed",
    "download_media",
    "ensure_account",
    "identity_of_mini_program",
    "identity_of_page",
    "inbound",
    "js_config",
    "reseal",
    "send",
    "send_template",
    "sign_in_url",
    "template_problems",
    "upload_media",
    "window",
]


async def ensure_account(
    tx: Tx,
    *,
    account_id: UUID,
    institution_id: UUID,
    kind: Kind,
    appid: str,
    name: str,
    secret: str,
    token: str,
    aes_key: str,
    mode: Mode = "safe",
    api_url: str = API_URL,
    connect_url: str = CONNECT_URL,
) -> None:
    """The account with this id, made when it is not there; for seeding."""
    if await _accounts.get(tx, account_id) is not None:
        return
    seeding = Caller(kind="system", grants={_WRITE: Scope(everything=True)})
    wanted = AccountSettings(name, mode, api_url, connect_url, secret, token, aes_key)
    await _create(tx, seeding, institution_id, kind, appid, wanted, account_id)
