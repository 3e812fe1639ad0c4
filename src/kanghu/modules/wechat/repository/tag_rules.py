"""Rules that tag fans."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.wechat.models import TagRuleRow, TagRuleWanted

_RULE = """SELECT id, account_id, name, tag_id, conditions, takes_away, enabled, version, changed_at
             FROM wechat.tag_rules"""


async def list_rules(tx: Tx, account_id: UUID, *, enabled_only: bool = False) -> list[TagRuleRow]:
    """Oldest first."""
    found = await tx.fetch(
        _RULE + " WHERE account_id = $1 AND (enabled OR NOT $2) ORDER BY id", account_id, enabled_only
    )
    return rows(TagRuleRow, found)


async def get(tx: Tx, account_id: UUID, rule_id: UUID) -> TagRuleRow | None:
    found = await tx.fetchrow(_RULE + " WHERE id = $1 AND account_id = $2", rule_id, account_id)
    return row(TagRuleRow, found)


def _values(wanted: TagRuleWanted) -> tuple[object, ...]:
    return wanted.name, wanted.tag_id, wanted.conditions, wanted.takes_away, wanted.enabled


async def insert(
    tx: Tx, rule_id: UUID, account_id: UUID, wanted: TagRuleWanted, by: UUID | None, now: datetime
) -> None:
    await tx.execute(
        """INSERT INTO wechat.tag_rules (id, account_id, changed_by, changed_at, name, tag_id, conditions, takes_away, enabled)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        rule_id,
        account_id,
        by,
        now,
        *_values(wanted),
    )


async def update(
    tx: Tx, rule_id: UUID, version: int, wanted: TagRuleWanted, by: UUID | None, now: datetime
) -> bool:
    """False when somebody else changed it since `version`."""
    done = await tx.fetchval(
        """UPDATE wechat.tag_rules
              SET changed_by = $3, changed_at = $4, name = $5, tag_id = $6, conditions = $7, takes_away = $8, enabled = $9,
                  version = version + 1
            WHERE id = $1 AND version = $2 RETURNING true""",
        rule_id,
        version,
        by,
        now,
        *_values(wanted),
    )
    return bool(done)


async def delete(tx: Tx, rule_id: UUID) -> None:
    await tx.execute("DELETE FROM wechat.tag_rules WHERE id = $1", rule_id)


async def switch_off(tx: Tx, account_id: UUID, tag_id: int, now: datetime) -> None:
    """The tag is no more; its rules stay to be looked at."""
    await tx.execute(
        """UPDATE wechat.tag_rules SET enabled = false, version = version + 1, changed_at = $3
            WHERE account_id = $1 AND tag_id = $2 AND enabled""",
        account_id,
        tag_id,
        now,
    )
