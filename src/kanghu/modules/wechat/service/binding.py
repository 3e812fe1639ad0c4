"""Whose WeChat it is: a fan is bound to the customer who has proven both; who may do so is decided where people sign in."""

from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.errors import FanNotFound
from kanghu.modules.wechat.events import FanBound
from kanghu.modules.wechat.models import Fan
from kanghu.modules.wechat.repository import fans


async def person_of(tx: Tx, account_id: UUID, openid: str) -> UUID | None:
    """To whom the fan is bound, here or, with the same unionid, at another account; None for a stranger."""
    fan = await fans.get(tx, account_id, openid)
    if fan is None or fan.person_id is not None or fan.unionid is None:
        return None if fan is None else fan.person_id
    return await fans.same_person(tx, fan.unionid)


async def bind(tx: Tx, caller: Caller, account_id: UUID, openid: str, person_id: UUID) -> None:
    """Again is once. Another binding of the fan, and another WeChat of the person at this account, end with it.

    Raises `FanNotFound` for somebody whom WeChat never told us of.
    """
    fan = await _fan(tx, account_id, openid)
    if fan.person_id == person_id:
        return
    await fans.bind(tx, fan, person_id, clock.now())
    await publish(tx, FanBound(account_id=account_id, openid=openid, person_id=person_id))
    await _note(tx, caller, "bind", fan, person_id)


async def unbind(tx: Tx, caller: Caller, account_id: UUID, openid: str) -> None:
    """Again is once. Raises `FanNotFound`."""
    fan = await _fan(tx, account_id, openid)
    if fan.person_id is None:
        return
    await fans.unbind(tx, fan)
    await _note(tx, caller, "unbind", fan, fan.person_id)


async def _fan(tx: Tx, account_id: UUID, openid: str) -> Fan:
    found = await fans.get(tx, account_id, openid, lock=True)
    if found is None:
        raise FanNotFound
    return found


async def _note(tx: Tx, caller: Caller, what: str, fan: Fan, person_id: UUID) -> None:
    await audit.record(
        tx, caller, f"wechat.fan.{what}", subject=f"wechat.fans/{fan.id}", person_id=person_id,
        detail={"account": str(fan.account_id)},
    )  # fmt: skip
