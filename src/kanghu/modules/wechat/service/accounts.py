"""Official accounts and mini-programs as the hospital's IT staff keep them."""

from dataclasses import dataclass, replace
from uuid import UUID

from kanghu.kernel import audit, live
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Forbidden
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.wechat.errors import AccountChanged, AccountNotFound, AppidTaken, SettingsInvalid
from kanghu.modules.wechat.models import Account, CallbackKeys, Kind, Mode
from kanghu.modules.wechat.repository import accounts, tokens
from kanghu.modules.wechat.service.known import callback_keys_of, sealed_callback_keys

READ, WRITE = "wechat.account.read", "wechat.account.write"


@dataclass(frozen=True, slots=True)
class Settings:
    """What staff may change at any time. None: what is there stays."""

    name: str
    mode: Mode
    api_url: str
    connect_url: str
    secret: str | None
    token: str | None
    aes_key: str | None
    active: bool = True


async def list_accounts(tx: Tx, caller: Caller) -> list[Account]:
    return await accounts.list_accounts(tx, caller.scope(READ))


async def get_account(tx: Tx, scope: Scope, account_id: UUID) -> Account:
    """Raises `AccountNotFound`, also outside the scope."""
    found = await accounts.get(tx, account_id)
    if found is None or not _reaches(scope, found.institution_id):
        raise AccountNotFound
    return found


def _reaches(scope: Scope, institution_id: UUID) -> bool:
    return scope.everything or institution_id in scope.institutions


async def create_account(
    tx: Tx,
    caller: Caller,
    institution_id: UUID,
    kind: Kind,
    appid: str,
    wanted: Settings,
    account_id: UUID | None = None,
) -> UUID:
    """Raises `Forbidden`, `AppidTaken`, `SettingsInvalid`."""
    if not _reaches(caller.scope(WRITE), institution_id):
        raise Forbidden
    made = account_id or new_id()
    keys = CallbackKeys(wanted.token or "", wanted.aes_key or "")
    _refuse_gaps(wanted.mode, keys, wanted.secret)
    account = Account(
        made,
        institution_id,
        kind,
        appid,
        wanted.name,
        vault.seal(wanted.secret or "", accounts.SECRET, made),
        sealed_callback_keys(made, [keys]),
        wanted.mode,
        wanted.api_url.rstrip("/"),
        wanted.connect_url.rstrip("/"),
        None,
        wanted.active,
        1,
    )
    if not await accounts.insert(tx, account):
        raise AppidTaken(fields={"appid": AppidTaken.message})
    await _changed(tx, caller, account, "wechat.account.create", ["appid"])
    return made


def _refuse_gaps(mode: Mode, keys: CallbackKeys, secret: str | None) -> None:
    checks = (
        ("secret", secret is not None, "请填写 AppSecret"),
        ("token", bool(keys.token), "请填写 Token"),
        ("aes_key", mode == "plain" or bool(keys.aes_key), "兼容模式与安全模式须填写 EncodingAESKey"),
    )
    wrong = {name: advice for name, well, advice in checks if not well}
    if wrong:
        raise SettingsInvalid(fields=wrong)


async def update_account(tx: Tx, caller: Caller, account_id: UUID, version: int, wanted: Settings) -> None:
    """Raises `AccountNotFound`, `AccountChanged`, `SettingsInvalid`."""
    known = await get_account(tx, caller.scope(WRITE), account_id)
    api_url = wanted.api_url.rstrip("/")
    if api_url != known.api_url and wanted.secret is None:
        # Whoever may change an address must not learn the secret by having it sent there.
        raise SettingsInvalid(fields={"secret": "更换接口地址时须重新填写 AppSecret"})
    keys = _with_new(callback_keys_of(known), wanted)
    _refuse_gaps(wanted.mode, keys[0], "")
    changed = replace(
        known,
        version=version,
        name=wanted.name,
        secret=known.secret
        if wanted.secret is None
        else vault.seal(wanted.secret, accounts.SECRET, known.id),
        callback_keys=sealed_callback_keys(known.id, keys),
        mode=wanted.mode,
        api_url=api_url,
        connect_url=wanted.connect_url.rstrip("/"),
        active=wanted.active,
    )
    if not await accounts.update(tx, changed):
        raise AccountChanged
    if wanted.secret is not None:
        await tokens.forget(tx, known.id)
    told = ("name", "mode", "api_url", "connect_url", "active")
    parts = [name for name in told if getattr(known, name) != getattr(changed, name)]
    parts += [name for name in ("secret", "token", "aes_key") if getattr(wanted, name) is not None]
    await _changed(tx, caller, changed, "wechat.account.update", parts)


def _with_new(keys: list[CallbackKeys], wanted: Settings) -> list[CallbackKeys]:
    """Newest first. Those before them are kept: WeChat is told a little earlier or later than we are."""
    current = keys[0]
    new = CallbackKeys(wanted.token or current.token, wanted.aes_key or current.aes_key)
    return keys if new == current else [new, current]


async def _changed(tx: Tx, caller: Caller, account: Account, action: str, parts: list[str]) -> None:
    await live.tell(tx, "wechat.accounts", institution_id=account.institution_id)
    await audit.record(
        tx,
        caller,
        action,
        subject=f"wechat.accounts/{account.id}",
        institution_id=account.institution_id,
        detail={"changed": sorted(parts)},
    )
