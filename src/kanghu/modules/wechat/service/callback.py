"""What WeChat pushes: verified, opened, kept once and told on, in the transaction that is committed before it is answered."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat import crypt, inbound, wire
from kanghu.modules.wechat.errors import (
    AccountNotFound,
    CallbackMalformed,
    ClockOff,
    InboundNotFound,
    PlainRefused,
    SignatureInvalid,
)
from kanghu.modules.wechat.models import Account, CallbackKeys, Inbound
from kanghu.modules.wechat.policy import CLOCK_SLACK, UNDER_WAY, opened, trigger_of
from kanghu.modules.wechat.repository import accounts, fans, inbox, sends
from kanghu.modules.wechat.service.known import callback_keys_of


@dataclass(frozen=True, slots=True)
class Signed:
    """The query of a call: `msg_signature` is the one over a sealed body."""

    timestamp: str
    nonce: str
    signature: str = ""
    msg_signature: str = ""
    encrypt_type: str = ""


async def confirm(tx: Tx, account_id: UUID, signed: Signed) -> None:
    """Whether the address is ours, which WeChat asks when it is entered there.

    Raises `AccountNotFound`, `ClockOff`, `SignatureInvalid`.
    """
    account = await _listening(tx, account_id)
    _refuse_other_times(signed)
    _signed_by(callback_keys_of(account), signed)


async def receive(tx: Tx, account_id: UUID, signed: Signed, body: bytes) -> None:
    """A message or event; one that was here before changes nothing.

    Raises `AccountNotFound`, `ClockOff`, `SignatureInvalid`, `PlainRefused`, `CallbackMalformed`.
    """
    account = await _listening(tx, account_id)
    _refuse_other_times(signed)
    try:
        content = _verified(account, signed, body)
        fields = wire.read(content)
        message = inbound.opened(new_id(), account_id, fields)
    except wire.Unreadable as error:
        raise CallbackMalformed from error
    if not await inbox.insert(tx, message, inbound.dedupe_key(fields), content):
        return
    if message.event != inbound.MASS_FINISHED:
        await _note(tx, account, message)
    fact = inbound.fact(message) or inbound.report(message, fields)
    if fact is not None:
        await publish(tx, fact)


async def inbound_message(tx: Tx, inbox_id: UUID) -> Inbound:
    """A message of the inbox, opened. Raises `InboundNotFound`; after 30 days it is gone."""
    kept = await inbox.get(tx, inbox_id)
    if kept is None:
        raise InboundNotFound
    return inbound.opened(kept.id, kept.account_id, wire.read(kept.body))


async def _listening(tx: Tx, account_id: UUID) -> Account:
    found = await accounts.get(tx, account_id)
    if found is None or not found.active:
        raise AccountNotFound
    return found


def _refuse_other_times(signed: Signed) -> None:
    try:
        at = datetime.fromtimestamp(int(signed.timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        raise ClockOff from None
    if abs(clock.now() - at) > CLOCK_SLACK:
        raise ClockOff


def _verified(account: Account, signed: Signed, body: bytes) -> bytes:
    """The content of a body that comes from WeChat. In compatible mode it is there twice, and the sealed one counts."""
    keys = callback_keys_of(account)
    if signed.encrypt_type == "aes":
        return _unsealed(account, keys, signed, wire.text(wire.read(body), "Encrypt"))
    if account.mode == "safe":
        raise PlainRefused
    _signed_by(keys, signed)
    return body


def _signed_by(keys: list[CallbackKeys], signed: Signed) -> None:
    if not any(crypt.is_signed(signed.signature, key.token, signed.timestamp, signed.nonce) for key in keys):
        raise SignatureInvalid


def _unsealed(account: Account, keys: list[CallbackKeys], signed: Signed, sealed: str) -> bytes:
    """With the keys in force or those before them. Raises `SignatureInvalid`, for a wrong key too."""
    for key in keys:
        if key.aes_key and crypt.is_signed(
            signed.msg_signature, key.token, signed.timestamp, signed.nonce, sealed
        ):
            try:
                return crypt.decrypt(sealed, key.aes_key, account.appid)
            except crypt.NotForUs:
                continue  # the token may have stayed while the key was changed
    raise SignatureInvalid


async def _note(tx: Tx, account: Account, message: Inbound) -> None:
    """What a message tells about its fan, and what may be sent to them now."""
    await fans.heard(tx, account.id, message.openid, message.sent_at, _follows(account, message))
    if account.kind == "official":
        spoke_at = None if message.kind == "event" else message.sent_at
        await fans.note(
            tx, account.id, message.openid, spoke_at=spoke_at, scene=inbound.scene_of(message)[:128]
        )
    trigger = trigger_of(message.kind, message.event)
    if trigger is None:
        return
    now = clock.now()
    # WeChat's clock may be ahead of ours; a window must not last longer for that.
    window = opened(trigger, min(message.sent_at, now))
    await sends.windows(tx, account.id, message.openid, lock=True)
    await sends.open_window(tx, account.id, message.openid, window, now - UNDER_WAY)


def _follows(account: Account, message: Inbound) -> bool | None:
    """None: it does not tell. Who is not a follower can say nothing to an official account."""
    if account.kind != "official":
        return None
    return message.event != "unsubscribe"
