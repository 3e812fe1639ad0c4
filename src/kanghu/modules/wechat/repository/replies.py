"""Rules of automatic replies, and the hours in which the desk is on duty."""

from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.wechat.models import DeskHours, ReplyRow, ReplyWanted

_RULE = """SELECT id, account_id, name, trigger, keywords, scene, kinds, visit, hours, hand_over, priority, enabled, version,
                  changed_at,
                  (SELECT coalesce(jsonb_agg(
                              CASE WHEN m.id IS NULL THEN said.one
                                   ELSE said.one || jsonb_build_object('kind', m.kind, 'title', m.title) END
                              ORDER BY said.place), '[]')
                     FROM jsonb_array_elements(answers) WITH ORDINALITY AS said (one, place)
                     LEFT JOIN wechat.materials AS m ON m.id = (said.one ->> 'material_id')::uuid) AS answers
             FROM wechat.reply_rules"""
"""Of a material that answers, its kind and title stand beside its id."""


async def list_rules(tx: Tx, account_id: UUID, *, enabled_only: bool = False) -> list[ReplyRow]:
    """Oldest first."""
    found = await tx.fetch(
        _RULE + " WHERE account_id = $1 AND (enabled OR NOT $2) ORDER BY id", account_id, enabled_only
    )
    return rows(ReplyRow, found)


async def count(tx: Tx, account_id: UUID) -> int:
    found: int = await tx.fetchval(
        "SELECT count(*) FROM wechat.reply_rules WHERE account_id = $1", account_id
    )
    return found


async def get(tx: Tx, account_id: UUID, rule_id: UUID) -> ReplyRow | None:
    return row(
        ReplyRow,
        await tx.fetchrow(_RULE + " WHERE id = $1 AND account_id = $2", rule_id, account_id),
    )


def _values(wanted: ReplyWanted) -> tuple[object, ...]:
    return (
        wanted.name,
        wanted.trigger,
        wanted.keywords,
        wanted.scene,
        wanted.kinds,
        wanted.visit,
        wanted.hours,
        wanted.answers,
        wanted.hand_over,
        wanted.priority,
        wanted.enabled,
    )


async def insert(tx: Tx, rule_id: UUID, account_id: UUID, wanted: ReplyWanted, by: UUID | None) -> None:
    await tx.execute(
        """INSERT INTO wechat.reply_rules (id, account_id, changed_by, name, trigger, keywords, scene, kinds, visit, hours,
                                           answers, hand_over, priority, enabled)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)""",
        rule_id,
        account_id,
        by,
        *_values(wanted),
    )


async def update(tx: Tx, rule_id: UUID, version: int, wanted: ReplyWanted, by: UUID | None) -> bool:
    """False when somebody else changed it since `version`."""
    done = await tx.fetchval(
        """UPDATE wechat.reply_rules
              SET changed_by = $3, name = $4, trigger = $5, keywords = $6, scene = $7, kinds = $8, visit = $9, hours = $10,
                  answers = $11, hand_over = $12, priority = $13, enabled = $14, version = version + 1, changed_at = now()
            WHERE id = $1 AND version = $2 RETURNING true""",
        rule_id,
        version,
        by,
        *_values(wanted),
    )
    return bool(done)


async def delete(tx: Tx, rule_id: UUID) -> None:
    await tx.execute("DELETE FROM wechat.reply_rules WHERE id = $1", rule_id)


async def hours(tx: Tx, account_id: UUID) -> DeskHours:
    """Of an account that exists."""
    found = row(
        DeskHours,
        await tx.fetchrow(
            """SELECT desk_opens AS opens, desk_closes AS closes, desk_days AS days FROM wechat.accounts
                WHERE id = $1""",
            account_id,
        ),
    )
    assert found is not None
    return found


async def set_hours(tx: Tx, account_id: UUID, wanted: DeskHours) -> None:
    await tx.execute(
        """UPDATE wechat.accounts SET desk_opens = $2, desk_closes = $3, desk_days = $4, updated_at = now()
            WHERE id = $1""",
        account_id,
        wanted.opens,
        wanted.closes,
        wanted.days,
    )
