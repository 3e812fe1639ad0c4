"""Agents and quick replies."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.modules.messaging.models import Agent, QuickReply

_AGENT = """a.account_id, a.institution_id, a.state, a.skills, a.max_load, a.auto_accept, a.seen_at,
            (SELECT count(*) FROM messaging.service_sessions s
              WHERE s.agent_account_id = a.account_id AND s.ended_at IS NULL) AS load"""


async def report(
    tx: Tx,
    account_id: UUID,
    institution_id: UUID,
    *,
    state: str,
    skills: list[str],
    max_load: int,
    auto_accept: bool,
    now: datetime,
) -> None:
    await tx.execute(
        """INSERT INTO messaging.agents (account_id, institution_id, state, skills, max_load, auto_accept, seen_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (account_id) DO UPDATE
              SET institution_id = $2, state = $3, skills = $4, max_load = $5, auto_accept = $6, seen_at = $7""",
        account_id,
        institution_id,
        state,
        skills,
        max_load,
        auto_accept,
        now,
    )


async def get(tx: Tx, account_id: UUID) -> Agent | None:
    return row(
        Agent,
        await tx.fetchrow(f"SELECT {_AGENT} FROM messaging.agents a WHERE a.account_id = $1", account_id),
    )


async def lock(tx: Tx, account_id: UUID) -> Agent | None:
    """The agent, to whom nobody else gives a customer until the transaction ends."""
    locked = await tx.fetchval(
        "SELECT true FROM messaging.agents WHERE account_id = $1 FOR UPDATE", account_id
    )
    # The load is counted after the lock: what others gave meanwhile is committed.
    return await get(tx, account_id) if locked else None


async def lock_accepting(tx: Tx, institution_id: UUID) -> list[Agent]:
    """Those of the institution to whom customers may be assigned, locked in one order."""
    found = await tx.fetch(
        """SELECT account_id FROM messaging.agents WHERE institution_id = $1 AND state = 'online' AND auto_accept
            ORDER BY account_id FOR UPDATE""",
        institution_id,
    )
    listed = await tx.fetch(
        f"SELECT {_AGENT} FROM messaging.agents a WHERE a.account_id = ANY ($1::uuid[]) ORDER BY a.account_id",
        [record["account_id"] for record in found],
    )
    return rows(Agent, listed)


async def somebody_accepts(tx: Tx, institution_id: UUID) -> bool:
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM messaging.agents
                           WHERE institution_id = $1 AND state = 'online' AND auto_accept)""",
        institution_id,
    )
    return found


async def in_scope(tx: Tx, scope: Scope, home: UUID | None) -> list[Agent]:
    """Agents of the institutions within the scope; who reaches only part of the own one sees its colleagues too."""
    found = await tx.fetch(
        f"""SELECT {_AGENT} FROM messaging.agents a
             WHERE (($1::kernel.scope).everything OR a.institution_id = ANY (($1::kernel.scope).institutions)
                    OR (a.institution_id = $2 AND (cardinality(($1::kernel.scope).departments) > 0
                                                   OR ($1::kernel.scope).account IS NOT NULL)))
             ORDER BY a.account_id""",
        scope.sql(),
        home,
    )
    return rows(Agent, found)


async def send_home(tx: Tx, before: datetime) -> list[UUID]:
    """Those not seen since then are offline; their institutions."""
    found = await tx.fetch(
        """UPDATE messaging.agents SET state = 'offline' WHERE state <> 'offline' AND seen_at < $1
           RETURNING institution_id""",
        before,
    )
    return sorted({record["institution_id"] for record in found})


# ---- quick replies -----------------------------------------------------------------------------------------------

_REPLY = "id, institution_id, account_id, title, body, version, updated_at"


async def replies(tx: Tx, institution_id: UUID, account_id: UUID) -> list[QuickReply]:
    """Those of the institution and the account's own, own ones first."""
    found = await tx.fetch(
        f"""SELECT {_REPLY} FROM messaging.quick_replies
             WHERE institution_id = $1 AND (account_id IS NULL OR account_id = $2)
             ORDER BY account_id NULLS LAST, title, id""",
        institution_id,
        account_id,
    )
    return rows(QuickReply, found)


async def insert_reply(tx: Tx, reply: QuickReply) -> None:
    await tx.execute(
        f"INSERT INTO messaging.quick_replies ({_REPLY}) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        reply.id,
        reply.institution_id,
        reply.account_id,
        reply.title,
        reply.body,
        reply.version,
        reply.updated_at,
    )


async def reply(tx: Tx, reply_id: UUID, institution_id: UUID, account_id: UUID) -> QuickReply | None:
    """One of the institution's or the account's own, locked."""
    found = await tx.fetchrow(
        f"""SELECT {_REPLY} FROM messaging.quick_replies
             WHERE id = $1 AND institution_id = $2 AND (account_id IS NULL OR account_id = $3) FOR UPDATE""",
        reply_id,
        institution_id,
        account_id,
    )
    return row(QuickReply, found)


async def change_reply(tx: Tx, reply_id: UUID, title: str, body: str, now: datetime) -> QuickReply:
    found = await tx.fetchrow(
        f"""UPDATE messaging.quick_replies SET title = $2, body = $3, version = version + 1, updated_at = $4
             WHERE id = $1 RETURNING {_REPLY}""",
        reply_id,
        title,
        body,
        now,
    )
    assert found is not None
    return QuickReply(**found)


async def delete_reply(tx: Tx, reply_id: UUID) -> None:
    await tx.execute("DELETE FROM messaging.quick_replies WHERE id = $1", reply_id)
