"""What may be sent to fans, and what was."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, rows
from kanghu.modules.wechat.models import ReplyWindow, Trigger

_WINDOW = "SELECT trigger, opened_at, until, allowed, used FROM wechat.reply_windows"


async def windows(tx: Tx, account_id: UUID, openid: str, *, lock: bool = False) -> list[ReplyWindow]:
    """Of one fan; `lock`: who sends to them at the same time waits."""
    tail = " ORDER BY trigger FOR UPDATE" if lock else ""
    found = await tx.fetch(_WINDOW + " WHERE account_id = $1 AND openid = $2" + tail, account_id, openid)
    return rows(ReplyWindow, found)


async def open_window(
    tx: Tx, account_id: UUID, openid: str, window: ReplyWindow, under_way_since: datetime
) -> None:
    """A new act of the fan; one that is older than what is known opens nothing.

    Messages that are under way now may be counted by WeChat under the new window, so they count here too. For them to be
    seen the fan's windows must have been locked before.
    """
    await tx.execute(
        """INSERT INTO wechat.reply_windows AS w (account_id, openid, trigger, opened_at, until, allowed)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (account_id, openid, trigger) DO UPDATE
              SET opened_at = excluded.opened_at, until = excluded.until, allowed = excluded.allowed,
                  used = least(excluded.allowed, (
                      SELECT count(*) FROM wechat.sends AS s
                       WHERE s.account_id = w.account_id AND s.openid = w.openid AND s.trigger = w.trigger
                         AND s.state = 'sending' AND s.begun_at > $7))
            WHERE excluded.opened_at > w.opened_at""",
        account_id,
        openid,
        window.trigger,
        window.opened_at,
        window.until,
        window.allowed,
        under_way_since,
    )


async def use(tx: Tx, account_id: UUID, openid: str, trigger: Trigger) -> None:
    await tx.execute(
        """UPDATE wechat.reply_windows SET used = used + 1
            WHERE account_id = $1 AND openid = $2 AND trigger = $3""",
        account_id,
        openid,
        trigger,
    )


async def give_back(tx: Tx, account_id: UUID, openid: str, trigger: Trigger) -> None:
    """WeChat refused the message for another reason than the quota."""
    await tx.execute(
        """UPDATE wechat.reply_windows SET used = greatest(used - 1, 0)
            WHERE account_id = $1 AND openid = $2 AND trigger = $3""",
        account_id,
        openid,
        trigger,
    )


async def use_up(tx: Tx, account_id: UUID, openid: str) -> None:
    """WeChat counts otherwise than we do, and is right: nothing more until the fan does something."""
    await tx.execute(
        "UPDATE wechat.reply_windows SET used = allowed WHERE account_id = $1 AND openid = $2",
        account_id,
        openid,
    )


async def earlier(tx: Tx, send_id: UUID) -> tuple[str, datetime] | None:
    """State and begin of a try under this number."""
    found = await tx.fetchrow("SELECT state, begun_at FROM wechat.sends WHERE id = $1", send_id)
    return None if found is None else (found["state"], found["begun_at"])


async def begin(
    tx: Tx,
    send_id: UUID,
    account_id: UUID,
    openid: str,
    kind: str,
    trigger: Trigger,
    now: datetime,
) -> bool:
    """Whether it may be sent now: False when it was sent, is on its way, or may have arrived."""
    done = await tx.fetchval(
        """INSERT INTO wechat.sends AS s (id, account_id, openid, kind, trigger, state, begun_at)
           VALUES ($1, $2, $3, $4, $5, 'sending', $6)
           ON CONFLICT (id) DO UPDATE
              SET trigger = excluded.trigger, state = 'sending', begun_at = excluded.begun_at, errcode = NULL,
                  settled_at = NULL
            WHERE s.state = 'refused'
           RETURNING true""",
        send_id,
        account_id,
        openid,
        kind,
        trigger,
        now,
    )
    return bool(done)


async def settle(tx: Tx, send_id: UUID, state: str, errcode: int | None, now: datetime) -> None:
    await tx.execute(
        "UPDATE wechat.sends SET state = $2, errcode = $3, settled_at = $4 WHERE id = $1 AND state = 'sending'",
        send_id,
        state,
        errcode,
        now,
    )


async def purge(tx: Tx, before: datetime) -> None:
    await tx.execute("DELETE FROM wechat.sends WHERE begun_at < $1", before)
