"""What other modules may call. Facts about fans are told by `events`; `inbound` opens what such a fact is about."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.wechat.errors import (
    BUSY,
    CodeInvalid,
    ConsentRefused,
    FanBlocked,
    NotFollowing,
    QuotaUsed,
    SendUnderWay,
    TemplateFieldsInvalid,
    WechatFailed,
    WindowClosed,
)
from kanghu.modules.wechat.models import Account, Fan, Inbound, Kind, Link, Mode, Place, TemplateKind
from kanghu.modules.wechat.outgoing import Outgoing
from kanghu.modules.wechat.policy import Meter
from kanghu.modules.wechat.replies import Decision
from kanghu.modules.wechat.repository import accounts as _accounts
from kanghu.modules.wechat.repository import fans as _fans
from kanghu.modules.wechat.repository import inbox as _inbox
from kanghu.modules.wechat.repository.resealing import reseal
from kanghu.modules.wechat.schemas import API_URL, CONNECT_URL
from kanghu.modules.wechat.service.accounts import WRITE as _WRITE
from kanghu.modules.wechat.service.accounts import Settings as AccountSettings
from kanghu.modules.wechat.service.accounts import create_account as _create
from kanghu.modules.wechat.service.accounts import update_account as _update
from kanghu.modules.wechat.service.binding import bind, person_of, unbind
from kanghu.modules.wechat.service.callback import inbound_message as inbound
from kanghu.modules.wechat.service.faces import FACE_PASSED, FaceCheck, begin_face_check, face_verdict
from kanghu.modules.wechat.service.media import File
from kanghu.modules.wechat.service.media import download as download_media
from kanghu.modules.wechat.service.media import upload as upload_media
from kanghu.modules.wechat.service.oauth import (
    Identity,
    JsConfig,
    identity_of_mini_program,
    identity_of_page,
    js_config,
    phone_of_mini_program,
    sign_in_url,
)
from kanghu.modules.wechat.service.replies import answer
from kanghu.modules.wechat.service.replies import as_text as answers_as_text
from kanghu.modules.wechat.service.replies import decide_message as decide
from kanghu.modules.wechat.service.sending import send, window
from kanghu.modules.wechat.service.templates import TemplateMessage, send_template
from kanghu.modules.wechat.template_rules import problems as template_problems

__all__ = [
    "BUSY",
    "FACE_PASSED",
    "Account",
    "AccountBrief",
    "AccountSettings",
    "CodeInvalid",
    "ConsentRefused",
    "Decision",
    "FaceCheck",
    "Fan",
    "FanBlocked",
    "File",
    "Identity",
    "Inbound",
    "JsConfig",
    "Kind",
    "Link",
    "Meter",
    "NotFollowing",
    "Outgoing",
    "Place",
    "QuotaUsed",
    "SendUnderWay",
    "TemplateFieldsInvalid",
    "TemplateKind",
    "TemplateMessage",
    "WechatFailed",
    "WindowClosed",
    "account_brief",
    "active_accounts",
    "answer",
    "answers_as_text",
    "begin_face_check",
    "bind",
    "bound_fans",
    "decide",
    "download_media",
    "ensure_account",
    "face_verdict",
    "hold_fan",
    "identity_of_mini_program",
    "identity_of_page",
    "inbound",
    "js_config",
    "person_of",
    "phone_of_mini_program",
    "reseal",
    "send",
    "send_template",
    "sign_in_url",
    "take",
    "template_problems",
    "unbind",
    "untaken",
    "upload_media",
    "window",
]


@dataclass(frozen=True, slots=True)
class AccountBrief:
    """What others may know of an official account or mini-program."""

    id: UUID
    institution_id: UUID
    kind: Kind
    appid: str
    name: str
    active: bool

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            account.id, account.institution_id, account.kind, account.appid, account.name, account.active
        )


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
    """The account with this id, made when it is not there; for seeding. One on this machine follows `api_url` to another port."""
    seeding = Caller(kind="system", grants={_WRITE: Scope(everything=True)})
    known = await _accounts.get(tx, account_id)
    if known is not None:
        if known.api_url != api_url and known.api_url.startswith("http://127.0.0.1:"):
            moved = AccountSettings(
                known.name, known.mode, api_url, connect_url, secret, None, None, known.active
            )
            await _update(tx, seeding, account_id, known.version, moved)
        return
    wanted = AccountSettings(name, mode, api_url, connect_url, secret, token, aes_key)
    await _create(tx, seeding, institution_id, kind, appid, wanted, account_id)


async def account_brief(tx: Tx, account_id: UUID) -> AccountBrief | None:
    found = await _accounts.get(tx, account_id)
    return None if found is None else AccountBrief.of(found)


async def active_accounts(tx: Tx) -> list[AccountBrief]:
    """All that are in use, by name."""
    found = await _accounts.list_accounts(tx, Scope(everything=True))
    return [AccountBrief.of(account) for account in found if account.active]


async def bound_fans(tx: Tx, person_id: UUID) -> list[Fan]:
    """Under which openids the person is known at official accounts and mini-programs, the newest binding first."""
    return await _fans.of_person(tx, person_id)


async def hold_fan(tx: Tx, account_id: UUID, openid: str) -> None:
    """Until the transaction ends nobody binds or unbinds the fan, and nobody else takes over what they said."""
    await _fans.get(tx, account_id, openid, lock=True)


async def untaken(tx: Tx, account_id: UUID, openid: str, up_to: UUID) -> list[UUID]:
    """The inbox ids of a fan's messages that nobody has taken over yet, as they came, none after `up_to`."""
    return await _inbox.untaken(tx, account_id, openid, up_to)


async def take(tx: Tx, inbox_id: UUID) -> bool:
    """Marks a message as taken over; False when it was before."""
    return await _inbox.take(tx, inbox_id, clock.now())
