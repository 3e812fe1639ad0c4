"""Template messages and subscription notices that were sent, each id once."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row
from kanghu.modules.wechat.models import TemplateSend

_COLUMNS = "id, account_id, openid, kind, template_id, state, msg_id, first_at, begun_at"


async def get(tx: Tx, send_id: UUID) -> TemplateSend | None:
    return row(
        TemplateSend,
        await tx.fetchrow(f"SELECT {_COLUMNS} FROM wechat.template_sends WHERE id = $1", send_id),
    )


async def hold(tx: Tx, send_id: UUID) -> TemplateSend | None:
    """The row, locked until the transaction ends."""
    return row(
        TemplateSend,
        await tx.fetchrow(f"SELECT {_COLUMNS} FROM wechat.template_sends WHERE id = $1 FOR UPDATE", send_id),
    )


async def insert(
    tx: Tx, send_id: UUID, account_id: UUID, openid: str, kind: str, template_id: str, now: datetime
) -> bool:
    """The note before the first try. False when there is one."""
    done = await tx.fetchval(
        """INSERT INTO wechat.template_sends (id, account_id, openid, kind, template_id, state, first_at, begun_at)
           VALUES ($1, $2, $3, $4, $5, 'sending', $6, $6) ON CONFLICT (id) DO NOTHING RETURNING true""",
        send_id,
        account_id,
        openid,
        kind,
        template_id,
        now,
    )
    return bool(done)


async def begin_again(tx: Tx, send_id: UUID, first_at: datetime, now: datetime) -> None:
    """The note before another try; `first_at`: since when WeChat may know the message."""
    await tx.execute(
        """UPDATE wechat.template_sends
              SET state = 'sending', first_at = $2, begun_at = $3, errcode = NULL, settled_at = NULL WHERE id = $1""",
        send_id,
        first_at,
        now,
    )


async def settle(tx: Tx, send_id: UUID, state: str, msg_id: str, errcode: int | None, now: datetime) -> None:
    """What became of the try. A report that came meanwhile says more, and stays; a refused repetition says nothing of the try
    before it that got no answer."""
    await tx.execute(
        """UPDATE wechat.template_sends
              SET state = CASE WHEN state <> 'sending' THEN state
                               WHEN $2 = 'refused' AND first_at < begun_at THEN 'unknown' ELSE $2 END, msg_id = $3, errcode = $4, settled_at = $5
            WHERE id = $1""",
        send_id,
        state,
        msg_id,
        errcode,
        now,
    )


async def reported_about(
    tx: Tx, account_id: UUID, openid: str, msg_id: str, template_id: str, since: datetime
) -> TemplateSend | None:
    """What a report of WeChat is about. Its number decides; where WeChat gave none (0, and for subscription notices always),
    the oldest one to the fan without a report, of the template if it is named."""
    return row(
        TemplateSend,
        await tx.fetchrow(
            f"""SELECT {_COLUMNS} FROM wechat.template_sends
                 WHERE account_id = $1 AND openid = $2 AND begun_at > $5
                   AND (($3 <> '' AND msg_id = $3)
                        OR (($3 = '' OR msg_id = '') AND state IN ('sending', 'sent', 'unknown')
                            AND ($4 = '' OR template_id = $4) AND ($4 <> '') = (kind <> 'template')))
                 ORDER BY ($3 <> '' AND msg_id = $3) DESC, begun_at LIMIT 1 FOR UPDATE""",
            account_id,
            openid,
            msg_id,
            template_id,
            since,
        ),
    )


async def report(tx: Tx, send_id: UUID, state: str, status: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE wechat.template_sends SET state = $2, status = $3, settled_at = $4 WHERE id = $1",
        send_id,
        state,
        status,
        now,
    )


async def purge(tx: Tx, before: datetime) -> None:
    await tx.execute("DELETE FROM wechat.template_sends WHERE begun_at < $1", before)
