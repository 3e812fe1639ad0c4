"""Which approved template a channel uses for a notice, and the hospital's settings of sending."""

from datetime import time
from typing import Any
from uuid import UUID

import msgspec

from kanghu.kernel.db import Record, Tx
from kanghu.modules.notices.models import DEFAULT_RULES, ChannelTemplate, Rules

_COLUMNS = "id, code, channel, sender, kind, external_id, fields, url, active, version, changed_at"


def _template(record: Record) -> ChannelTemplate:
    return msgspec.convert(dict(record), ChannelTemplate)


async def list_all(tx: Tx) -> list[ChannelTemplate]:
    found = await tx.fetch(
        f"SELECT {_COLUMNS} FROM notices.channel_templates ORDER BY code, channel, sender LIMIT 1000"
    )
    return [_template(record) for record in found]


async def active_of(tx: Tx, code: str) -> list[ChannelTemplate]:
    """Those of a notice that are in use."""
    found = await tx.fetch(
        f"SELECT {_COLUMNS} FROM notices.channel_templates WHERE code = $1 AND active", code
    )
    return [_template(record) for record in found]


async def get(tx: Tx, code: str, channel: str, sender: str) -> ChannelTemplate | None:
    found = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM notices.channel_templates WHERE code = $1 AND channel = $2 AND sender = $3",
        code,
        channel,
        sender,
    )
    return None if found is None else _template(found)


async def save(tx: Tx, wanted: ChannelTemplate, author: UUID | None) -> bool:
    """The next version after `wanted.version`, 0 for the first. False when somebody else made it already."""
    done = await tx.fetchval(
        """INSERT INTO notices.channel_templates AS t (id, code, channel, sender, kind, external_id, fields, url, active,
                                                       version, changed_by, changed_at)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $11, $12 WHERE $10 = 0
           ON CONFLICT (code, channel, sender) DO NOTHING RETURNING true""",
        wanted.id,
        wanted.code,
        wanted.channel,
        wanted.sender,
        wanted.kind,
        wanted.external_id,
        wanted.fields,
        wanted.url,
        wanted.active,
        wanted.version,
        author,
        wanted.changed_at,
    )
    if not done and wanted.version > 0:
        done = await tx.fetchval(
            """UPDATE notices.channel_templates
                  SET kind = $4, external_id = $5, fields = $6, url = $7, active = $8, version = version + 1,
                      changed_by = $10, changed_at = $11
                WHERE code = $1 AND channel = $2 AND sender = $3 AND version = $9 RETURNING true""",
            wanted.code,
            wanted.channel,
            wanted.sender,
            wanted.kind,
            wanted.external_id,
            wanted.fields,
            wanted.url,
            wanted.active,
            wanted.version,
            author,
            wanted.changed_at,
        )
    return bool(done)


async def rules(tx: Tx) -> Rules:
    """What the hospital has set, or the default."""
    found = await tx.fetchrow("SELECT content, version FROM notices.settings")
    if found is None:
        return DEFAULT_RULES
    content = found["content"]
    hours = {name: time.fromisoformat(content[name]) for name in ("quiet_from", "quiet_until")}
    return msgspec.convert({**content, **hours, "version": found["version"]}, Rules)


async def save_rules(tx: Tx, content: dict[str, Any], version: int, author: UUID | None) -> bool:
    """The next version after `version`, 0 for the first. False when somebody else made it already."""
    done = await tx.fetchval(
        """INSERT INTO notices.settings AS s (content, version, changed_by) SELECT $1, 1, $3 WHERE $2 = 0
           ON CONFLICT (id) DO NOTHING RETURNING true""",
        content,
        version,
        author,
    )
    if not done and version > 0:
        done = await tx.fetchval(
            """UPDATE notices.settings SET content = $1, version = version + 1, changed_by = $3, changed_at = now()
                WHERE version = $2 RETURNING true""",
            content,
            version,
            author,
        )
    return bool(done)
