"""The library: files that replies and menus send, and where they are used."""

from typing import Literal
from uuid import UUID

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.wechat.models import Material, MaterialFile, MaterialKind, MaterialUse

Form = Literal["original", "playable", "thumbnail"]
COLUMN_OF: dict[Form, str] = {"original": "content", "playable": "playable", "thumbnail": "thumbnail"}

_MATERIAL = """SELECT id, account_id, kind, title, mime, size, duration_ms, thumbnail IS NOT NULL AS has_thumbnail, created_at
                 FROM wechat.materials"""


def label(column: str) -> str:
    """What binds the sealed value to its place."""
    return f"wechat.materials.{column}"


async def page(
    tx: Tx, account_id: UUID, kinds: list[MaterialKind] | None, words: str, before: UUID | None, limit: int
) -> list[Material]:
    """Newest first; `kinds` None: all, `words` are in the title."""
    found = await tx.fetch(
        _MATERIAL
        + """ WHERE account_id = $1 AND ($2::text[] IS NULL OR kind = ANY ($2)) AND strpos(lower(title), lower($3)) > 0
                AND ($4::uuid IS NULL OR id < $4)
              ORDER BY id DESC LIMIT $5""",
        account_id,
        kinds,
        words,
        before,
        limit,
    )
    return rows(Material, found)


async def get(tx: Tx, material_id: UUID, *, lock: bool = False) -> Material | None:
    """`lock`: nobody begins to use it until the transaction ends."""
    tail = " WHERE id = $1" + (" FOR UPDATE" if lock else "")
    return row(Material, await tx.fetchrow(_MATERIAL + tail, material_id))


async def hold(tx: Tx, account_id: UUID, material_ids: list[UUID]) -> list[Material]:
    """Those of the account that are there, and will be until the transaction ends."""
    found = await tx.fetch(
        _MATERIAL + " WHERE account_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR KEY SHARE",
        account_id,
        material_ids,
    )
    return rows(Material, found)


async def count(tx: Tx, account_id: UUID) -> int:
    found: int = await tx.fetchval("SELECT count(*) FROM wechat.materials WHERE account_id = $1", account_id)
    return found


async def same_file(tx: Tx, account_id: UUID, kind: MaterialKind, sha256: bytes) -> str | None:
    """The title of the entry that is the same file."""
    found: str | None = await tx.fetchval(
        "SELECT title FROM wechat.materials WHERE account_id = $1 AND kind = $2 AND sha256 = $3",
        account_id,
        kind,
        sha256,
    )
    return found


async def insert(tx: Tx, made: Material, sha256: bytes, file: MaterialFile, by: UUID | None) -> bool:
    """False when the same file is there already."""

    def sealed(column: str, value: bytes | None) -> bytes | None:
        return None if value is None else vault.seal(value, label(column), made.id)

    done = await tx.fetchval(
        """INSERT INTO wechat.materials (id, account_id, kind, title, mime, size, duration_ms, sha256, content, playable,
                                         thumbnail, made_by, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
           ON CONFLICT (account_id, kind, sha256) DO NOTHING RETURNING true""",
        made.id,
        made.account_id,
        made.kind,
        made.title,
        made.mime,
        made.size,
        made.duration_ms,
        sha256,
        sealed("content", file.content),
        sealed("playable", file.playable),
        sealed("thumbnail", file.thumbnail),
        by,
        made.created_at,
    )
    return bool(done)


async def content(tx: Tx, material_id: UUID, form: Form) -> bytes | None:
    """One form of an entry, opened; None: it has none of the kind, or is gone."""
    column = COLUMN_OF[form]
    sealed = await tx.fetchval(f"SELECT {column} FROM wechat.materials WHERE id = $1", material_id)
    return None if sealed is None else vault.open_bytes(sealed, label(column), material_id)


async def rename(tx: Tx, material_id: UUID, title: str) -> None:
    await tx.execute("UPDATE wechat.materials SET title = $2 WHERE id = $1", material_id, title)


async def delete(tx: Tx, material_id: UUID) -> None:
    await tx.execute("DELETE FROM wechat.materials WHERE id = $1", material_id)


# ---- where they are used -----------------------------------------------------------------------------------------------


async def uses(tx: Tx, material_ids: list[UUID]) -> list[MaterialUse]:
    """Rules first, then menus: the one in force before the draft."""
    found = await tx.fetch(
        """SELECT u.material_id, 'reply' AS place, r.id AS place_id, r.name, r.enabled AS in_force
             FROM wechat.material_uses AS u JOIN wechat.reply_rules AS r ON r.id = u.rule_id
            WHERE u.material_id = ANY ($1::uuid[])
           UNION ALL
           SELECT u.material_id, 'menu', m.id, '第 ' || m.number || ' 版', m.state = 'published'
             FROM wechat.material_uses AS u JOIN wechat.menus AS m ON m.id = u.menu_id
            WHERE u.material_id = ANY ($1::uuid[])
            ORDER BY place DESC, in_force DESC, place_id""",
        material_ids,
    )
    return rows(MaterialUse, found)


async def used_by_rule(tx: Tx, account_id: UUID, rule_id: UUID, material_ids: list[UUID]) -> None:
    """What a rule uses from now on."""
    await tx.execute("DELETE FROM wechat.material_uses WHERE rule_id = $1", rule_id)
    await tx.execute(
        """INSERT INTO wechat.material_uses (account_id, material_id, rule_id)
           SELECT DISTINCT $1::uuid, one, $2::uuid FROM unnest($3::uuid[]) AS one""",
        account_id,
        rule_id,
        material_ids,
    )


async def used_by_menu(tx: Tx, account_id: UUID, menu_id: UUID, material_ids: list[UUID]) -> None:
    """What a menu uses from now on."""
    await tx.execute("DELETE FROM wechat.material_uses WHERE menu_id = $1", menu_id)
    await tx.execute(
        """INSERT INTO wechat.material_uses (account_id, material_id, menu_id)
           SELECT DISTINCT $1::uuid, one, $2::uuid FROM unnest($3::uuid[]) AS one""",
        account_id,
        menu_id,
        material_ids,
    )


async def let_go_by_earlier_menus(tx: Tx, account_id: UUID, menu_id: UUID) -> None:
    """Once a menu is in force, those that were published before use nothing any more."""
    await tx.execute(
        """DELETE FROM wechat.material_uses AS u USING wechat.menus AS m
            WHERE m.id = u.menu_id AND m.account_id = $1 AND m.state = 'published' AND m.id <> $2""",
        account_id,
        menu_id,
    )
